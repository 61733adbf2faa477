"""The bundled example: a made-up company, its small model, and the whole line on them."""
