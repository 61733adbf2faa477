"""How a request's part of the do-not-train list was made: under which key, and in which edition.

A list lasts for years and is never made again, for its identifiers are gone. So it says by itself
what it lacks of today's: two lines of each request are about the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from unlearnkit.domain import Forgotten
from unlearnkit.errors import BadInput
from unlearnkit.pseudonym import keyed_hash

EDITION = 2
"""Of what is listed, and in which spelling. Whoever adds a way to write a person, or spells one
otherwise, counts on, and says in docs/screen.md what is new. Lists that do not say are of 1."""
KEY, _EDITION = "key", "edition"


def of_making(request_id: str, key: bytes) -> frozenset[Forgotten]:
    """The lines that say how all others of this request are made now."""
    edition = Forgotten(request_id, f"{_EDITION}:{EDITION}", keyed_hash(key, _EDITION, request_id))
    return frozenset({_of_key(request_id, key), edition})


def refuse_other_key(entries: Iterable[Forgotten], key: bytes) -> None:
    """Raise BadInput where a request was listed under another key; earlier ones do not say."""
    for one in entries:
        if one.kind == KEY and one != _of_key(one.request_id, key):
            raise BadInput(
                "the do-not-train list was made with another workspace's key: it would find nobody",
                where=f"request {one.request_id}",
                fix="Put the keys/ of the workspace that completed the request here "
                "(docs/keys.md), or screen there.",
            )


def of_earlier_editions(entries: Iterable[Forgotten]) -> tuple[str, ...]:
    """The requests whose lines lack what is listed today, sorted."""
    editions: defaultdict[str, int] = defaultdict(lambda: 1)
    for one in entries:
        kind, _, number = one.kind.partition(":")
        edition = int(number) if kind == _EDITION else 1
        editions[one.request_id] = max(edition, editions[one.request_id])
    return tuple(sorted(one for one, edition in editions.items() if edition < EDITION))


def _of_key(request_id: str, key: bytes) -> Forgotten:
    """The line by which another key is noticed: under it, everything else would fit nobody."""
    return Forgotten(request_id, KEY, keyed_hash(key, KEY, "key check"))
