"""Writing small files of records, and reading them back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from unlearnkit.corpus.reader import Corpus, read_corpus


def write(path: Path, content: str | bytes) -> Path:
    """The file, with this content and nothing else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(*rows: object) -> str:
    """JSON Lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def corpus_of(folder: Path, rows: Sequence[dict[str, Any]], name: str = "records.jsonl") -> Corpus:
    """These rows, written and read."""
    return read_corpus([write(folder / name, lines(*rows))])
