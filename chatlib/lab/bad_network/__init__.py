"""Uma rede ruim de propósito, posta entre o cliente e o servidor."""
