"""Os desenhos de uma fita: o diagrama de sequência e a linha do tempo das threads."""
