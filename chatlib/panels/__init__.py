"""Os painéis: a sala dentro do notebook. Eles importam o chat; o chat nunca os importa."""
