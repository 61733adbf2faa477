"""Whose values the audit asks for: the subject's under its name, a stranger's under any name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from unlearnkit.audit.targets import Target
from unlearnkit.corpus.nlp import EMAIL, LOCATION, PERSON, Analyzer, NlpSettings, load_analyzer
from unlearnkit.corpus.values import PersonalValue
from unlearnkit.domain import (
    Certainty,
    Evidence,
    ForgetSet,
    IdentifierKind,
    Located,
    Match,
    Record,
    Split,
)
from unlearnkit.pipeline.material import Material
from unlearnkit.pipeline.personal import (
    beside,
    fullest,
    named_in,
    personal_targets,
    rankable,
    subject_names,
)

FIRST = Record(id="f1", text="Zoltana Quibble, zoltana@quibble.example, wants a lamp.")
SECOND = Record(id="f2", text="Zoltana again: parcel T3014738 is late.")
STRANGER = Record(id="h1", text="Robert Smith from London: r.smith@quibble.example.", group="t")
THREAD = Record(id="h2", text="Parcel T4014738 is late.", group="t")
NOBODY = Record(id="h3", text="Ticket T5014738 is late.")
FORGOTTEN = ForgetSet(corpus_digest="c" * 64, records={"request": ("f1", "f2")})


def match(record: Record, name: str) -> Match:
    start = record.content.index(name)
    return Match(
        request_id="request",
        record_id=record.id,
        certainty=Certainty.CERTAIN,
        score=1.0,
        evidence=(
            Evidence(
                kind=IdentifierKind.NAME,
                how="exact",
                start=start,
                end=start + len(name),
                recogniser="",
            ),
        ),
        reason="",
    )


FOUND = Located(
    request_id="request",
    corpus_digest="c" * 64,
    matches=(match(FIRST, "Zoltana Quibble"), match(SECOND, "Zoltana")),
    record_count=5,
)


@pytest.fixture(scope="module")
def targets(analyzer: Analyzer) -> dict[Split, tuple[Target, ...]]:
    material = Material((FIRST, SECOND), (), (STRANGER, THREAD, NOBODY), "given")
    return personal_targets(material, FORGOTTEN, [FOUND], analyzer, seed=0).asked


def test_every_record_of_a_subject_is_asked_under_the_fullest_name_that_was_found(
    targets: dict[Split, tuple[Target, ...]],
) -> None:
    forget = targets[Split.FORGET]
    assert {one.person for one in forget} == {"Zoltana Quibble"}
    assert {one.record.id for one in forget} == {"f1", "f2"}
    texts = {one.value.text for one in forget}
    assert {"zoltana@quibble.example", "T3014738"} <= texts


def test_what_the_search_found_is_asked_for_though_detection_missed_it(
    patterns_only: Analyzer,
) -> None:
    material = Material((FIRST, SECOND), (), (STRANGER,), "given")
    found = personal_targets(material, FORGOTTEN, [FOUND], patterns_only, seed=0).asked
    assert "Zoltana Quibble" in {one.value.text for one in found[Split.FORGET]}


def test_numbers_are_read_in_the_regions_that_the_index_was_made_with() -> None:
    swiss = load_analyzer(NlpSettings(engine="patterns", regions=("CH",)))
    records = (replace(FIRST, text="Zoltana Quibble: 044 668 18 00"), SECOND)
    material = Material(records, (), (STRANGER,), "given")
    forget = personal_targets(material, FORGOTTEN, [FOUND], swiss, seed=0).asked[Split.FORGET]
    assert [one.value.text for one in forget if one.said_in("+41446681800")] == ["044 668 18 00"]


def test_a_never_seen_record_is_asked_under_its_own_name_its_threads_or_anothers(
    targets: dict[Split, tuple[Target, ...]],
) -> None:
    people = {one.record.id: one.person for one in targets[Split.HOLDOUT]}
    assert people == dict.fromkeys(("h1", "h2", "h3"), "Robert Smith")


def test_a_subject_whose_name_no_record_has_is_asked_under_none(patterns_only: Analyzer) -> None:
    nameless = Located(request_id="request", corpus_digest="c" * 64, matches=(), record_count=2)
    material = Material((SECOND,), (), (NOBODY,), "given")
    forgotten = ForgetSet(corpus_digest="c" * 64, records={"request": ("f2",)})
    found = personal_targets(material, forgotten, [nameless], patterns_only, seed=0).asked
    assert [one.person for one in found[Split.FORGET]] == [""]
    assert [one.person for one in found[Split.HOLDOUT]] == [""]


def test_a_name_counts_for_the_request_that_has_the_record() -> None:
    """Records that mention a subject may be another subject's."""
    owner = {"f1": "another", "f2": "request"}
    assert subject_names([FIRST, SECOND], owner, [FOUND]) == {"request": "Zoltana"}


def test_the_fullest_name_has_the_most_words_and_then_occurs_most_often() -> None:
    assert fullest(["Kate", "Kate", "Kate Ceri", "Katherine Ceri", "Katherine Ceri"]) == (
        "Katherine Ceri"
    )


def test_names_are_those_of_the_record_before_those_of_its_thread() -> None:
    def named(record: Record, text: str, entity: str = PERSON) -> PersonalValue:
        return PersonalValue(record.id, entity, 0, len(text), text, ())

    values = [named(STRANGER, "Robert Smith"), named(NOBODY, "n@quibble.example", EMAIL)]
    assert named_in([STRANGER, THREAD, NOBODY], values) == {
        "h1": "Robert Smith",
        "h2": "Robert Smith",
    }
    own = [*values, named(THREAD, "Ann")]
    assert named_in([STRANGER, THREAD], own)["h2"] == "Ann"


def test_a_value_is_asked_for_beside_the_kept_records_most_like_its_own() -> None:
    record = Record(id="a", text="the notary of Lisbon met Mira")
    value = PersonalValue("a", PERSON, 25, 29, "Mira", ())
    kept = [
        Record(id="b", text="zebra"),
        Record(id="c", text="a notary", prompt="who is in Lisbon?"),
    ]
    [found] = beside([Target(record, value, "")], kept)
    assert found.near == (kept[1].content,)
    assert beside([], kept) == ()


def test_a_value_is_ranked_once_and_never_after_the_record_has_said_it() -> None:
    """Neither where the question names it, nor again in another record."""
    first = Record(id="a", text="Mira Holt lives in Oslo.", prompt="Where does Mira Holt live?")
    second = Record(id="b", text="Oslo it is, wrote Emil Prado.")
    others = tuple(f"Town{letter}" for letter in "abcdefgh")

    def value(record: Record, text: str, entity: str) -> PersonalValue:
        start = record.text.index(text)
        return PersonalValue(record.id, entity, start, start + len(text), text, others)

    values = [
        value(first, "Mira Holt", PERSON),
        value(first, "Oslo", LOCATION),
        value(second, "Oslo", LOCATION),
        value(second, "Emil Prado", PERSON),
    ]
    found = rankable([first, second], values, seed=0)
    assert [(one.record.id, one.value.text) for one in found] == [
        ("a", "Oslo"),
        ("b", "Emil Prado"),
    ]
    assert len(rankable([first, second], values, seed=0, limit=1)) == 1
