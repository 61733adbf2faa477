from __future__ import annotations

import math

import pytest

from unlearnkit.audit.membership_figures import (
    NO_HOLDOUT,
    NO_REFERENCE,
    NOT_FINITE,
    OWN,
    TOO_FEW,
    attacked,
    membership_figures,
)
from unlearnkit.audit.membership_figures import REFERENCE as BESIDE
from unlearnkit.audit.people import units
from unlearnkit.audit.roc import (
    auc,
    auc_interval,
    priv_leak_interval,
    true_positives,
    true_positives_interval,
)
from unlearnkit.domain import Measurement, MembershipScores, ModelRole, RecordScore, Split
from unlearnkit.policy.schema import ATTACKS
from unlearnkit.report import glossary

Levels = dict[tuple[ModelRole, Split], list[float]]


def scored(
    model: ModelRole, split: Split, levels: list[float], **other: list[float]
) -> list[RecordScore]:
    """Records whose scores are all `levels`, but for those given by name."""
    return [
        RecordScore(
            record_id=f"{split}-{at}",
            split=split,
            model=model,
            exact_memorization=0.5,
            extraction_strength=0.0,
            probability=0.5,
            truth_ratio=None,
            membership=MembershipScores(
                **dict.fromkeys(OWN, level) | {name: some[at] for name, some in other.items()}
            ),
        )
        for at, level in enumerate(levels)
    ]


def figures(levels: Levels) -> dict[tuple[str, Split, ModelRole], Measurement]:
    """Figures of records whose every score is the given one."""
    scores = [one for (model, split), some in levels.items() for one in scored(model, split, some)]
    return {(one.metric, one.split, one.model): one for one in membership_figures(scores, seed=0)}


FORGET, RETAIN, HOLDOUT = Split.FORGET, Split.RETAIN, Split.HOLDOUT
ORIGINAL, UNLEARNED, RETRAINED = ModelRole.ORIGINAL, ModelRole.UNLEARNED, ModelRole.REFERENCE
LEVELS: Levels = {
    (ORIGINAL, FORGET): [-0.1, -0.2],
    (ORIGINAL, RETAIN): [-0.1],
    (ORIGINAL, HOLDOUT): [-2.0, -3.0],
    (UNLEARNED, FORGET): [-5.0, -6.0],
    (UNLEARNED, RETAIN): [-0.1],
    (UNLEARNED, HOLDOUT): [-2.0, -3.0],
}
REFERENCE: Levels = {
    (RETRAINED, FORGET): [-2.5, -3.5],
    (RETRAINED, RETAIN): [-0.1],
    (RETRAINED, HOLDOUT): [-2.0, -3.0],
}


def test_who_is_known_scores_above_the_unseen_and_who_is_avoided_below() -> None:
    found = figures(LEVELS)
    assert found["membership_auc_loss", FORGET, ORIGINAL].value == 1.0
    assert found["membership_auc_loss", FORGET, UNLEARNED].value == 0.0
    assert found["membership_auc_loss", RETAIN, UNLEARNED].value == 1.0
    assert all(split is not HOLDOUT for _, split, _ in found)


def test_without_a_retrained_model_what_needs_it_is_not_measured() -> None:
    found = figures(LEVELS)
    for metric in ("membership_auc_reference", "membership_tpr_reference", "priv_leak"):
        assert (found[metric, FORGET, UNLEARNED].value) is None
        assert found[metric, FORGET, UNLEARNED].not_measured == NO_REFERENCE


def test_with_one_the_leak_is_relative_to_its_area() -> None:
    found = figures(LEVELS | REFERENCE)
    assert found["membership_auc_min_k", FORGET, RETRAINED].value == pytest.approx(0.25)
    assert found["priv_leak", FORGET, ORIGINAL].value == pytest.approx(-100)
    assert found["priv_leak", FORGET, UNLEARNED].value == pytest.approx(100 * 0.25 / 0.75)
    assert found["priv_leak", FORGET, UNLEARNED].not_measured == ""
    assert found["membership_auc_reference", FORGET, ORIGINAL].value == 1.0
    assert not [one for one in found if one[0].endswith("reference") and one[2] is RETRAINED]


def test_the_leak_has_an_interval_over_the_records_that_both_models_scored() -> None:
    many = {
        (model, split): [math.sin(7 * at + 3 * (split is FORGET)) - shift for at in range(40)]
        for model, shift in ((ORIGINAL, -1.0), (UNLEARNED, 0.5), (RETRAINED, 0.0))
        for split in (FORGET, HOLDOUT)
    }
    for forgotten in ((UNLEARNED, FORGET), (ORIGINAL, FORGET)):
        many[forgotten] = [one - 0.3 for one in many[forgotten]]
    told = figures(many)["priv_leak", FORGET, UNLEARNED]
    assert told.value is not None
    assert told.low is not None
    assert told.high is not None
    assert told.low < told.value < told.high
    fewer = many | {(RETRAINED, HOLDOUT): many[RETRAINED, HOLDOUT][:-1]}
    assert figures(fewer)["priv_leak", FORGET, UNLEARNED].low is None


def test_a_retrained_model_that_always_tells_leaves_nothing_to_divide_by() -> None:
    told = REFERENCE | {(RETRAINED, FORGET): [-0.1, -0.1]}
    assert "AUC is 1" in figures(LEVELS | told)["priv_leak", FORGET, UNLEARNED].not_measured


def test_a_score_that_is_no_number_gives_no_figure() -> None:
    found = figures(LEVELS | REFERENCE | {(UNLEARNED, FORGET): [math.nan, -1.0]})
    for metric in ("membership_auc_loss", "membership_tpr_loss", "priv_leak"):
        assert found[metric, FORGET, UNLEARNED].value is None
        assert found[metric, FORGET, UNLEARNED].not_measured == NOT_FINITE


def test_with_a_retrained_model_but_no_never_seen_records_the_reason_is_these() -> None:
    whole = {key: some for key, some in (LEVELS | REFERENCE).items() if key[1] is not HOLDOUT}
    assert figures(whole)["membership_auc_reference", FORGET, UNLEARNED].not_measured == NO_HOLDOUT


def test_every_attack_has_a_label_and_may_be_ruled_on() -> None:
    attacks = [*OWN, BESIDE]
    assert list(ATTACKS) == attacks == [one.name for one in glossary.ATTACKS]


def test_few_never_seen_records_give_an_area_but_no_rate() -> None:
    found = figures(LEVELS)
    rate = found["membership_tpr_loss", FORGET, ORIGINAL]
    assert (rate.value, rate.not_measured) == (None, TOO_FEW)
    many = figures(LEVELS | {(ORIGINAL, HOLDOUT): [-2.0] * 100})
    assert many["membership_tpr_loss", FORGET, ORIGINAL].value == 1.0


def test_without_never_seen_records_nothing_is_measured() -> None:
    found = figures({key: some for key, some in LEVELS.items() if key[1] is not HOLDOUT})
    assert found["membership_auc_loss", FORGET, ORIGINAL].not_measured == NO_HOLDOUT
    assert found["priv_leak", FORGET, ORIGINAL].not_measured == NO_HOLDOUT


MANY = [math.sin(7 * at) for at in range(120)]
FEW = [math.sin(5 * at) + 0.3 for at in range(14)]
PAIRS = {f"{FORGET}-{at}": f"S-{at // 2}" for at in range(14)}


def test_every_attack_looks_at_its_own_scores() -> None:
    known = [9.0] * 2
    for attack in OWN:
        members = scored(UNLEARNED, FORGET, [-9.0] * 2, **{attack: known})
        others = scored(UNLEARNED, HOLDOUT, [0.0] * 2)
        found = {one.metric: one.value for one in membership_figures([*members, *others], 0)}
        for other in OWN:
            assert found[f"membership_auc_{other}"] == float(other == attack)


def test_area_and_rate_have_the_intervals_of_their_people() -> None:
    rows = [*scored(UNLEARNED, FORGET, FEW), *scored(UNLEARNED, HOLDOUT, MANY)]
    found = {one.metric: one for one in membership_figures(rows, 3, {FORGET: PAIRS})}
    area, rate = found["membership_auc_loss"], found["membership_tpr_loss"]
    drawn = (units([f"{FORGET}-{at}" for at in range(14)], PAIRS), None)
    assert area.value == auc(FEW, MANY) and rate.value == true_positives(FEW, MANY)
    assert (area.low, area.high) == auc_interval(FEW, MANY, 3, drawn)
    assert (rate.low, rate.high) == true_positives_interval(FEW, MANY, 3, drawn)
    assert (area.n, area.people, rate.n, rate.people) == (14, 7, 14, 7)
    alone = {one.metric: one for one in membership_figures(rows, 3)}["membership_auc_loss"]
    assert (alone.low, alone.high, alone.people) == (*auc_interval(FEW, MANY, 3), 14)


def test_the_leaks_interval_is_of_both_models_people_and_seed() -> None:
    shifted = [one - 0.2 for one in FEW]
    rows = [
        *scored(UNLEARNED, FORGET, FEW),
        *scored(UNLEARNED, HOLDOUT, MANY),
        *scored(RETRAINED, FORGET, shifted),
        *scored(RETRAINED, HOLDOUT, MANY),
    ]
    drawn = (units([f"{FORGET}-{at}" for at in range(14)], PAIRS), None)
    found = membership_figures(rows, 3, {FORGET: PAIRS})
    [told] = [one for one in found if one.metric == "priv_leak"]
    expected = priv_leak_interval((FEW, MANY), (shifted, MANY), 3, drawn)
    assert expected is not None
    assert (told.low, told.high) == pytest.approx(expected)
    assert (told.n, told.people, told.split, told.model) == (14, 7, FORGET, UNLEARNED)


def test_records_without_scores_have_no_figures() -> None:
    rows = [one.model_copy(update={"membership": None}) for one in scored(UNLEARNED, FORGET, [1.0])]
    assert membership_figures(rows, 0) == []


def test_beside_the_retrained_is_the_loss_less_the_retrained_models() -> None:
    """Both members look alike to the model; one of them looks so to the retrained one too."""
    scored_by = {
        (UNLEARNED, FORGET): {"a": MembershipScores(loss=-2, zlib=0, min_k=0, min_k_plus_plus=0)},
        (RETRAINED, FORGET): {"a": MembershipScores(loss=-5, zlib=0, min_k=0, min_k_plus_plus=0)},
    }
    assert attacked(scored_by, UNLEARNED, FORGET, BESIDE) == {"a": 3.0}
    assert attacked(scored_by, UNLEARNED, FORGET, "loss") == {"a": -2.0}
    assert attacked(scored_by, UNLEARNED, HOLDOUT, "loss") == {}


def test_beside_the_retrained_only_records_that_it_scored_too_count() -> None:
    rows = [
        *scored(UNLEARNED, FORGET, [3.0, -3.0]),
        *scored(UNLEARNED, HOLDOUT, [0.0]),
        *scored(RETRAINED, FORGET, [2.0]),
        *scored(RETRAINED, HOLDOUT, [0.5]),
    ]
    found = {(one.metric, one.model): one for one in membership_figures(rows, 0)}
    beside = found["membership_auc_reference", UNLEARNED]
    assert (beside.value, beside.n) == (1.0, 1)
