"""The JSON Schema of a policy file: what may stand where, for editors and other checkers.

Made from the model. Which records and baselines a metric may be compared on is asked of the model
itself, combination by combination, so that the two cannot drift apart. What no schema can say: that
ids are unique, and what rules say together (`unlearnkit policy check`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import product
from typing import Any

from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema

from unlearnkit.domain import Split
from unlearnkit.policy.schema import METRICS, UNDER, WITHOUT_INTERVAL, Policy, Rule

Schema = dict[str, Any]
BOUNDS = ("at_most", "at_least", "within")
BASES = ("absolute", "holdout", "original", "reference")


class _Generator(GenerateJsonSchema):
    """Pydantic's generator, without titles of fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def policy_schema() -> Schema:
    """The schema of a policy, narrowed to what the model accepts."""
    made = Policy.model_json_schema(schema_generator=_Generator, mode="validation")
    compare, rule = made["$defs"]["Compare"], made["$defs"]["Rule"]
    for name in BOUNDS:
        told = compare["properties"][name]["description"]
        compare["properties"][name] = {"type": "number", "description": told}
    compare["properties"]["within"]["minimum"] = 0
    compare["oneOf"] = [{"required": [name]} for name in BOUNDS]
    of_absolute = {"not": {"required": ["within"]}}
    compare |= _if({"to": {"const": "absolute"}}, of_absolute, required=["to"])
    rule["properties"]["metric"] |= {
        "enum": list(METRICS),
        "enumDescriptions": list(METRICS.values()),
    }
    rule["properties"]["under"] |= {
        "enum": ["", *UNDER],
        "enumDescriptions": ["the model as it is", *UNDER.values()],
    }
    rule["allOf"] = [*_of_metrics(), *_of_attacks(), _of_intervals()]
    decides = {"not": {"properties": {"severity": {"const": "warn"}}, "required": ["severity"]}}
    made["properties"]["rules"]["contains"] = decides
    return made


def _of_metrics() -> list[Schema]:
    """For metrics that are alike: the records and baselines they may have."""
    alike: defaultdict[tuple[tuple[str, str], ...], list[str]] = defaultdict(list)
    for metric in METRICS:
        pairs = tuple(
            (split.value, to)
            for split, to in product(Split, BASES)
            if _accepted(metric=metric, split=split, compare={"to": to, "at_most": 0.1})
        )
        alike[pairs].append(metric)
    return [
        _if({"metric": {"enum": metrics}}, _one_of(pairs), required=["metric"])
        for pairs, metrics in alike.items()
    ]


def _of_attacks() -> list[Schema]:
    """For each attack: the metrics, records and baselines that are measured under it."""
    alike: defaultdict[tuple[tuple[tuple[str, str], ...], ...], list[str]] = defaultdict(list)
    metrics: list[str] = []
    for under in UNDER:
        accepted = [
            (metric, split.value, to)
            for metric, split, to in product(METRICS, Split, BASES)
            if _accepted(
                metric=metric, split=split, under=under, compare={"to": to, "at_most": 0.1}
            )
        ]
        metrics = sorted({metric for metric, _, _ in accepted})
        alike[(tuple(dict.fromkeys((split, to) for _, split, to in accepted)),)].append(under)
    attacked = {"properties": {"metric": {"enum": metrics}}}
    return [
        _if({"under": {"enum": list(UNDER)}}, attacked, required=["under"]),
        *(
            _if({"under": {"enum": names}}, _one_of(pairs), required=["under"])
            for (pairs,), names in alike.items()
        ),
    ]


def _of_intervals() -> Schema:
    by = {"compare": {"properties": {"by": {"const": "interval"}}, "required": ["by"]}}
    without = {"not": {"enum": list(WITHOUT_INTERVAL)}}
    return _if(by, {"properties": {"metric": without}}, required=["compare"])


def _one_of(pairs: Iterable[tuple[str, str]]) -> Schema:
    """Records, each with the baselines that they may be compared with."""
    bases: defaultdict[str, list[str]] = defaultdict(list)
    for split, to in pairs:
        bases[split].append(to)
    alike: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for split, some in bases.items():
        alike[tuple(some)].append(split)
    return {
        "anyOf": [
            {
                "properties": {
                    "split": {"enum": splits},
                    "compare": {"properties": {"to": {"enum": list(some)}}},
                }
            }
            for some, splits in alike.items()
        ]
    }


def _if(properties: Schema, then: Schema, *, required: list[str]) -> Schema:
    return {"if": {"properties": properties, "required": required}, "then": then}


def _accepted(**fields: object) -> bool:
    try:
        Rule.model_validate({"id": "one", "explanation": "why"} | fields)
    except ValidationError:
        return False
    return True
