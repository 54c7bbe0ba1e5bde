"""O que confere as respostas dos exercícios e os programas do projeto final."""
