"""The training records: reading them, detecting personal data in them, and the index over it."""
