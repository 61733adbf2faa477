"""In which order kept probes are asked when time is short, and what so few of them can show."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import comb

ONE_IN = 20
"""A probability of 95 %, as the one in so many that is missed."""


def spread(owners: Sequence[Sequence[str]], seed: int) -> list[int]:
    """Positions of probes in an order in which every request has its first before any its second.

    `owners` are the requests of each probe. Of each request the probes come by chance (seeded), so
    that the first few stand for the others; one that several share counts for all of them.
    """
    rng = random.Random(seed)
    by_request: dict[str, list[int]] = {}
    for at in rng.sample(range(len(owners)), len(owners)):
        for one in owners[at]:
            by_request.setdefault(one, []).append(at)
    requests = sorted(by_request)
    rng.shuffle(requests)
    waiting = {one: iter(by_request[one]) for one in requests}
    had = dict.fromkeys(requests, 0)
    order: dict[int, None] = {}
    for turn in range(1, 1 + max(map(len, by_request.values()), default=0)):
        for request in requests:
            if had[request] >= turn:
                continue
            following = next((one for one in waiting[request] if one not in order), None)
            if following is not None:
                order[following] = None
                for one in set(owners[following]):
                    had[one] += 1
    return list(order)


def least_seen(kept: int, asked: int) -> float | None:
    """The smallest share of `kept` probes that `asked` of them, drawn by chance, would have shown.

    With a probability of 95 % at least one of that many is among those asked (hypergeometric,
    drawn without putting back). 1 / kept where all were asked; None where none was.
    """
    if not asked:
        return None
    ways = comb(kept, asked)
    few = next(k for k in range(1, kept + 1) if comb(kept - k, asked) * ONE_IN <= ways)
    return few / kept
