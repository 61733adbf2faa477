"""What several tests of the pipeline begin with."""

from tests.pipeline.ledgers import on_sqlite, work

__all__ = ["on_sqlite", "work"]
