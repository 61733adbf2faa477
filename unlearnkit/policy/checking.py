"""What is wrong with a policy before it is used, each with its line.

First what a rule says by itself (`schema.py`: unknown names, figures that are never measured of
these records, intervals that do not exist). Where every rule can be read, what rules say together:

- out of reach: no figure can lie where the rule asks for it;
- contradiction: two rules on the same figure and baseline whose bounds share no number;
- duplicate: the same demand twice;
- two gates: `gate --probes` measures what some rules ask for, and only another gate the rest.

Warnings leave the policy usable: a rule that every model meets, one that says less than another,
and a policy in which nothing decides without a retrained reference.

What it does not see: contradictions between different baselines (`holdout` against `absolute`), or
whether any real model meets the rules.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from unlearnkit.policy.interval import bounds
from unlearnkit.policy.schema import BY_PROBES, Policy, Rule, of_parts
from unlearnkit.yaml_file import Problem, YamlFile, problems, read_yaml

RANGES = {
    "perplexity": (1.0, math.inf),
    "decoy_exposure": (0.0, math.inf),
    "priv_leak": (-100.0, math.inf),
    "token_loss": (0.0, math.inf),
}
"""Metrics that may lie elsewhere than between 0 and 1."""


Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong with a policy."""

    line: int
    level: Level
    rule: str
    """The rule's id; empty where it has none, or where it is about the file."""
    what: str


def check_policy(path: Path) -> list[Diagnostic]:
    """Everything that is wrong, by line; empty for a good policy. Raises BadInput: no YAML."""
    file = read_yaml(path)
    try:
        policy = Policy.model_validate(file.data)
    except ValidationError as error:
        found = [_found(file, one) for one in problems(file, error)]
    else:
        lines = rule_lines(file)
        found = [
            *_by_themselves(policy, lines),
            *_together(policy, lines),
            *_by_two_gates(policy, lines),
            *_undecided(policy, file.line(("rules",))),
        ]
    return sorted(found, key=lambda one: one.line)


def rule_lines(file: YamlFile) -> dict[str, int]:
    """Rule id -> the line it begins in."""
    return {one["id"]: file.line(("rules", at)) for at, one in enumerate(file.data["rules"])}


def _found(file: YamlFile, one: Problem) -> Diagnostic:
    rule = _rule_id(file, one.location)
    shorter = replace(one, place=one.place[1:]) if rule else one
    return Diagnostic(one.line, "error", rule, shorter.what)


def _rule_id(file: YamlFile, location: tuple[str | int, ...]) -> str:
    match location:
        case ("rules", int(at), *_):
            rule = file.data["rules"][at]
            return str(rule.get("id", "")) if isinstance(rule, dict) else ""
    return ""


def _by_themselves(policy: Policy, lines: dict[str, int]) -> Iterator[Diagnostic]:
    for rule in policy.rules:
        low, high = _possible(rule)
        least, most = bounds(rule.compare)
        compared = "it" if rule.compare.to == "absolute" else "the difference"
        where = f"{rule.metric}: {compared} lies between {low:g} and {high:g}"
        if high < least or low > most:
            what = f"no model can meet this rule, {where}"
            yield Diagnostic(lines[rule.id], "error", rule.id, what)
        elif least <= low and high <= most:
            what = f"every model meets this rule, {where}"
            yield Diagnostic(lines[rule.id], "warning", rule.id, what)


def _possible(rule: Rule) -> tuple[float, float]:
    """Between which numbers the figure, or its difference to the baseline, can lie."""
    low, high = RANGES.get(rule.metric, (0.0, 1.0))
    return (low, high) if rule.compare.to == "absolute" else (low - high, high - low)


def _together(policy: Policy, lines: dict[str, int]) -> Iterator[Diagnostic]:
    """Of each rule, the first that it repeats or contradicts, or the strictest it yields to."""

    def found(rule: Rule, level: Level, what: str, other: Rule) -> Diagnostic:
        beside = f"'{other.id}' (line {lines[other.id]})"
        return Diagnostic(lines[rule.id], level, rule.id, what.format(beside))

    for place, rule in enumerate(policy.rules):
        before = [one for one in policy.rules[:place] if _measured(one) == _measured(rule)]
        same = next((one for one in before if _same(one, rule)), None)
        against = next((one for one in before if _apart(one, rule)), None)
        strict = _strictest(rule, policy)
        if same is not None:
            yield found(rule, "error", "the same demand as {}", same)
        elif strict is not None:
            yield found(rule, "warning", "decides nothing beside {}", strict)
        if against is not None:
            yield found(rule, "error", "contradicts {}: no figure meets both", against)


def _strictest(loose: Rule, policy: Policy) -> Rule | None:
    """Of the rules beside which this one decides nothing, one that decides beside them all."""
    strictest = loose
    for one in policy.rules:
        alike = _measured(one) == _measured(loose) and not _same(one, strictest)
        if alike and _says_less(strictest, one):
            strictest = one
    return strictest if strictest is not loose else None


def _measured(rule: Rule) -> tuple[str, ...]:
    return rule.metric, rule.split, rule.under, rule.compare.to


def _same(one: Rule, other: Rule) -> bool:
    words = {"id", "explanation"}
    return one.model_dump(exclude=words) == other.model_dump(exclude=words)


def _apart(one: Rule, other: Rule) -> bool:
    (least, most), (lowest, highest) = bounds(one.compare), bounds(other.compare)
    return most < lowest or highest < least


def _says_less(loose: Rule, strict: Rule) -> bool:
    """Whether, whatever `strict` comes to, `loose` cannot change the verdict any more."""
    (least, most), (lowest, highest) = bounds(loose.compare), bounds(strict.compare)
    return (
        least <= lowest
        and highest <= most
        and loose.compare.by == strict.compare.by
        and (strict.severity == "fail" or loose.severity == "warn")
        and (loose.requires_reference or not strict.requires_reference)
        and (loose.requires_holdout or not strict.requires_holdout)
    )


def _by_two_gates(policy: Policy, lines: dict[str, int]) -> Iterator[Diagnostic]:
    """Rules of which no gate measures all; an error where those that decide are among them."""
    asked = [one for one in policy.rules if one.metric in BY_PROBES]
    audited = [one for one in policy.rules if one.metric not in BY_PROBES]
    if not asked or not audited:
        return
    decide = [one for one in asked if _decides(one) and not one.requires_holdout]
    decide_too = [one for one in audited if _decides(one) and not of_parts(one)]
    never = bool(decide and decide_too)
    one, other = (decide[0], decide_too[0]) if never else (asked[0], audited[0])
    what = (
        f"{'no model can pass' if never else 'told by one gate only'}: `gate --probes` measures "
        f"{one.metric}, but not {other.metric} of '{other.id}' (line {lines[other.id]}); any other "
        "gate the other way round. Keep such rules in two policies"
    )
    yield Diagnostic(lines[one.id], "error" if never else "warning", one.id, what)


def _decides(rule: Rule) -> bool:
    """Whether it counts in every gate, with or without a retrained reference."""
    return rule.severity == "fail" and not rule.requires_reference


def _undecided(policy: Policy, line: int) -> Iterator[Diagnostic]:
    if all(rule.requires_reference for rule in policy.rules if rule.severity == "fail"):
        what = "without a retrained reference no rule decides, and the verdict is 'cannot tell'"
        yield Diagnostic(line, "warning", "", what)
