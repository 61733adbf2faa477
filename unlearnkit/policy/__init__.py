"""Gate policies: what they may say, and the verdict they come to."""
