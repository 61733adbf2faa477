"""Identifiers of which a request gives only the digest (OpenDSR's formats).

A digest cannot be looked for in a text: what was detected there, and what may be an e-mail address,
is digested in turn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from unlearnkit.corpus.entities import KINDS, EntityRow
from unlearnkit.corpus.normalise import normalise
from unlearnkit.domain import Identifier, IdentifierKind, Record
from unlearnkit.locate.addresses import addresses, may_be_anothers, with_at
from unlearnkit.locate.hits import Hit
from unlearnkit.locate.identifiers import is_a_part
from unlearnkit.locate.ties import Value
from unlearnkit.pseudonym import keyed_hash

DIGESTS = ("sha256", "sha1", "md5")
_EMAIL = IdentifierKind.EMAIL


def digest_spellings(kind: IdentifierKind, value: str, regions: Sequence[str]) -> frozenset[str]:
    """What a digest of a value may have been made of, for OpenDSR does not say which.

    The value as it stands, in lower case and normalised, a phone number also without its plus.
    """
    bare, normalised = value.strip(), normalise(kind, value, regions)
    return frozenset({bare, bare.lower(), normalised, normalised.removeprefix("+")})


def hashed_hits(
    identifiers: Sequence[Identifier],
    rows: Iterable[EntityRow],
    text_of: Callable[[str], str],
    regions: Sequence[str],
) -> Iterator[tuple[EntityRow, Hit]]:
    """Rows of the index whose detected value has the digest a request gave."""
    fits = _fitting(identifiers, regions)
    for row in rows:
        kind, text = KINDS[row.entity], text_of(row.record_id)
        if fits(kind, text[row.start : row.end]):
            how = "partial" if is_a_part(kind, text, row.start, row.end) else "hashed"
            yield row, Hit(kind, how, row.start, row.end, row.recogniser)


def hashed_addresses(
    identifiers: Sequence[Identifier], records: Iterable[Record], key: bytes
) -> Iterator[tuple[str, Hit, Value]]:
    """Record id, hit and value of e-mail addresses, also where detection takes them for none."""
    fits = _fitting(identifiers, ())
    for record in records:
        for found in addresses(record.content):
            if fits(_EMAIL, found.plain):
                doubtful = may_be_anothers(record.content, found.start, found.end)
                how = "partial" if doubtful else "hashed"
                hit = Hit(_EMAIL, how, found.start, found.end, "digest")
                yield record.id, hit, address_value(found.plain, key)


def address_value(written: str, key: bytes) -> Value:
    """The value of an e-mail address as it is written, as the index has it."""
    return Value(_EMAIL, keyed_hash(key, _EMAIL.value, normalise(_EMAIL, with_at(written))))


def _fitting(
    identifiers: Sequence[Identifier], regions: Sequence[str]
) -> Callable[[IdentifierKind, str], bool]:
    """Whether a value has one of the digests, in any of its `digest_spellings`."""
    wanted = [
        (one.kind, one.format, one.value.strip().casefold())
        for one in identifiers
        if one.format != "raw"
    ]

    def fits(kind: IdentifierKind, value: str) -> bool:
        digests = [(digest, hexdigits) for one, digest, hexdigits in wanted if one is kind]
        return any(
            hashlib.new(digest, text.encode()).hexdigest() == hexdigits
            for text in (digest_spellings(kind, value, regions) if digests else ())
            for digest, hexdigits in digests
        )

    return fits
