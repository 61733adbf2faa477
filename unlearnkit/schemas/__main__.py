"""Write the schemas anew from the models: `python -m unlearnkit.schemas`."""

from __future__ import annotations

from pathlib import Path

from unlearnkit.schemas import NAMES, file_name, generated

for document in NAMES:
    (Path(__file__).parent / file_name(document)).write_text(generated(document), encoding="utf-8")
