"""The user's own recognisers, from Presidio's YAML, read by Presidio's own loader.

The form is that of Presidio's recogniser registry (its `conf/example_recognizers.yaml`): patterns
and deny lists, `type: custom`. What a deny list holds may be names of people: it is in no message
and no file of ours, and the index says of the file where it lies and its digest.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from unlearnkit.corpus.countries import entities
from unlearnkit.corpus.entities import KINDS
from unlearnkit.corpus.nlp import DATE, LOCATION, OwnRecognisers
from unlearnkit.corpus.numbers import NUMBERS
from unlearnkit.errors import BadInput
from unlearnkit.yaml_file import read_yaml

_ENTITY = re.compile(r"[A-Z][A-Z0-9_]*")
_RESERVED = {*KINDS, *NUMBERS, DATE, LOCATION, "HANDLE", "AMOUNT", "REFERENCE", "FIGURES"}
_SEARCHED = "SUBJECT"
"""What a request gives is searched for as entities that begin so (`locate/search.py`)."""
_FIX = "How such a file looks stands in docs/locate.md, 'What is detected'."


def read_recognisers(given: OwnRecognisers, language: str) -> tuple[OwnRecognisers, list[Any]]:
    """The file with its digest, and Presidio's recognisers of what it says.

    Raises BadInput, with the line, where the file cannot be read, is not what Presidio expects,
    holds something else than patterns and deny lists, names an entity that is taken or a recogniser
    of another language, or has not the digest that is given.
    """
    path = Path(given.file)
    file = read_yaml(path, _FIX)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if given.sha256 not in ("", digest):
        raise BadInput(
            "the recognisers changed since the index was made with them",
            where=path,
            fix="Run: unlearnkit index CORPUS",
        )
    listed = file.data.get("recognizers")
    if not isinstance(listed, list) or not listed:
        raise BadInput("it has no list 'recognizers'", where=path, fix=_FIX)
    own: list[Any] = []
    for at, one in enumerate(listed):
        try:
            own += _made({**file.data, "recognizers": [one]}, language)
        except ValueError as error:
            line = file.line(("recognizers", at))
            raise BadInput(str(error), where=path, line=line, fix=_FIX) from None
    return given.model_copy(update={"sha256": digest}), own


def _made(data: dict[str, Any], language: str) -> list[Any]:
    """Presidio's recognisers of a file that has only one. Raises ValueError with what is wrong."""
    [one] = data["recognizers"]
    if not isinstance(one, dict) or one.get("type", "custom") != "custom":
        raise ValueError("only a recogniser of your own is read here, with patterns or a deny list")
    if not (one.get("patterns") or one.get("deny_list")):
        raise ValueError("it has neither 'patterns' nor a 'deny_list'")
    found = _loaded({**data, "recognizers": [{"type": "custom", **one}]}, language)
    spoken = [made for made in found if made.supported_language == language]
    if one.get("enabled", True) and not spoken:
        raise ValueError(f"it is for another language than '{language}' (nlp.language)")
    for made in spoken:
        _check_entity(made.supported_entities[0])
    return spoken


def _loaded(data: dict[str, Any], language: str) -> list[Any]:
    import regex  # type: ignore[import-untyped]
    from presidio_analyzer.recognizer_registry import RecognizerRegistryProvider

    flags = int(regex.DOTALL | regex.MULTILINE | regex.IGNORECASE)
    usual = {"supported_languages": [language], "global_regex_flags": flags}
    try:
        provider = RecognizerRegistryProvider(registry_configuration={**usual, **data})
        return list(provider.create_recognizer_registry().recognizers)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ValueError(f"Presidio cannot read it: {_said(error)}") from None


def _said(error: Exception) -> str:
    """What is wrong, without the values, which may be a deny list's; Presidio wraps pydantic's."""
    inner = error.__cause__ or error.__context__ or error
    if isinstance(inner, ValidationError):
        first = inner.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"] if part != "recognizers")
        what = first["msg"].removeprefix("Value error, ").partition(": {")[0]
        return f"{place}: {what}" if place else what
    return str(error) if type(error) is ValueError else type(error).__name__


def _check_entity(entity: str) -> None:
    if not _ENTITY.fullmatch(entity):
        raise ValueError(f"the entity '{entity}' has to be capital letters, digits, underscores")
    if entity in _RESERVED | entities() or entity.startswith(_SEARCHED):
        raise ValueError(f"the entity '{entity}' is taken: give yours another name")
