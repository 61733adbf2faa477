"""Membership inference as figures: each attack on the forget and on the retain records.

Retained people too, because unlearning can worsen the privacy of those who stay. The others are
always the holdout, under the same model. Their figures are AUC, TPR at 1 % FPR and PrivLeak
(`roc.py`) of the scores of `membership.py`. The last attack, `reference`, takes the log-likelihood
under the retrained model away, loss - loss_r in nats a token, any number (Carlini et al. 2021,
arXiv 2012.07805; Ye et al. 2022, arXiv 2111.09679): it needs one, and says nothing of the retrained
model itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from unlearnkit.audit.people import OfWhom, units
from unlearnkit.audit.roc import (
    FEWEST,
    Drawn,
    auc,
    auc_interval,
    priv_leak,
    priv_leak_interval,
    true_positives,
    true_positives_interval,
)
from unlearnkit.domain import (
    COMPARED_SPLITS,
    Measurement,
    MembershipScores,
    ModelRole,
    RecordScore,
    Split,
)

OWN = tuple(MembershipScores.model_fields)
"""The attacks that need nothing but the model."""
REFERENCE = "reference"
LEAK_BY = "min_k"
"""The attack that PrivLeak is made of; MUSE takes the lowest 40 % of tokens, here it is 20 %."""
NO_HOLDOUT = "there are no records that the model never saw"
NO_REFERENCE = "no retrained reference was given"
NOT_FINITE = "a score of a record is not a finite number"
ALWAYS_TOLD = "the retrained model's AUC is 1"
TOO_FEW = f"fewer than {FEWEST} never-seen records: 1 % of them is less than one"


Scored = Mapping[tuple[ModelRole, Split], Mapping[str, MembershipScores]]
"""(model, split) -> record id -> scores."""


def membership_figures(
    scores: Sequence[RecordScore], seed: int, of_whom: OfWhom | None = None
) -> list[Measurement]:
    """AUC with interval and TPR at 1 % FPR of every attack, and PrivLeak of the forget set.

    Nothing where no record has membership scores. `of_whom` says whose the records are.
    """
    whose = of_whom or {}
    scored: dict[tuple[ModelRole, Split], dict[str, MembershipScores]] = {}
    for score in scores:
        if score.membership is not None:
            scored.setdefault((score.model, score.split), {})[score.record_id] = score.membership
    figures: list[Measurement] = []
    for model, split in sorted(scored):
        if split is Split.HOLDOUT:
            continue
        attacks = OWN if model is ModelRole.REFERENCE else (*OWN, REFERENCE)
        for attack in attacks:
            sides = (split, Split.HOLDOUT)
            members, others = (attacked(scored, model, side, attack) for side in sides)
            ours, theirs = (
                units(records, whose.get(side)) if records else None
                for records, side in zip((members, others), sides, strict=True)
            )
            of_attack = attack_figures(
                attack,
                list(members.values()),
                list(others.values()),
                split=split,
                model=model,
                seed=seed,
                drawn=(ours, theirs),
            )
            people = ours.people if ours else None
            figures += [figure.model_copy(update={"people": people}) for figure in of_attack]
    return [*figures, *leaks(figures, scored, seed, whose)]


def attacked(scored: Scored, model: ModelRole, split: Split, attack: str) -> dict[str, float]:
    """The attack's score of every record; of `reference`, of those the retrained model has."""
    here = scored.get((model, split), {})
    if attack != REFERENCE:
        return {name: float(getattr(one, attack)) for name, one in here.items()}
    reference = scored.get((ModelRole.REFERENCE, split), {})
    return {
        name: one.loss - reference[name].loss for name, one in here.items() if name in reference
    }


def attack_figures(
    attack: str,
    members: Sequence[float],
    others: Sequence[float],
    *,
    split: Split,
    model: ModelRole,
    seed: int,
    drawn: Drawn = (None, None),
) -> tuple[Measurement, Measurement]:
    """An attack's AUC and TPR on a split under a model, or why there are none."""
    why = _unmeasurable(attack, members, others)
    area, rate = (
        Measurement(
            metric=f"membership_{kind}_{attack}",
            split=split,
            model=model,
            value=None,
            n=len(members),
            not_measured=why,
        )
        for kind in ("auc", "tpr")
    )
    if why:
        return area, rate
    low, high = auc_interval(members, others, seed, drawn) or (None, None)
    area = area.model_copy(update={"value": auc(members, others), "low": low, "high": high})
    if len(others) < FEWEST:
        return area, rate.model_copy(update={"not_measured": TOO_FEW})
    low, high = true_positives_interval(members, others, seed, drawn) or (None, None)
    told = {"value": true_positives(members, others), "low": low, "high": high}
    return area, rate.model_copy(update=told)


def _unmeasurable(attack: str, members: Sequence[float], others: Sequence[float]) -> str:
    """Why the attack has no figures; empty where it has."""
    if not members and attack == REFERENCE:
        return NO_REFERENCE
    if not members or not others:
        return NO_HOLDOUT
    return "" if all(map(math.isfinite, (*members, *others))) else NOT_FINITE


def leaks(
    found: Sequence[Measurement], scored: Scored, seed: int, whose: OfWhom
) -> list[Measurement]:
    """PrivLeak of the original's and of the unlearned model's AUC on the forget set."""
    metric = f"membership_auc_{LEAK_BY}"
    areas = {one.model: one for one in found if (one.metric, one.split) == (metric, Split.FORGET)}
    reference = areas.pop(ModelRole.REFERENCE, None)
    leaked = [leak(one, reference) for _, one in sorted(areas.items())]
    return [_with_interval(one, scored, seed, whose) for one in leaked]


def _with_interval(figure: Measurement, scored: Scored, seed: int, whose: OfWhom) -> Measurement:
    """The same with an interval, where it has a figure and both models scored the same records."""
    own, retrained = (
        [scored.get((model, split), {}) for split in COMPARED_SPLITS]
        for model in (figure.model, ModelRole.REFERENCE)
    )
    if figure.value is None or [list(side) for side in own] != [list(side) for side in retrained]:
        return figure
    own_scores, retrained_scores = (
        [[getattr(score, LEAK_BY) for score in side.values()] for side in of_model]
        for of_model in (own, retrained)
    )
    ours, theirs = (
        units(side, whose.get(split)) for side, split in zip(own, COMPARED_SPLITS, strict=True)
    )
    interval = priv_leak_interval(
        (own_scores[0], own_scores[1]),
        (retrained_scores[0], retrained_scores[1]),
        seed,
        (ours, theirs),
    )
    if interval is None:
        return figure
    low, high = interval
    return figure.model_copy(update={"low": low, "high": high, "people": ours.people})


def leak(area: Measurement, reference: Measurement | None) -> Measurement:
    """PrivLeak from a model's AUC and the retrained one's."""
    value, why = None, ""
    if area.value is None:
        why = area.not_measured
    elif reference is None or reference.value is None:
        why = NO_REFERENCE
    elif reference.value >= 1:
        why = ALWAYS_TOLD
    else:
        value = priv_leak(area.value, reference.value)
    return Measurement(
        metric="priv_leak",
        split=Split.FORGET,
        model=area.model,
        value=value,
        n=area.n,
        not_measured=why,
    )
