"""How the ledger's schema came to be, one file in versions/ for each step (Alembic).

A file is named NUMBER_what.py, and its number is the revision's id; nothing else lists it.
"""
