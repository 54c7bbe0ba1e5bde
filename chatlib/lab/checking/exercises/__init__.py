"""Os exercícios, um módulo por aula; veja `chatlib.lab.checking.registry`."""
