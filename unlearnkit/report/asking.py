"""How far a gate asked through kept probes, in words that all its outputs share."""

from __future__ import annotations

from unlearnkit.counted import counted, noun
from unlearnkit.domain import AskedOf, Asking

NAMED = 10
"""Requests that a sentence names; the JSON has all."""


def sentences(asking: Asking) -> list[str]:
    """How much was asked, what could still be missed, and of whom nothing is known."""
    before = f", {asking.asked_before} of them by an earlier gate" if asking.asked_before else ""
    within = ""
    if asking.budget_seconds is not None:
        within = f" within {asking.budget_seconds:g} {noun(asking.budget_seconds, 'second')}"
    kept, were = counted(asking.kept, "kept probe"), noun(asking.asked, "was", "were")
    said = [f"{asking.asked} of {kept} {were} asked{within}{before}."]
    if asking.no_room:
        fit = noun(asking.no_room, "does not fit", "do not fit")
        said.append(f"{asking.no_room} {fit} into this model's context; no time would help.")
    partly, nothing = asking.partly_asked, asking.nothing_asked
    if partly:
        said.append(
            f"Of {counted(len(partly), 'request')} only some were asked; least of "
            f"{partly[0].request_id}: {power(partly[0])}."
        )
    if nothing:
        names = ", ".join(one.request_id for one in nothing[:NAMED])
        more = f" and {len(nothing) - NAMED} more" if len(nothing) > NAMED else ""
        without = sum(not one.kept for one in nothing)
        said.append(
            f"Of {counted(len(nothing), 'request')} nothing was asked, so nothing is known: "
            f"{names}{more}."
        )
        if without:
            said.append(f"For {without} of them no probe is kept, and more time would not help.")
    return said


def why_none(asking: Asking) -> str:
    """Why there is no figure, where no probe at all was asked."""
    if asking.no_room == asking.kept:
        return "no kept probe fits into this model's context"
    return "the time was over before a kept probe was asked"


def power(one: AskedOf) -> str:
    """What was asked of one request, and what that could have shown."""
    asked = f"{one.asked} of {counted(one.kept, 'probe')}"
    if one.least_seen is None:
        return f"{asked}: nothing is known"
    if one.asked == one.kept:
        return f"{asked}: all that is kept"
    return (
        f"{asked}: noticed with 95 % probability only if {one.least_seen:.0%} or more of them "
        "bring their value out"
    )


def lines(asking: Asking) -> list[str]:
    """A line for every request."""
    return [f"{one.request_id}: {power(one)}" for one in asking.requests]
