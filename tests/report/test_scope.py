"""What a report says of the turns of conversations that did not count."""

from __future__ import annotations

import json

import pytest

from tests.report import sample
from unlearnkit.domain import Turns, Unmeasured, UsersTurns
from unlearnkit.report.facts import Report, build_report
from unlearnkit.report.render import render_html, render_letter
from unlearnkit.report.scope import CONTEXT

RECITED = UsersTurns(
    conversations=1,
    exact_memorization=0.98,
    loss=0.07,
    unseen_conversations=6,
    unseen_exact_memorization=0.374,
    unseen_loss=4.3,
)
GUESSED = UsersTurns(conversations=3, exact_memorization=0.41, loss=3.0)


def report_of(turns: Turns | None, users_turns: UsersTurns | None = None) -> Report:
    run = sample.manifest().model_copy(update={"turns": turns, "users_turns": users_turns})
    return build_report(
        run, sample.audit(run), sample.verdict(), sample.requests(), created=sample.NOW
    )


@pytest.mark.parametrize(
    ("turns", "says"),
    [
        ("assistant", "neither forgotten nor measured (turns: assistant)"),
        ("all", "it was to be forgotten, and was measured (turns: all)"),
        ("none", "Prompts: context only"),
        (None, "unless the settings said"),
    ],
)
def test_whose_turns_counted_is_said_once_and_for_certain(turns: Turns | None, says: str) -> None:
    report = report_of(turns)
    [told] = [one for one in report.out_of_scope if one in CONTEXT.values()]
    assert says in told
    assert report.turns == turns


@pytest.mark.parametrize("turns", ["assistant", "all"])
def test_the_page_says_whose_turns_counted(turns: Turns) -> None:
    page = render_html(report_of(turns), "d" * 64, "k" * 64)
    assert page.count(f"(turns: {turns})") == 2  # where it is told how, and among the limits
    assert "(turns: " not in render_html(report_of("none"), "d" * 64, "k" * 64)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "was nutzer in gesprächen sagen"),
        ("fr", "ce que disent les utilisateurs"),
        ("es", "lo que dicen los usuarios"),
    ],
)
def test_letters_say_it_in_their_own_words(language: str, words: str) -> None:
    [request, *_] = sample.requests()
    lines = {}
    for turns in CONTEXT:
        letter = render_letter(report_of(turns), request.id, language=language)
        assert not any(one in letter for one in CONTEXT.values())
        [lines[turns]] = [
            one
            for one in letter.splitlines()
            if one.startswith(("- Fragen", "- Les questions", "- Las preguntas"))
        ]
    assert len(set(lines.values())) == len(CONTEXT)
    assert {one for one, line in lines.items() if words in line.lower()} == {
        *("assistant", "all"),
        None,
    }


def test_what_the_original_recited_is_a_limit_with_both_figures() -> None:
    [told] = [one for one in report_of("assistant", RECITED).out_of_scope if "original" in one[:20]]
    assert told == (
        "The original model recited what users said: exact memorization 0.98, token loss 0.1 nats "
        "on their turns in 1 conversation to forget; in 6 never-seen ones 0.37 and 4.3 nats. "
        "It was not made to forget that, and the other figures do not show it."
    )


def test_where_it_did_not_the_figures_are_given_all_the_same() -> None:
    [told] = [one for one in report_of("assistant", GUESSED).out_of_scope if "original" in one[:20]]
    assert told == (
        "The original model did not clearly recite what users said: exact memorization 0.41, token "
        "loss 3.0 nats on their turns in 3 conversations to forget; there were no never-seen ones "
        "to compare with."
    )


def test_conversations_that_were_not_measured_are_counted_with_why() -> None:
    unmeasured = (
        Unmeasured(why="length", conversations=2, unseen_conversations=1),
        Unmeasured(why="template", conversations=1, unseen_conversations=0),
    )
    some = GUESSED.model_copy(update={"unmeasured": unmeasured})
    [told] = [one for one in report_of("assistant", some).out_of_scope if "original" in one[:20]]
    assert told.endswith(
        "in 3 conversations to forget; no never-seen one could be measured to compare with. Not "
        "measured: 2 conversations to forget and 1 never-seen one (no token of what users say is "
        "within the longest sequence), 1 conversation to forget (the chat template does not show "
        "where what users say stands)."
    )


def test_where_none_was_measured_the_report_does_not_say_that_nothing_was_recited() -> None:
    none = UsersTurns(
        conversations=0,
        exact_memorization=None,
        loss=None,
        unmeasured=(Unmeasured(why="loss", conversations=4, unseen_conversations=0),),
    )
    [told] = [one for one in report_of("assistant", none).out_of_scope if "original" in one[:22]]
    assert told == (
        "Whether the original model recited what users said is not known. Not measured: 4 "
        "conversations to forget (the model’s loss on what users say is not a finite number)."
    )


def test_what_an_earlier_version_wrote_is_still_read() -> None:
    for made in (report_of("assistant", RECITED), sample.manifest()):
        older = json.loads(made.model_dump_json())
        del older["turns"], older["users_turns"]
        read = type(made).model_validate(older)
        assert (read.turns, read.users_turns) == (None, None)


def test_an_earlier_version_did_not_say_what_it_left_out() -> None:
    older = json.loads(RECITED.model_dump_json())
    del older["unmeasured"]
    read = UsersTurns.model_validate(older)
    assert read.unmeasured is None
    assert read == RECITED
