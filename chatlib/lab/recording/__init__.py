"""O gravador: o que passa pelos sockets, em ordem, numa fita."""
