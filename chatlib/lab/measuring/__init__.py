"""Medir, e mostrar o que se mediu: quem enche a sala e cronometra, e os gráficos."""
