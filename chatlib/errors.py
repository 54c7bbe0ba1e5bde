"""Os erros do chat: cada um diz o que houve, a causa provável e o que fazer.

ChatError
├── UsageError         um argumento fora do que se aceita (também é ValueError)
├── AddressError       o servidor não pôde abrir o endereço pedido
│   └── PortInUse      ... porque outro programa está na porta
├── BackplaneError     o registro comum dos servidores não atende
├── MessageRefused     o servidor não entrega esta linha
├── EntryRefused       o servidor não deixou entrar
│   ├── ApelidoRefused ... por causa do apelido
│   └── PasswordRefused ... por causa da senha
├── ServerNotFound     não há servidor de chat nesse endereço
├── TlsError           o servidor não prova quem é, ou não fala TLS
├── ConnectionLost     o servidor se foi no meio da conversa
├── ConversationOver   a conversa já foi encerrada deste lado
└── NoMessage          nada chegou no tempo dado (também é TimeoutError)
"""


class ChatError(Exception):
    """A raiz: ``except ChatError`` pega qualquer erro previsto do chat."""

    def _render_traceback_(self) -> list[str]:
        """No Jupyter, só a frase: a pilha de chamadas não diz nada a quem está aprendendo."""
        return [f"{type(self).__name__}: {self}"]


class UsageError(ChatError, ValueError):
    """Um argumento fora do que se aceita, como a porta 70000."""


class AddressError(ChatError):
    """O servidor não pôde abrir o endereço pedido."""


class PortInUse(AddressError):
    """Outro programa já escuta na porta pedida."""


class BackplaneError(ChatError):
    """O registro que os servidores têm em comum não atende."""


class MessageRefused(ChatError):
    """O servidor não entrega esta linha; quem a mandou continua na sala."""


class EntryRefused(ChatError):
    """O servidor não deixou entrar: está cheio, encerrando, ou a resposta demorou."""


class ApelidoRefused(EntryRefused):
    """O apelido não segue as regras ou já está em uso."""


class PasswordRefused(EntryRefused):
    """A sala tem uma senha, e a resposta não é ela ou não veio."""


class ServerNotFound(ChatError):
    """Não há servidor de chat no endereço."""


class TlsError(ChatError):
    """O servidor não provou ser quem se procura, ou não fala TLS: nada foi dito a ele."""


class ConnectionLost(ChatError):
    """A conexão com o servidor caiu, ou ele a encerrou."""


class ConversationOver(ChatError):
    """A conversa já foi encerrada deste lado, com ``close()`` ou ``/sair``."""


class NoMessage(ChatError, TimeoutError):
    """Nenhuma mensagem chegou no tempo dado."""
