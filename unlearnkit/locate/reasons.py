"""Why a record matched, in words a reviewer understands and without any identifier."""

from __future__ import annotations

from collections.abc import Sequence

from unlearnkit.domain import IdentifierKind
from unlearnkit.locate.hits import Hit

_KINDS = {
    IdentifierKind.NAME: "full name",
    IdentifierKind.EMAIL: "e-mail address",
    IdentifierKind.PHONE: "phone number",
    IdentifierKind.CUSTOMER_ID: "customer number",
    IdentifierKind.ADDRESS: "postal address",
    IdentifierKind.DATE_OF_BIRTH: "date of birth",
    IdentifierKind.HANDLE: "user name",
    IdentifierKind.OTHER: "other identifier",
}
_HOW = {
    "record": "a record that was forgotten, word for word",
    "exact": "the subject's {kind}",
    "normalised": "the subject's {kind} in another spelling",
    "hashed": "{kind} whose digest the request gives",
    "link": "{kind} that a record ties to the subject",
    "tied": "{kind} that a record may tie to the subject",
    "thread": "same thread as a certain match",
    "mailbox": "{kind} that is the subject's but for a tag or dots",
    "nickname": "nickname with the subject's surname",
    "shortened": "first name and surname without the other names",
    "turned": "surname before the first name",
    "initials": "initials that fit the subject's name",
    "transliterated": "name in another script that may be the subject's",
    "marks": "the subject's {kind} with other accents or marks",
    "typo": "name a slip or two away from the subject's",
    "phonetic": "name that sounds like the subject's",
    "wordlike": "the subject's {kind}, perhaps words: in lower case, by a figure, asked, of a "
    "list or a place",
    "words": "words of the subject's name, which this corpus also uses as words",
    "otherday": "the subject's {kind}, in a record with another date of birth",
    "otherborn": "the subject's {kind}, with another date of birth right behind it",
    "longer": "longer name that has every word of the subject's",
    "apart": "first name and surname of the subject, with signs or fields between them",
    "partial": "part of the subject's {kind}",
}
_FIGURES = "figures like the subject's {kind} that may be another number"
_PARTIAL = {
    IdentifierKind.EMAIL: "the subject's {kind}, or the part of a longer one",
    IdentifierKind.PHONE: _FIGURES,
    IdentifierKind.CUSTOMER_ID: _FIGURES,
    IdentifierKind.HANDLE: "a word like the subject's {kind} that may be no user name",
    IdentifierKind.DATE_OF_BIRTH: "a date like the subject's {kind} that may be another day, or "
    "somebody else's",
}
"""What is written whole, and what else it may be."""
_DOUBTS = {
    "linked": "the tie is one of several, rests on a name or on little else, or others share it",
    "mailbox": "whether it leads to the same mailbox is up to the provider",
    "beside another": "stands beside somebody else's identifier",
    "mixed thread": "the thread holds somebody else's identifier too",
    "crowded": "so many turns or speakers are in the thread that it may be anybody's",
    "names another": "it names somebody else, and not the subject",
    "signed": "another user name stands beside the name",
    "name only": "rests on the name",
    "namesake": "another person in the corpus has the same name",
    "born": "the record says another date of birth",
    "weak": "nothing else in the record says who is meant",
}


def reason(hits: Sequence[Hit], doubt: str) -> str:
    """One sentence: what was found, strongest first, and why it is not certain."""
    found = dict.fromkeys(_words(hit).format(kind=_KINDS[hit.kind]) for hit in hits)
    sentence = "; ".join(found)
    if doubt:
        sentence += f" - {_DOUBTS[doubt]}"
    return sentence[0].upper() + sentence[1:]


def _words(hit: Hit) -> str:
    if hit.how != "partial":
        return _HOW[hit.how]
    return _PARTIAL.get(hit.kind, _HOW["partial"])
