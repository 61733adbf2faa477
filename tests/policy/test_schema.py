from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit import resources
from unlearnkit.errors import BadInput
from unlearnkit.policy.files import shipped as policies
from unlearnkit.policy.schema import METRICS, UNDER, Policy, load_policy

GOOD = """\
version: 1
name: mine
description: what we ask for
rules:
  - id: one
    metric: exact_memorization
    split: forget
    severity: fail
    compare: {to: holdout, within: 0.1}
    explanation: why
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_policy_is_read(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, GOOD))
    assert policy.rules[0].compare.within == 0.1
    assert policy.rules[0].requires_reference is False


@pytest.mark.parametrize("name", policies())
def test_the_shipped_policies_are_read_and_carry_their_own_name(name: str) -> None:
    policy = load_policy(resources.find("policies", f"{name}.yaml"))
    assert policy.name == name
    assert {rule.metric for rule in policy.rules} <= set(METRICS)


def test_only_the_strict_and_research_policies_insist_on_a_reference() -> None:
    def insists(name: str) -> bool:
        rules = load_policy(resources.find("policies", f"{name}.yaml")).rules
        return any(r.compare.to == "reference" and not r.requires_reference for r in rules)

    assert [insists(name) for name in ("default", "strict", "research")] == [False, True, True]


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("metric: exact_memorization", "metric: exact_memorisation", 6, "did you mean 'exact_mem"),
        ("split: forget", "split: everything", 7, "forget"),
        ("severity: fail", "severity: fatal", 8, "fail"),
        ("within: 0.1", "within: 0.1, at_most: 0.1", 9, "exactly one"),
        ("within: 0.1", "within: -0.1", 9, "negative"),
        ("within: 0.1", "within: .nan", 9, "finite"),
        ("within: 0.1", "within: yes", 9, "number"),
        ("to: holdout", "to: absolute", 9, "near"),
        ("to: holdout", "to: somewhere", 9, "absolute"),
        ("within: 0.1", "within: 0.1, by: luck", 9, "interval"),
        (
            "metric: exact_memorization\n    split: forget\n    severity: fail\n"
            "    compare: {to: holdout, within: 0.1",
            "metric: max_extraction_strength\n    split: forget\n    severity: fail\n"
            "    compare: {to: holdout, within: 0.1, by: interval",
            5,
            "has no interval",
        ),
        ("    explanation: why\n", "", 5, "explanation"),
        ("    explanation: why\n", "    explanation: why\n    colour: red\n", 11, "colour"),
        ("    explanation: why\n", "    explanation: why\n    id: two\n", 11, "given twice"),
        ("version: 1", "version: 2", 1, "version"),
        ("severity: fail", "severity: warn", 1, "nothing could ever fail"),
        ("split: forget", "split: holdout", 5, "itself"),
        ("metric: exact_memorization", "metric: forget_quality", 5, "absolute"),
        ("metric: exact_memorization", "metric: membership_auc_loss", 5, "already compares"),
        ("metric: exact_memorization", "metric: model_utility", 5, "records to keep"),
        ("metric: exact_memorization", "metric: priv_leak", 5, "already compares"),
        ("metric: exact_memorization", "metric: perplexity", 5, "split: utility"),
        ("split: forget", "split: utility", 5, "split: utility"),
        ("split: forget", "split: tasks", 5, "harness"),
        (
            "metric: exact_memorization\n    split: forget",
            "metric: perplexity\n    split: utility",
            5,
            "no holdout",
        ),
        (
            "metric: exact_memorization\n    split: forget\n    severity: fail\n"
            "    compare: {to: holdout",
            "metric: membership_auc_reference\n    split: forget\n    severity: fail\n"
            "    compare: {to: reference",
            5,
            "already compares with the reference",
        ),
        (
            "metric: exact_memorization\n    split: forget",
            "metric: model_utility\n    split: retain",
            5,
            "records to keep",
        ),
        (
            "metric: exact_memorization\n    split: forget",
            "metric: pii_leakage\n    split: retain",
            5,
            "measured on the forget and the holdout records",
        ),
        (
            "metric: exact_memorization\n    split: forget",
            "metric: decoy_first\n    split: retain",
            5,
            "measured on the forget and the holdout records",
        ),
        (
            "metric: exact_memorization\n    split: forget",
            "metric: logit_lens_10\n    split: retain",
            5,
            "measured on the forget and the holdout records",
        ),
        (
            "metric: exact_memorization\n    split: forget",
            "metric: decoy_auc\n    split: holdout",
            5,
            "already compares with the holdout",
        ),
        ("name: mine", "name: [mine", 3, "YAML"),
        ("version: 1", "version: true", 1, "not yes/no"),
        ("name: mine", 'name: "mine\\nOutcome: pass"', 2, "one line of printable"),
        ("name: mine", 'name: "mine\\e[2K"', 2, "one line of printable"),
        ("within: 0.1", 'within: "0_5"', 9, "without quotation marks"),
        ("within: 0.1", "within: 010", 9, "another number than it seems"),
        ("within: 0.1", "within: 1:30", 9, "another number than it seems"),
        ("within: 0.1", "within: 0x10", 9, "another number than it seems"),
        ("within: 0.1", "within: 1_0", 9, "another number than it seems"),
        ("name: mine", "name: &a mine\ndescription: *a", 3, "refers to another place"),
    ],
)
def test_a_bad_field_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(BadInput) as caught:
        load_policy(path)
    assert (caught.value.where, caught.value.line) == (str(path), line)
    assert says in caught.value.what


@pytest.mark.parametrize(
    ("field", "kind", "known"),
    [("metric: exact_memorization", "metric", METRICS), ("under: zz", "attack", UNDER)],
)
def test_a_name_like_no_other_is_answered_with_all_there_are(
    tmp_path: Path, field: str, kind: str, known: dict[str, str]
) -> None:
    line = "metric: exact_memorization"
    text = GOOD.replace(line, "metric: zz" if kind == "metric" else f"{line}\n    {field}")
    with pytest.raises(BadInput) as caught:
        load_policy(write(tmp_path, text))
    assert f"unknown {kind} 'zz'; known: {', '.join(known)}" in caught.value.what


@pytest.mark.parametrize("text", ["", "- a list\n", "just words\n", "&a [*a]\n"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput):
        load_policy(write(tmp_path, text))


def test_who_writes_no_yaml_is_sent_to_the_policy_that_explains_every_field(
    tmp_path: Path,
) -> None:
    with pytest.raises(BadInput) as caught:
        load_policy(write(tmp_path, "rules: [\n"))
    assert caught.value.fix.startswith("The shipped default policy")


def test_a_missing_file_and_bad_utf8_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        load_policy(tmp_path / "nowhere.yaml")
    (tmp_path / "latin.yaml").write_bytes("name: Zürich".encode("latin-1"))
    with pytest.raises(BadInput, match="UTF-8"):
        load_policy(tmp_path / "latin.yaml")


def test_a_bad_field_is_told_with_the_id_of_its_rule(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="rule 'one', severity: has to be 'fail' or 'warn'"):
        load_policy(write(tmp_path, GOOD.replace("severity: fail", "severity: bad")))


def test_two_rules_of_one_id_are_refused(tmp_path: Path) -> None:
    rule = GOOD[GOOD.index("  - id") :]
    with pytest.raises(BadInput, match="rule 'one', id: used twice: rule 1 has it") as caught:
        load_policy(write(tmp_path, GOOD + rule))
    assert caught.value.line == 11


@given(st.text(max_size=80))
def test_any_text_is_a_policy_or_bad_input(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("policy") / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        assert isinstance(load_policy(path), Policy)
    except BadInput as error:
        assert str(path) in str(error)
