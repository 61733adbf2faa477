"""Other people's programs that call the gate; none is imported by the command line."""
