"""Números e plurais, como se escrevem em português."""


def number(value: float) -> str:
    """O número como se escreve em português: 0,2."""
    return f"{value:g}".replace(".", ",")


def plural(count: int, one: str, many: str) -> str:
    """A conta com o nome no número certo."""
    return f"{count} {one if count == 1 else many}"


def milliseconds(seconds: float) -> str:
    """Um tempo como se lê: 0,8 ms."""
    return f"{number(float(f'{seconds * 1000:.2g}'))} ms"
