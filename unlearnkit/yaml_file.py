"""YAML files a person writes, read into a typed model with errors that name the line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from unlearnkit.errors import BadInput

Model = TypeVar("Model", bound=BaseModel)
_PLAIN = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "too_short": "is empty",
    "string_too_short": "is empty",
    "string_type": "has to be text",
    "float_type": "has to be a number",
    "float_parsing": "has to be a number",
    "int_type": "has to be a whole number",
    "int_parsing": "has to be a whole number",
    "int_from_float": "has to be a whole number",
    "tuple_type": "has to be a list",
    "model_type": "has to be a mapping: 'name: value' lines",
}
"""Pydantic's name of an error -> what is wrong, in words of a YAML file."""


_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_DECIMAL = re.compile(
    r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)(e[-+]?[0-9]+)?|[-+]?\.(inf|nan)", re.IGNORECASE
)
"""How a number is written that every reader of YAML reads alike."""


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A mapping that was read, and where each of its parts stands in the file."""

    path: Path
    data: dict[str, Any]
    root: Any
    """The same as PyYAML's nodes, which know their lines."""

    def line(self, location: Sequence[str | int]) -> int:
        """The line of the deepest part of `location` that is in the file, counted from 1."""
        return _line(self.root, location)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one part of a file."""

    line: int
    location: tuple[str | int, ...]
    place: tuple[str, ...]
    """The location in words; an entry of a list has its id there, else its number from 1."""
    message: str

    @property
    def what(self) -> str:
        """Place and message in one line."""
        return f"{', '.join(self.place)}: {self.message}" if self.place else self.message


def load_yaml(path: Path, kind: type[Model], fix: str = "") -> Model:
    """The file as a `kind`. Raises BadInput with file and line: no YAML, a key twice, bad field."""
    file = read_yaml(path, fix)
    try:
        return kind.model_validate(file.data)
    except ValidationError as error:
        first = problems(file, error)[0]
        raise BadInput(first.what, where=path, line=first.line, fix=fix) from None


def problems(file: YamlFile, error: ValidationError) -> list[Problem]:
    """Everything a model found wrong with the file, with lines, in the model's order.

    A list whose only entries are wrong is not called too short besides.
    """
    found = error.errors(include_input=False, include_url=False)
    within = {one["loc"][:depth] for one in found for depth in range(len(one["loc"]))}
    return [
        Problem(file.line(one["loc"]), one["loc"], _place(file.data, one["loc"]), _message(one))
        for one in found
        if not (one["type"] == "too_short" and one["loc"] in within)
    ]


def _place(data: Any, location: Sequence[str | int]) -> tuple[str, ...]:
    parts: list[str] = []
    names: list[str] = []
    for part in location:
        data = _part(data, part)
        if isinstance(part, int):
            named = data.get("id") if isinstance(data, dict) else None
            which = repr(named) if isinstance(named, str) and named else part + 1
            parts.append(f"{_one('.'.join(names))} {which}")
            names = []
        else:
            names.append(str(part))
    return (*parts, ".".join(names)) if names else tuple(parts)


def _one(of: str) -> str:
    return f"{of.removesuffix('ies')}y" if of.endswith("ies") else of.removesuffix("s")


def _part(data: Any, part: str | int) -> Any:
    try:
        return data[part]
    except (KeyError, IndexError, TypeError):
        return None  # a field that is missing


def _message(error: ErrorDetails) -> str:
    plain = error["msg"].removeprefix("Value error, ")
    for jargon in ("Input should", "String should"):
        plain = plain.replace(jargon, "has to")
    return _PLAIN.get(error["type"], plain)


def read_yaml(path: Path, fix: str = "") -> YamlFile:
    """The file's mapping. Raises BadInput with file and line: no YAML, a key twice, no mapping."""
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"cannot read it: {error.strerror}", where=path) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BadInput("not UTF-8 text", where=path, line=line) from None
    try:
        _refuse_aliases(text, path)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_repeated_keys(root, path)
        _refuse_odd_numbers(root, path)
        data = yaml.safe_load(text)
    except RecursionError:
        raise BadInput("nested too deeply", where=path) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = mark.line + 1 if mark else None
        raise BadInput(f"not valid YAML: {error.problem}", where=path, line=at, fix=fix) from None
    except yaml.YAMLError:
        raise BadInput("not valid YAML: a character that YAML forbids", where=path) from None
    except ValueError:
        # Such as the date 2026-13-01: valid YAML syntax that PyYAML cannot turn into a value.
        raise BadInput("not valid YAML: a date or number that is none", where=path) from None
    if not isinstance(data, dict):
        raise BadInput("this has to be a mapping: 'name: value' lines", where=path, line=1, fix=fix)
    return YamlFile(path, data, root)


def _refuse_repeated_keys(node: Any, path: Path) -> None:
    """YAML would silently keep the last of two equal keys."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                line = key.start_mark.line + 1
                raise BadInput(f"'{name}' is given twice", where=path, line=line)
            seen.add(name)
            _refuse_repeated_keys(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_repeated_keys(value, path)


def _refuse_aliases(text: str, path: Path) -> None:
    """A few lines of anchors and aliases can stand for billions of values."""
    import yaml

    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark else None
            raise BadInput(
                f"'*{event.anchor}' refers to another place",
                where=path,
                line=line,
                fix="Write it out: aliases of YAML are not read.",
            )


def _refuse_odd_numbers(node: Any, path: Path) -> None:
    """What YAML 1.1 reads as another number than stands there: 010 is 8, 1:30 is 90, 1_0 is 10."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            for one in pair:
                _refuse_odd_numbers(one, path)
    elif isinstance(node, yaml.SequenceNode):
        for one in node.value:
            _refuse_odd_numbers(one, path)
    elif node is not None and node.tag in _NUMBERS and not _DECIMAL.fullmatch(node.value):
        raise BadInput(
            f"'{node.value}' is read as another number than it seems, or as none",
            where=path,
            line=node.start_mark.line + 1,
            fix="Write a decimal number, as 10 or 0.05, or text in quotation marks.",
        )


def _line(node: Any, location: Sequence[str | int]) -> int:
    import yaml

    line = int(node.start_mark.line)
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == part), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line
        else:
            break
    return line + 1
