"""Measure what a model still says of the forget set, and what it still knows of the rest."""
