"""O diário da sala: cada coisa que acontece nela, numa frase para quem a acompanha."""

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


def describe(when: float, event: Event) -> list:
    """[segundo, tipo, quem, frase] de um evento: a frase continua o apelido, se há um."""
    text = event.text if len(event.text) <= SHOWN else f"{event.text[:SHOWN]}…"
    host = event.address[0] if event.address else "um endereço desconhecido"
    return [int(when), event.kind, event.apelido, SENTENCES[event.kind].format(text=text, host=host)]


def changes(before: dict, now: dict) -> list[str]:
    """Uma frase para cada coisa que mudou na sala."""
    rate, history = now["rate"], now["history"]
    limit = f"cada pessoa manda até {rate:g} mensagens por segundo" if rate else "ninguém tem limite de ritmo"
    told = f"quem entra lê as últimas {history} mensagens" if history else "quem entra não lê o que passou"
    sentences = {
        "running": "a sala está no ar" if now["running"] else "a sala foi encerrada",
        "open": "a porta foi aberta" if now["open"] else "a porta foi fechada: quem está fica, ninguém entra",
        "rate": limit,
        "history": told,
    }
    return [sentences[name] for name in sentences if before[name] != now[name]]
