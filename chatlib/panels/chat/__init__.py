"""O painel de quem conversa."""
