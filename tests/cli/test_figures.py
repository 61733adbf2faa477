"""What the terminal shows of an audit: every figure with n and its interval, whatever its width."""

from __future__ import annotations

import pytest

from tests.report import sample
from tests.report.sample_full import full
from unlearnkit.cli.figures import (
    METRICS,
    REQUESTS_SHOWN,
    out,
    show_audit,
    show_people,
    show_verdict,
)
from unlearnkit.domain import AuditResult, Measurement, ModelRole, Outcome, Split

NARROW = 80


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(out, "width", NARROW)


@pytest.fixture
def audit() -> AuditResult:
    """With everything an audit can hold."""
    return full()


def shown(text: str) -> list[list[str]]:
    """The cells of each printed line of a table."""
    return [
        [cell.strip() for cell in line.split("│")[1:-1]]
        for line in text.splitlines()
        if "│" in line
    ]


def interval(one: Measurement) -> str:
    if one.low is None or one.high is None:
        return ""
    places = 2 if one.split is Split.UTILITY else 3
    return f"{one.low:.{places}f}-{one.high:.{places}f}"


def test_every_figure_stands_with_its_n_and_interval_under_every_model(
    audit: AuditResult, capsys: pytest.CaptureFixture[str]
) -> None:
    show_audit(audit)
    lines = shown(capsys.readouterr().out)
    pairs = list(zip(lines, [*lines[1:], []], strict=True))
    told = 0
    for metric in METRICS:
        for split in Split:
            found = [audit.measurement(metric, split, role) for role in ModelRole]
            measured = [one for one in found if one is not None and one.value is not None]
            if len(measured) < len(ModelRole):
                continue
            figures = [f"{one.value:.3f}" for one in measured]
            count = str(max(one.n for one in measured))
            below = [
                after[3:]
                for line, after in pairs
                if line[0] == split and line[2:] == [count, *figures]
            ]
            assert below, (metric, split)
            if any(map(interval, measured)):
                assert list(map(interval, measured)) in below
                told += 1
    assert told >= 30


@pytest.mark.parametrize(
    ("metric", "split"),
    [
        ("truth_ratio", Split.RETAIN),
        ("exact_memorization", Split.NEIGHBOUR),
        ("model_utility", Split.RETAIN),
        ("degenerate", Split.FORGET),
        ("membership_auc_loss", Split.RETAIN),
        ("membership_auc_min_k_plus_plus", Split.NEIGHBOUR),
        ("perplexity", Split.UTILITY),
    ],
)
def test_what_forgetting_may_cost_who_stays_is_among_them(
    audit: AuditResult, metric: str, split: Split, capsys: pytest.CaptureFixture[str]
) -> None:
    show_audit(audit)
    words = " ".join(capsys.readouterr().out.split())
    for role in (ModelRole.ORIGINAL, ModelRole.UNLEARNED):
        one = audit.measurement(metric, split, role)
        assert one is not None and one.value is not None
        assert f"{one.value:.3f}" in words and interval(one) in words


def test_no_line_is_wider_than_the_terminal_and_no_figure_is_cut(
    audit: AuditResult, capsys: pytest.CaptureFixture[str]
) -> None:
    show_audit(audit)
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= NARROW
    assert "…" not in printed


def test_under_attack_both_sides_have_their_n(
    audit: AuditResult, capsys: pytest.CaptureFixture[str]
) -> None:
    show_audit(audit)
    lines = shown(capsys.readouterr().out)
    rows = {line[0]: line for line in lines}
    assert rows["int4"][1:4] == ["24, 24", "0.830", "0.160"]
    assert rows["no attack"][1] == f"{sample.SIZES[Split.FORGET]}, {sample.SIZES[Split.HOLDOUT]}"
    assert ["relearned", "-, -", "-"] in [line[:3] for line in lines]


def test_each_person_stands_by_itself(
    audit: AuditResult, capsys: pytest.CaptureFixture[str]
) -> None:
    show_people(audit)
    rows = {line[0]: line for line in shown(capsys.readouterr().out)}
    for request in sample.REQUESTS:
        own = [one for one in audit.records if request in one.request_ids]
        means = []
        for role in (ModelRole.ORIGINAL, ModelRole.UNLEARNED, ModelRole.REFERENCE):
            some = [one.exact_memorization for one in own if one.model is role]
            means.append(f"{sum(some) / len(some):.3f}")
        after = [one for one in own if one.model is ModelRole.UNLEARNED]
        worst = f"{max(one.extraction_strength for one in after):.3f}"
        assert rows[request[:8]][1:6] == [str(len(after)), *means, worst]
        assert rows[request[:8]][6].endswith(f" of {sum(one.values or 0 for one in after)}")


def test_of_many_people_some_are_shown_and_the_rest_counted(
    audit: AuditResult, capsys: pytest.CaptureFixture[str]
) -> None:
    [one, *_] = [one for one in audit.records if one.split is Split.FORGET]
    many = tuple(
        one.model_copy(update={"request_ids": (f"{at:08d}-0000",)})
        for at in range(REQUESTS_SHOWN + 3)
    )
    show_people(audit.model_copy(update={"records": many}))
    printed = capsys.readouterr().out
    assert "00000019" in printed and "00000020" not in printed
    assert "and 3 more; --json has all" in printed


def test_without_requests_there_is_no_such_table(
    audit: AuditResult, capsys: pytest.CaptureFixture[str]
) -> None:
    show_people(audit.model_copy(update={"records": ()}))
    assert capsys.readouterr().out == ""


def test_each_check_says_what_so_few_records_could_have_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    verdict = sample.verdict()
    checks = tuple(one.model_copy(update={"detectable": None}) for one in verdict.checks[1:])
    first = verdict.checks[0].model_copy(update={"detectable": 0.0427})
    show_verdict(verdict.model_copy(update={"checks": (first, *checks)}))
    words = " ".join(capsys.readouterr().out.split())
    assert words.count("could have seen") == 1
    assert "could have seen 0.043" in words


def test_words_of_a_policy_begin_no_line_and_hold_no_control_character(
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = "word " * 30
    given = sample.verdict()
    hostile = f"{long}::error::a\x1b[31m[red]b"
    check = given.checks[0].model_copy(update={"outcome": Outcome.FAIL, "explanation": hostile})
    policy = f"x\n::error::c {hostile}"
    verdict = given.model_copy(update={"policy": policy, "checks": (check,)})
    show_verdict(verdict)
    said = capsys.readouterr().out
    assert not any(line.lstrip().startswith("::") for line in said.splitlines())
    assert "\x1b" not in said
    assert "[red]b" in said
