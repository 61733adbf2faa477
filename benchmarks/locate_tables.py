"""The tables of `locate.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from measuring import table


def contenders(found: Any) -> str:
    """Precision, recall and F1 over all requests (and seeds)."""
    runs = found if isinstance(found, list) else [found]
    total: dict[str, Counter[str]] = {}
    for run in runs:
        for name, count in run["contenders"].items():
            total.setdefault(name, Counter()).update(count)
    head = ["way to find them", "found", "right", "precision", "recall", "F1"]
    return table(head, [_contender(name, count) for name, count in total.items()])


def _contender(name: str, count: Mapping[str, int]) -> list[str]:
    found, right, truth = count["found"], count["right"], count["truth"]
    f1 = 2 * right / (found + truth)
    share = [f"{right / found:.3f}" if found else "-", f"{right / truth:.3f}", f"{f1:.3f}"]
    return [name, f"{found:,}", f"{right:,}", *share]


HARDNESS = {
    "signed": "mail, signed with everything",
    "thread_named": "chat, turn with name and number",
    "thread_unnamed": "chat, turn that names nobody",
    "thread_nickname": "chat, turn with the nickname",
    "number_only": "note, customer number alone",
    "phone": "note, phone alone",
    "colleague": "note, full name alone",
    "nickname": "note, nickname and surname",
    "initials": "note, initial and surname",
    "typo": "note, surname with a slip",
}


def hardness(found: Any) -> str:
    """Recall by kind of record."""
    total = _summed(found, "hardness")
    head = ["record", "records", "certain", "certain or uncertain"]
    rows = []
    for kind, name in HARDNESS.items():
        n, sure = total[kind]["records"], total[kind]["certain"]
        either = sure + total[kind]["uncertain"]
        rows.append([name, str(n), f"{sure / n:.3f}", f"{either / n:.3f}"])
    return table(head, rows)


def entities(found: Any) -> str:
    """Recall by kind of identifier."""
    head = ["identifier", "records with it", "in the index (NER and patterns)", "evidence"]
    rows = [
        [name, str(one["records"]), *(f"{one[key] / one['records']:.3f}" for key in _SEEN)]
        for name, one in _summed(found, "entities").items()
    ]
    return table(head, rows)


_SEEN = ("indexed", "evidence")


def wrong(found: Any) -> str:
    """Whose records were taken for those of who asks."""
    total = _summed(found, "wrong")
    kinds = ("of the same name", "of the same surname", "of another name")
    rows = [[f"somebody {kind}", *(str(one[kind]) for one in total.values())] for kind in kinds]
    return table(["whose they are", *total], rows)


EVIDENCE = {
    "exact": "the whole name, and the name is ambiguous",
    "normalised": "the same in another spelling",
    "hashed": "the same, asked for as a digest",
    "nickname": "nickname and surname",
    "initials": "initial and surname",
    "typo": "a name with a slip",
    "phonetic": "a surname that sounds alike",
    "partial": "a bare first name or surname",
    "link": "a linked identifier, where somebody else is named",
    "thread": "a turn of the person's thread, where somebody else is named",
}


def by_evidence(found: Any) -> str:
    """Of what goes to review, how much is right, by its strongest evidence."""
    total = _reviewed(found, "evidence")
    rest = sorted(set(total) - set(EVIDENCE))
    names = {**EVIDENCE, **{one: f"`{one}`" for one in rest}}
    rows = [_share_right(text, total[how]) for how, text in names.items() if how in total]
    return table(["strongest evidence", "to review", "right", "share"], rows)


def by_bits(found: Any) -> str:
    """Of what goes to review, how much is right, by its score."""
    total = _reviewed(found, "bits")
    ends = sorted(map(int, total), reverse=True)
    rows = [
        _share_right(_bin(low, ends[at - 1] if at else None), total[str(low)])
        for at, low in enumerate(ends)
    ]
    return table(["score, bits", "to review", "right", "share"], rows)


def _bin(low: int, end: int | None) -> str:
    return f"{low} and more" if end is None else f"{low} to {end}"


def _share_right(name: str, count: Mapping[str, int]) -> list[str]:
    n, right = count["records"], count["right"]
    return [name, str(n), str(right), f"{right / n:.2f}"]


def _reviewed(found: Any, by: str) -> dict[str, Counter[str]]:
    return _summed([run["reviewed"] for run in found], by)


def _summed(found: Any, what: str) -> dict[str, Counter[str]]:
    total: dict[str, Counter[str]] = {}
    for run in found:
        for name, count in run[what].items():
            total.setdefault(name, Counter()).update(count)
    return total


def missed(found: Any) -> str:
    """What the missed records of TOFU hold of the author's name."""
    head = ["what a missed record holds of the author's name", "records"]
    return table(head, [[name, str(count)] for name, count in found["missed"].items()])


def scale(found: Any) -> str:
    """Seconds, sizes and memory, one column for each size."""
    head = ["", *(f"{one['records']:,} records" for one in found)]
    rows = [[name, *(show(one[key]) for one in found)] for name, (key, show) in _SCALE.items()]
    return table(head, rows)


_SCALE: dict[str, tuple[str, Callable[[Any], str]]] = {
    "index, MB": ("index_mb", lambda one: f"{one:,.0f}"),
    "index, MB a million records": ("index_mb_per_million", lambda one: f"{one:,.0f}"),
    "reading the records, CPU s": ("read", lambda one: f"{one:.1f}"),
    "opening the index (checks every shard), CPU s": ("open", lambda one: f"{one:.2f}"),
    "what it has of one person, by DuckDB, CPU s": ("lookup", lambda one: f"{one:.2f}"),
    "the first request, CPU s": ("first", lambda one: f"{one:.2f}"),
    "a further request, CPU s": ("further", lambda one: f"{one:.2f}"),
    "memory when all records are read, MB": ("held_mb", lambda one: f"{one:,.0f}"),
    "peak memory of locating, MB": ("locate_mb", lambda one: f"{one:,.0f}"),
    "records indexed anew, patterns only": ("indexed", lambda one: f"{one:,}"),
    "peak memory of that, MB": ("indexing_mb", lambda one: f"{one:,.0f}"),
}

TABLES: dict[str, dict[str, Callable[[Any], str]]] = {
    "company": {
        "contenders": contenders,
        "hardness": hardness,
        "entities": entities,
        "wrong": wrong,
        "evidence": by_evidence,
        "bits": by_bits,
    },
    "tofu": {"contenders": contenders, "missed": missed},
    "scale": {"scale": scale},
}
