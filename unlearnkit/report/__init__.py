"""The signed report: its facts, its pages, its signature and how to check it."""
