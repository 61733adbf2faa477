"""How long something may take, as it is written on the command line."""

from __future__ import annotations

import re

from unlearnkit.errors import BadInput

SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_TIME = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)([smh]?)")


def seconds_of(text: str, option: str) -> float:
    """Seconds of 90, 90s, 10m or 2h. Raises BadInput, which names the option."""
    found = _TIME.fullmatch(text.strip().lower())
    if found is None:
        raise BadInput(f"{option}: a time is a number of seconds, or as in 90s, 10m, 2h")
    return float(found[1]) * SECONDS[found[2]]
