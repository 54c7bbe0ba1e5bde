"""Vários servidores de chat e os nós do registro comum, nesta máquina, para ligar e derrubar."""
