"""As mensagens da sala, lidas do que o servidor entregou a quem as disse.

Pedir ao servidor um evento por mensagem custaria mais do que todo o resto da gravação. Não é
preciso: o que Ana diz também é entregue a Ana, como ``Ana: oi``, e ninguém consegue imitar isso.
"""

from ... import protocol
from ..tape import SERVER


def add_messages(raws: list) -> list:
    """As mesmas entradas, com um ``message`` logo antes de cada entrega da mensagem a seu autor."""
    found, speakers = [], {}
    for raw in raws:
        if raw.kind in ("named", "present"):
            speakers[raw.key] = _Speaker(raw.apelido)
        elif raw.kind == "sent" and raw.side == SERVER and raw.key in speakers:
            texts = speakers[raw.key].feed(raw.data, raw.size)
            found += [
                raw._replace(kind="message", at=raw.began, data=b"", size=0, text=text) for text in texts
            ]
        found.append(raw)
    return found


class _Speaker:
    """O que se entregou a um membro, linha a linha, e como ele se chama a cada uma."""

    def __init__(self, apelido: str):
        self._apelido, self._rest = apelido, b""

    def feed(self, data: bytes, size: int) -> list[str]:
        """O que ele mesmo disse, entre as linhas que se completaram."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if size > len(data):
            self._rest = b""  # o resto não foi guardado
        return [text for line in lines if (text := self._said(line.decode("utf-8", "replace")))]

    def _said(self, line: str) -> str:
        renamed = protocol.notice(f"{self._apelido} agora é ")
        if line.startswith(renamed):
            self._apelido = line.removeprefix(renamed)
        own = f"{self._apelido}: "
        return line.removeprefix(own) if line.startswith(own) else ""
