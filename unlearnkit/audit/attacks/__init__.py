"""Attacks that may bring back what a model has forgotten, each bounded, each with what it took."""
