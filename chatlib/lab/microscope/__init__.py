"""O microscópio: os bytes de cada recv e de cada send."""
