"""O diário da sala: cada coisa que acontece nela, numa frase para quem a acompanha."""

from typing import Any

from ...events import Event

SHOWN = 200  # caracteres de uma mensagem que aparecem no registro

# O que se diz de cada evento, depois de quem o fez.
SENTENCES = {
    "named": "entrou",
    "message": "disse: {text}",
    "private": "mandou uma mensagem particular",
    "renamed": "agora é {text}",
    "left": "saiu: {text}",
    "refused": "uma conexão de {host} não entrou: {text}",
    "error": "erro: {text}",
    "room": "{text}",
}


def describe(when: float, event: Event) -> list[int | str]:
    """[segundo, tipo, quem, frase] de um evento: a frase continua o apelido, se há um."""
    text = event.text if len(event.text) <= SHOWN else f"{event.text[:SHOWN]}…"
    host = event.address[0] if event.address else "um endereço desconhecido"
    return [int(when), event.kind, event.apelido, SENTENCES[event.kind].format(text=text, host=host)]


def changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Uma frase para cada coisa que mudou na sala."""
    sentences = {
        "running": "a sala está no ar" if now["running"] else "a sala foi encerrada",
        "open": "a porta foi aberta" if now["open"] else "a porta foi fechada: quem está fica, ninguém entra",
        "guarded": "agora a sala pede senha; quem já está, fica"
        if now["guarded"]
        else "a sala não pede senha",
        "ciphered": _cipher(now["ciphered"]),
        "rate": _pace(now["rate"]),
        "history": _memory(now["history"]),
    }
    return [sentences[name] for name in sentences if before[name] != now[name]]


def _cipher(is_ciphered: bool) -> str:
    if not is_ciphered:
        return "quem chega agora conversa em claro"
    return "quem chega agora conversa cifrado; quem já está continua em claro até voltar"


def _pace(rate: float | None) -> str:
    if not rate:
        return "ninguém tem limite de ritmo"
    number = f"{rate:g}".replace(".", ",")
    return f"cada pessoa manda até {number} {'mensagem' if rate < 2 else 'mensagens'} por segundo"


def _memory(history: int) -> str:
    if not history:
        return "quem entra não lê o que passou"
    return f"quem entra lê {'a última mensagem' if history == 1 else f'as últimas {history} mensagens'}"
