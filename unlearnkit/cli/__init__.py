"""The terminal: one module per command group. Parses, calls one function, prints. No logic."""
