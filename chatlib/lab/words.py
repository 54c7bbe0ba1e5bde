"""Números, como se escrevem em português."""


def number(value: float) -> str:
    """O número como se escreve em português: 0,2."""
    return f"{value:g}".replace(".", ",")
