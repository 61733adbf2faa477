"""What `policy check` finds in rules, by themselves and together."""

from __future__ import annotations

from pathlib import Path

import pytest

from unlearnkit.errors import BadInput
from unlearnkit.policy.checking import RANGES, Diagnostic, check_policy
from unlearnkit.policy.files import shipped as policies
from unlearnkit.policy.schema import METRICS
from unlearnkit.resources import shipped

HEAD = "version: 1\nname: mine\ndescription: what we ask for\nrules:\n"


def rule(name: str, compare: str, **fields: str) -> str:
    """One rule on four lines."""
    usual = {"metric": "exact_memorization", "split": "forget", "severity": "fail"}
    inline = ", ".join(f"{key}: {value}" for key, value in (usual | fields).items())
    lines = (f"- {{id: {name}", inline, f"compare: {{{compare}}}", "explanation: why}\n")
    return "  " + ",\n     ".join(lines)


def check(folder: Path, *rules: str) -> list[Diagnostic]:
    path = folder / "policy.yaml"
    path.write_text(HEAD + "".join(rules), encoding="utf-8")
    return check_policy(path)


@pytest.mark.parametrize("name", policies())
def test_there_is_nothing_to_find_in_what_ships(name: str) -> None:
    assert check_policy(shipped("policies") / f"{name}.yaml") == []


@pytest.mark.parametrize(
    ("rules", "where", "says"),
    [
        (
            (rule("one", "to: holdout, at_most: 0.1"), rule("two", "to: holdout, at_least: 0.2")),
            (9, "error", "two"),
            "contradicts 'one' (line 5): no figure meets both",
        ),
        (
            (
                rule("one", "to: holdout, within: 0.1, by: interval"),
                rule("two", "to: holdout, at_least: 0.2", severity="warn"),
            ),
            (9, "error", "two"),
            "contradicts 'one'",
        ),
        (
            (rule("one", "to: holdout, within: 0.1"), rule("two", "to: holdout, within: 0.1")),
            (9, "error", "two"),
            "the same demand as 'one' (line 5)",
        ),
        (
            (rule("one", "to: absolute, at_most: -1"),),
            (5, "error", "one"),
            "no model can meet this rule",
        ),
        (
            (rule("one", "to: absolute, at_most: 0.9", metric="perplexity", split="utility"),),
            (5, "error", "one"),
            "perplexity: it lies between 1 and inf",
        ),
        (
            (rule("one", "to: holdout, at_most: 1"),),
            (5, "warning", "one"),
            "every model meets this rule",
        ),
        (
            (
                rule("loose", "to: holdout, at_most: 0.2", severity="warn"),
                rule("strict", "to: holdout, within: 0.1"),
            ),
            (5, "warning", "loose"),
            "decides nothing beside 'strict' (line 9)",
        ),
        (
            (rule("one", "to: reference, within: 0.1", requires_reference="true"),),
            (4, "warning", ""),
            "without a retrained reference no rule decides",
        ),
    ],
)
def test_rules_that_cannot_stand_together_are_found_with_their_line(
    tmp_path: Path, rules: tuple[str, ...], where: tuple[int, str, str], says: str
) -> None:
    [found] = check(tmp_path, *rules)
    assert (found.line, found.level, found.rule) == where
    assert says in found.what


@pytest.mark.parametrize(
    "rules",
    [
        (rule("one", "to: holdout, at_most: 0.1"), rule("two", "to: holdout, at_least: 0.1")),
        (rule("one", "to: holdout, at_most: 0.1"), rule("two", "to: original, at_least: 0.2")),
        (
            rule("one", "to: holdout, at_most: 0.1"),
            rule("two", "to: holdout, at_least: 0.2", under="int4"),
        ),
        (
            rule("one", "to: holdout, at_most: 0.1"),
            rule("two", "to: holdout, at_least: 0.2", split="retain"),
        ),
        # The looser one decides where the stricter one does not, or warns only.
        (
            rule("one", "to: holdout, within: 0.05, by: interval"),
            rule("two", "to: holdout, within: 0.1"),
        ),
        (
            rule("one", "to: holdout, within: 0.05", severity="warn"),
            rule("two", "to: holdout, within: 0.1"),
        ),
        (
            rule("one", "to: reference, within: 0.05", requires_reference="true"),
            rule("two", "to: reference, within: 0.1"),
        ),
    ],
)
def test_rules_that_each_say_something_are_let_be(tmp_path: Path, rules: tuple[str, ...]) -> None:
    assert check(tmp_path, *rules) == []


def test_every_bad_rule_is_found_at_once_with_its_line_and_name(tmp_path: Path) -> None:
    found = check(
        tmp_path,
        rule("one", "to: holdout, within: 0.1", metric="exact_memorisation"),
        rule("two", "to: holdout, within: 0.1"),
        rule("three", "to: absolute, at_most: 0.1", metric="pii_leakage", split="retain"),
        rule("four", "to: holdout, within: 0.1, by: interval", metric="max_extraction_strength"),
        "  - just words\n",
    )
    assert [(one.line, one.level, one.rule) for one in found] == [
        (6, "error", "one"),
        (13, "error", "three"),
        (17, "error", "four"),
        (21, "error", ""),
    ]
    assert "did you mean 'exact_memorization'?" in found[0].what
    assert "is measured on the forget and the holdout records" in found[1].what
    assert "has no interval" in found[2].what


def test_a_policy_whose_only_rule_is_bad_is_not_called_empty_besides(tmp_path: Path) -> None:
    [found] = check(tmp_path, rule("one", "to: holdout, within: 0.1", metric="memorisation"))
    assert (found.line, found.rule) == (6, "one")
    [found] = check(tmp_path, "  []\n")
    assert (found.line, found.rule, found.what) == (4, "", "rules: is empty")


@pytest.mark.parametrize(("identity", "named"), [("", ""), ("id: 7, ", "7"), ("id: 'A', ", "A")])
def test_a_bad_rule_is_named_as_far_as_it_has_a_name(
    tmp_path: Path, identity: str, named: str
) -> None:
    found = check(tmp_path, f"  - {{{identity}metric: exact_memorization}}\n")
    assert {one.rule for one in found if one.line == 5} == {named}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("{id: one, severity: bad}", "severity: has to be 'fail' or 'warn'"),
        ("{id: one, colour: red}", "colour: is not known here"),
        ("{id: one}", "explanation: is missing"),
        (
            "{id: one, compare: {at_most: x}}",
            "compare.at_most: has to be a number, as 0.05: without quotation marks or exponent",
        ),
        ("{id: one, explanation: ''}", "explanation: is empty"),
        ("{id: one, explanation: 7}", "explanation: has to be text"),
        ("{metric: probability}", "rule 1, explanation: is missing"),
        ("words", "rule 1: has to be a mapping: 'name: value' lines"),
    ],
)
def test_what_is_wrong_is_said_in_words_of_the_file(tmp_path: Path, given: str, says: str) -> None:
    found = check(tmp_path, f"  - {given}\n")
    assert says in [one.what for one in found]


def test_an_id_is_found_at_each_rule_that_has_it_again(tmp_path: Path) -> None:
    bounds = (0.1, 0.2, 0.3, 0.4)
    names = ("one", "two", "one", "one")
    rules = [rule(name, f"to: holdout, within: {b}") for name, b in zip(names, bounds, strict=True)]
    found = check(tmp_path, *rules)
    assert [(one.line, one.rule) for one in found] == [(13, "one"), (17, "one")]
    assert {one.what for one in found} == {"id: used twice: rule 1 has it"}


def test_what_is_wrong_with_the_file_is_no_rules(tmp_path: Path) -> None:
    found = check(tmp_path, rule("one", "to: holdout, within: 0.1"), "colour: red\n")
    assert [(one.line, one.level, one.rule) for one in found] == [(9, "error", "")]


@pytest.mark.parametrize(
    ("compare", "fields", "says"),
    [
        (
            "to: absolute, at_most: 1",
            {},
            "every model meets this rule, exact_memorization: it lies",
        ),
        ("to: absolute, at_least: 0", {}, "every model meets"),
        ("to: absolute, at_least: 1.01", {}, "no model can meet"),
        ("to: absolute, at_most: -0.01", {}, "it lies between 0 and 1"),
        ("to: holdout, within: 1", {}, "every model meets"),
        ("to: holdout, at_least: -1", {}, "every model meets"),
        ("to: holdout, at_most: -1.01", {}, "the difference lies between -1 and 1"),
        ("to: holdout, at_least: 1.01", {}, "no model can meet"),
        ("to: absolute, at_least: 1", {"metric": "perplexity", "split": "utility"}, "every model"),
        ("to: absolute, at_most: -101", {"metric": "priv_leak"}, "it lies between -100 and inf"),
        # At the edge of what can be, a rule still decides.
        ("to: absolute, at_most: 0", {}, ""),
        ("to: absolute, at_least: 1", {}, ""),
        ("to: absolute, at_most: 0.99", {}, ""),
        ("to: absolute, at_least: 0.01", {}, ""),
        ("to: holdout, at_most: -1", {}, ""),
        ("to: holdout, at_least: 1", {}, ""),
        ("to: holdout, within: 0.99", {}, ""),
        ("to: absolute, at_most: 1", {"metric": "perplexity", "split": "utility"}, ""),
    ],
)
def test_a_rule_by_itself_is_held_against_what_its_figure_can_be(
    tmp_path: Path, compare: str, fields: dict[str, str], says: str
) -> None:
    found = check(tmp_path, rule("one", compare, **fields))
    assert len(found) == bool(says)
    assert all(says in one.what and one.rule == "one" for one in found)


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ("to: holdout, at_most: 0.1", "to: holdout, at_most: 0.2", ["'first'"]),
        ("to: holdout, at_most: 0.2", "to: holdout, at_most: 0.1", ["'second'"]),
        ("to: holdout, at_least: -0.1", "to: holdout, at_least: -0.2", ["'first'"]),
        ("to: holdout, within: 0.1", "to: holdout, at_most: 0.1", ["'first'"]),
        ("to: holdout, within: 0.1", "to: holdout, at_least: -0.1", ["'first'"]),
        # Neither lies within the other.
        ("to: holdout, within: 0.1", "to: holdout, at_most: 0.05", []),
        ("to: holdout, within: 0.1", "to: holdout, at_least: 0.0", []),
    ],
)
def test_the_looser_of_two_bounds_decides_nothing(
    tmp_path: Path, first: str, second: str, says: list[str]
) -> None:
    found = check(tmp_path, rule("first", first), rule("second", second))
    assert [one.what.split()[3] for one in found] == says
    assert {one.level for one in found} <= {"warning"}


def test_a_rule_is_warned_of_once_against_the_strictest_wherever_it_stands(
    tmp_path: Path,
) -> None:
    bounds = {"c": 0.3, "a": 0.1, "d": 0.4, "b": 0.2}
    found = check(tmp_path, *(rule(one, f"to: holdout, within: {b}") for one, b in bounds.items()))
    assert [one.rule for one in found] == ["c", "d", "b"]
    assert {one.what for one in found} == {"decides nothing beside 'a' (line 9)"}


def test_what_repeats_or_contradicts_several_is_told_of_the_first(tmp_path: Path) -> None:
    most, least = "to: holdout, at_most: 0.1", "to: holdout, at_least: 0.2"
    found = check(tmp_path, *(rule(one, most) for one in "abc"), rule("d", least))
    assert [(one.rule, one.what) for one in found] == [
        ("b", "the same demand as 'a' (line 5)"),
        ("c", "the same demand as 'a' (line 5)"),
        ("d", "contradicts 'a' (line 5): no figure meets both"),
    ]


@pytest.mark.parametrize(
    ("strict", "loose", "silent"),
    [
        ("fail", "fail", True),
        ("fail", "warn", True),
        ("warn", "warn", True),
        ("warn", "fail", False),
    ],
)
def test_a_stricter_rule_silences_one_that_weighs_no_more(
    tmp_path: Path, strict: str, loose: str, silent: bool
) -> None:
    found = check(
        tmp_path,
        rule("strict", "to: holdout, at_most: 0.1", severity=strict),
        rule("loose", "to: holdout, at_most: 0.2", severity=loose),
        rule("decides", "to: original, at_most: 0.1"),
    )
    assert [one.rule for one in found] == ["loose"] * silent


def test_two_bounds_that_share_one_number_contradict_in_neither_order(tmp_path: Path) -> None:
    least, most = "to: holdout, at_least: 0.1", "to: holdout, at_most: 0.1"
    assert check(tmp_path, rule("one", least), rule("two", most)) == []
    [found] = check(tmp_path, rule("one", "to: holdout, at_least: 0.2"), rule("two", most))
    assert found.what.startswith("contradicts 'one'")


def test_rules_on_other_figures_in_between_hide_no_contradiction(tmp_path: Path) -> None:
    [found] = check(
        tmp_path,
        rule("one", "to: holdout, at_most: 0.1"),
        rule("elsewhere", "to: holdout, at_most: 0.1", split="retain"),
        rule("two", "to: holdout, at_least: 0.2"),
    )
    assert (found.rule, found.line) == ("two", 13)


@pytest.mark.parametrize("needs", ["requires_reference", "requires_holdout"])
def test_a_stricter_rule_that_is_not_always_counted_leaves_the_looser_one_its_say(
    tmp_path: Path, needs: str
) -> None:
    strict = rule("strict", "to: holdout, at_most: 0.1", **{needs: "true"})
    loose = rule("loose", "to: holdout, at_most: 0.2")
    loose_too = rule("loose", "to: holdout, at_most: 0.2", **{needs: "true"})
    always = rule("always", "to: holdout, at_least: -0.3")
    assert check(tmp_path, strict, loose, always) == []
    assert [one.rule for one in check(tmp_path, strict, loose_too, always)] == ["loose"]


def test_the_same_demand_in_other_words_is_the_same_and_of_other_weight_is_not(
    tmp_path: Path,
) -> None:
    one = rule("one", "to: holdout, within: 0.1")
    other = rule("two", "to: holdout, within: 0.1").replace("why", "because")
    [found] = check(tmp_path, one, other)
    assert (found.rule, found.level) == ("two", "error")
    [found] = check(tmp_path, one, rule("two", "to: holdout, within: 0.1", severity="warn"))
    assert found.level == "warning" and found.what.startswith("decides nothing beside 'one'")


def test_findings_come_in_the_order_of_the_lines(tmp_path: Path) -> None:
    found = check(
        tmp_path,
        rule("one", "to: holdout, at_most: 0.2"),
        rule("two", "to: absolute, at_most: 1"),
        rule("three", "to: holdout, at_most: 0.1"),
        rule("four", "to: holdout, at_most: -1.5"),
    )
    assert [one.line for one in found] == sorted(one.line for one in found)
    assert {one.rule for one in found} == {"one", "two", "four", "three"}


def test_what_is_no_policy_at_all_is_refused_or_found(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("rules: [\n")
    with pytest.raises(BadInput, match="not valid YAML"):
        check_policy(path)
    path.write_text("rules: 3\n")
    assert {one.level for one in check_policy(path)} == {"error"}


def test_the_ranges_are_of_known_metrics() -> None:
    assert set(RANGES) <= set(METRICS)
