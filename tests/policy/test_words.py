"""What a verdict prints of a rule: the comparison in figures, and the rule in a sentence."""

from __future__ import annotations

import pytest

from tests.policy.audits import FORGOTTEN, Figures, audit
from unlearnkit.domain import Check, Outcome
from unlearnkit.policy.explaining import explained
from unlearnkit.policy.schema import Policy
from unlearnkit.policy.verdict import explain, judge

FORGET = ("exact_memorization", "forget", "unlearned")
HOLDOUT = ("exact_memorization", "holdout", "unlearned")


def rule(compare: dict[str, object], **fields: object) -> Policy:
    """The rule that a test is about, and one beside it: a policy may not only warn."""
    usual = {"id": "one", "metric": "exact_memorization", "split": "forget", "explanation": "Why."}
    one = usual | {"compare": compare} | fields
    other = usual | {"id": "other", "compare": {"to": "absolute", "at_most": 0.9}}
    return Policy.model_validate(
        {"version": 1, "name": "n", "description": "", "rules": [one, other]}
    )


def check(compare: dict[str, object], figures: Figures, **fields: object) -> Check:
    found, _ = judge(rule(compare, **fields), "d", audit(figures)).checks
    return found


@pytest.mark.parametrize(
    ("compare", "ours", "unseen", "bound"),
    [
        ({"to": "absolute", "at_most": 0.5}, 0.4, 0.1, "0.400 <= 0.50"),
        ({"to": "absolute", "at_most": 0.5}, 0.6, 0.1, "0.600 > 0.50, must be <="),
        ({"to": "absolute", "at_least": 0.5}, 0.5, 0.1, "0.500 >= 0.50"),
        ({"to": "absolute", "at_least": -0.5}, 0.4, 0.1, "0.400 >= -0.50"),
        ({"to": "holdout", "at_most": 0.1}, 0.2, 0.1, "0.200 <= 0.100 + 0.10"),
        ({"to": "holdout", "at_most": 0.0}, 0.2, 0.1, "0.200 > 0.100 + 0.00, must be <="),
        ({"to": "holdout", "at_least": -0.1}, 0.2, 0.3, "0.200 >= 0.300 - 0.10"),
        ({"to": "holdout", "at_least": -0.1}, 0.1, 0.3, "0.100 < 0.300 - 0.10, must be >="),
        ({"to": "holdout", "within": 0.125}, 0.2, 0.3, "|0.200 - 0.300| <= 0.125"),
        ({"to": "holdout", "within": 0.1}, 0.5, 0.3, "|0.500 - 0.300| > 0.10, must be <="),
        # As many places as it takes for what is printed to be true, and no more.
        ({"to": "absolute", "at_most": 0.5}, 0.50004, 0.1, "0.500040 > 0.50, must be <="),
        ({"to": "absolute", "at_most": 0.5}, 0.50000004, 0.1, "0.50000004 > 0.50, must be <="),
        ({"to": "holdout", "at_most": 0.0}, 0.30004, 0.3, "0.300040 > 0.300000 + 0.00, must be <="),
        (
            {"to": "holdout", "at_most": 0.0},
            0.30000004,
            0.3,
            "0.30000004 > 0.3 + 0.00, must be <=",
        ),
        (
            {"to": "holdout", "at_most": 0.12345678},
            0.4239562,
            0.30049949,
            "0.4239562 <= 0.30049949 + 0.12345678",
        ),
        # What three places would round to nothing is said as it is; nothing itself is 0.
        ({"to": "absolute", "at_least": 0.05}, 0.00052, 0.1, "5.2e-04 < 0.05, must be >="),
        ({"to": "absolute", "at_least": 0.05}, 0.0009, 0.1, "9.0e-04 < 0.05, must be >="),
        ({"to": "absolute", "at_most": 0.05}, 0.001, 0.1, "0.001 <= 0.05"),
        ({"to": "absolute", "at_least": 0.0}, 0.4, 0.1, "0.400 >= 0.00"),
        ({"to": "absolute", "at_most": 0.05}, 0.0, 0.1, "0.000 <= 0.05"),
        # No figure, or none to compare with.
        ({"to": "absolute", "at_least": 0.5}, None, 0.1, "not measured >= 0.50"),
        ({"to": "holdout", "at_most": 0.1}, 0.2, None, "0.200 <= not measured + 0.10"),
        ({"to": "holdout", "within": 0.1}, None, 0.1, "|not measured - 0.100| <= 0.10"),
    ],
)
def test_a_comparison_is_printed_as_it_turned_out(
    compare: dict[str, object], ours: float | None, unseen: float | None, bound: str
) -> None:
    assert check(compare, {FORGET: ours, HOLDOUT: unseen}).bound == bound


@pytest.mark.parametrize(
    ("compare", "fields", "says"),
    [
        ({"to": "absolute", "at_most": 0.65}, {}, "must be at most 0.65. Why."),
        ({"to": "absolute", "at_least": -0.5}, {}, "must be at least -0.5. Why."),
        (
            {"to": "holdout", "at_most": 0.1},
            {},
            "must be at most what the same model does on records it never saw, plus 0.10. Why.",
        ),
        (
            {"to": "reference", "at_least": -0.1},
            {"severity": "warn"},
            "should (warning only) be at least what a model retrained without the records does, "
            "minus 0.10. Why.",
        ),
        (
            {"to": "original", "within": 0.1},
            {},
            "must lie within 0.10 of what it was before unlearning, from either side. Why.",
        ),
        (
            {"to": "holdout", "at_most": 0.1},
            {"requires_reference": True, "requires_holdout": True, "explanation": "So\n  it is."},
            "plus 0.10. So it is. Applies only where a retrained reference is given. "
            "Applies only where never-seen records are given.",
        ),
    ],
)
def test_a_rule_is_read_aloud(
    compare: dict[str, object], fields: dict[str, object], says: str
) -> None:
    sentence, _ = explain(rule(compare, **fields))
    assert sentence.startswith("On the records to forget, exact memorization ")
    assert sentence.endswith(says)


def test_only_a_rule_on_parts_applies_only_where_there_are_parts() -> None:
    compare = {"to": "original", "at_least": -0.1}
    only = "Applies only where records were forgotten in part."
    assert explain(rule(compare, split="rest"))[0].endswith(f"Why. {only}")
    assert only not in explain(rule(compare, split="retain"))[0]
    both = explain(rule(compare, split="rest", requires_reference=True))[0]
    assert both.endswith(f"Why. Applies only where a retrained reference is given. {only}")


@pytest.mark.parametrize(
    ("ours", "unseen", "side"), [(0.5, 0.3, "above"), (0.5, 0.0, "above"), (0.0, 0.3, "below")]
)
def test_what_missed_a_band_says_on_which_side(ours: float, unseen: float, side: str) -> None:
    found = check({"to": "holdout", "within": 0.1}, {FORGET: ours, HOLDOUT: unseen})
    assert found.outcome is Outcome.FAIL
    assert found.explanation.startswith(f"Why. It lies {side}: ")


def test_a_side_is_told_of_records_to_forget_and_of_a_broken_band_alone() -> None:
    figures = {FORGET: 0.25, HOLDOUT: 0.3, ("exact_memorization", "forget", "original"): 0.9}
    kept: Figures = {
        ("exact_memorization", "retain", "unlearned"): 0.2,
        ("exact_memorization", "retain", "original"): 0.9,
    }
    holds = check({"to": "holdout", "within": 0.1}, figures)
    one_sided = check({"to": "holdout", "at_most": -0.1}, figures)
    of_kept = check({"to": "original", "within": 0.1}, kept, split="retain")
    assert [one.outcome for one in (holds, one_sided, of_kept)] == [
        Outcome.PASS,
        Outcome.FAIL,
        Outcome.FAIL,
    ]
    assert {one.explanation for one in (holds, one_sided, of_kept)} == {"Why."}


def test_a_figure_without_its_baseline_says_which_was_not_measured() -> None:
    found = check({"to": "original", "at_most": 0.1}, {FORGET: 0.2})
    assert found.outcome is Outcome.CANNOT_TELL
    assert found.observed == 0.2
    assert found.explanation.endswith(
        "No figure to compare with: what it was before unlearning was not measured."
    )


def test_a_figure_that_the_audit_does_not_have_says_so() -> None:
    found = check({"to": "holdout", "at_most": 0.1}, FORGOTTEN, metric="truth_ratio")
    assert found.explanation == "Why. Not measured: the audit holds no such finite figure."


def test_a_reason_written_over_lines_is_printed_in_one() -> None:
    found = check({"to": "absolute", "at_most": 0.5}, {FORGET: 0.2}, explanation="So\n  it is.")
    assert found.explanation == "So it is."


def test_what_an_interval_cannot_tell_is_said_after_the_rules_own_reason() -> None:
    compare = {"to": "holdout", "within": 0.1, "by": "interval"}
    found = check(compare, {FORGET: 0.2}, explanation="Why.")
    assert found.explanation.startswith("Why. No figure to compare with")
    wide = audit({FORGET: 0.2, HOLDOUT: 0.15})
    unsure = [one.model_copy(update={"low": -0.5, "high": 0.5}) for one in wide.differences]
    [told, _] = judge(
        rule(compare), "d", wide.model_copy(update={"differences": tuple(unsure)})
    ).checks
    assert told.outcome is Outcome.CANNOT_TELL
    assert told.explanation.startswith("Why. With 24 records and 24 never seen")


def words(compare: dict[str, object], **fields: object) -> tuple[str, str, str]:
    found, _ = explained(rule(compare, **fields))
    return found.passes, found.cannot_tell, found.counts


@pytest.mark.parametrize(
    ("compare", "passes"),
    [
        ({"to": "absolute", "at_most": 0.5}, "the figure is at most 0.5; equality passes."),
        (
            {"to": "holdout", "at_least": 0.5},
            "the figure minus the baseline is at least +0.5; equality passes.",
        ),
        (
            {"to": "holdout", "within": 0.1},
            "the figure minus the baseline is between -0.1 and +0.1; equality passes.",
        ),
        (
            {"to": "holdout", "within": 0.1, "by": "interval"},
            "the whole interval of the figure minus the baseline lies between -0.1 and +0.1; "
            "it fails where all lies outside.",
        ),
        (
            {"to": "absolute", "at_most": 0.5, "by": "interval"},
            "the whole interval of the figure lies at most 0.5; it fails where all lies outside.",
        ),
    ],
)
def test_what_passes_is_said_with_its_bound(compare: dict[str, object], passes: str) -> None:
    assert words(compare)[0] == passes


AT_MOST = {"to": "absolute", "at_most": 0.5}
ORIGINAL = {"to": "original", "at_least": -0.1}


@pytest.mark.parametrize(
    ("compare", "fields", "reasons"),
    [
        (AT_MOST, {}, ["only where the audit has no such figure"]),
        ({**AT_MOST, "by": "interval"}, {}, ["the interval lies there only in part"]),
        ({"to": "reference", "at_most": 0.1}, {}, ["no retrained reference was given"]),
        (
            AT_MOST,
            {"metric": "forget_quality"},
            ["no retrained reference", "no record here has perturbed texts"],
        ),
        (AT_MOST, {"metric": "priv_leak"}, ["no retrained reference"]),
        (AT_MOST, {"metric": "membership_auc_reference"}, ["no retrained reference"]),
        (AT_MOST, {"metric": "priv_leak", "requires_reference": True}, ["only where the audit"]),
        (AT_MOST, {"metric": "membership_auc_loss"}, ["only where the audit"]),
        (AT_MOST, {"metric": "truth_ratio"}, ["no record here has perturbed texts or decoys"]),
        (
            ORIGINAL,
            {"metric": "model_utility", "split": "retain"},
            ["no record here has perturbed texts"],
        ),
        (AT_MOST, {"metric": "decoy_auc"}, ["the holdout is made of decoys"]),
        (AT_MOST, {"metric": "decoy_test"}, ["the holdout is made of decoys"]),
        (AT_MOST, {"metric": "decoy_first"}, ["no personal value was found"]),
        (AT_MOST, {"metric": "pii_leakage"}, ["no personal value was found"]),
        (ORIGINAL, {"split": "neighbour"}, ["no kept record is like the forgotten ones"]),
        ({**ORIGINAL, "by": "interval"}, {"split": "neighbour"}, ["the interval lies there"]),
        (ORIGINAL, {"split": "retain"}, ["only where the audit has no such figure"]),
        (AT_MOST, {"under": "int4"}, ["the attack was not made (--attacks quantization)"]),
    ],
)
def test_what_keeps_anybody_from_telling_is_named_and_nothing_else(
    compare: dict[str, object], fields: dict[str, object], reasons: list[str]
) -> None:
    told = words(compare, **fields)[1]
    said = told.removesuffix(".").split("; ")
    assert told.endswith(".")
    assert len(said) == len(reasons)
    assert all(one.startswith(reason) for reason, one in zip(reasons, said, strict=True))


def test_what_a_rule_counts_for_begins_with_when_it_is_not_counted() -> None:
    needs = {"requires_reference": True, "requires_holdout": True}
    both = words(AT_MOST, **needs)[2]
    assert both == (
        "Not counted without a retrained reference. "
        "Not counted where decoys stand in for never-seen records. "
        "It decides: broken is exit code 1; cannot tell is 3, where nothing is broken."
    )
    parts = words(ORIGINAL, split="rest", severity="warn", requires_holdout=True)[2]
    assert parts.startswith(
        "Not counted where decoys stand in for never-seen records. "
        "Not counted where no record was forgotten in part. It only warns"
    )
