"""O endereço que se passa à turma: de 0.0.0.0, que é "a rede inteira", ao número deste computador."""

from ...address import is_local, join, reachable

STOPPED = "A sala está parada: ao iniciar, ela terá um endereço."
LOCAL = (
    'Só quem está neste mesmo computador entra. Para abrir a sala à rede, crie o servidor com host="0.0.0.0".'
)
NETWORK = "Quem está na mesma rede entra por este endereço."
CIPHERED = ', tls="ca.pem"'
UNKNOWN = (
    "A sala está aberta à rede, na porta {port}, mas não achei o número deste computador nela: "
    "confira se ele está conectado e procure o número nas configurações de rede do sistema."
)


def place(address: tuple[str, int] | None, is_ciphered: bool = False) -> dict[str, str]:
    """O que dizer à turma sobre onde a sala está; None é uma sala parada.

    address: ``host:porta``; code: a linha de um notebook que entra por ele; reach: quem alcança.
    """
    if not address:
        return {"address": "", "code": "", "reach": STOPPED}
    host, port = reachable(address[0]), address[1]
    if not host:
        return {"address": "", "code": "", "reach": UNKNOWN.format(port=port)}
    return {
        "address": join(host, port),
        "code": f'ChatPanel("{join(host, port)}"{CIPHERED * is_ciphered})',
        "reach": LOCAL if is_local(host) else NETWORK,
    }
