"""O painel de quem cuida da sala."""
