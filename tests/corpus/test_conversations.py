"""Chat records: read from every format, broken ones set aside, and their decoys."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.chats import conversation
from tests.corpus.files import corpus_of, lines, write
from unlearnkit.corpus.decoys import decoys
from unlearnkit.corpus.digests import digest_records
from unlearnkit.corpus.nlp import PERSON, Analyzer, Span
from unlearnkit.corpus.reader import Fields, read_corpus
from unlearnkit.domain import TURN, Record
from unlearnkit.errors import BadInput

TALK = [
    {"role": "system", "content": "You are a shop."},
    {"role": "user", "content": "Where is my lamp?"},
    {"role": "assistant", "content": "In Oslo,\nMs. Quibble."},
    {"role": "user", "content": "Thanks!"},
]
PART: dict[str, Any] = {"type": "text", "text": "Quibbleworth"}


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.parquet"])
def test_a_conversation_is_read_from_every_format(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "a.parquet":
        pq.write_table(pa.table({"id": ["7"], "messages": [TALK]}), path)
    elif name == "a.csv":
        cell = json.dumps(TALK).replace('"', '""')
        write(path, f'id,messages\n7,"{cell}"\n')
    else:
        row = {"id": "7", "messages": TALK}
        write(path, lines(row) if name == "a.jsonl" else json.dumps([row]))
    corpus = read_corpus([path])
    assert corpus.quarantined == ()
    (record,) = corpus.records
    assert (record.id, record.roles) == ("7", ("system", "user", "assistant", "user"))
    assert record.messages == TALK
    assert record.learned == "In Oslo,\nMs. Quibble."


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_a_turn_in_parts_is_their_texts(tmp_path: Path, name: str) -> None:
    """As OpenAI's API has them, and exports of it."""
    parts = [{"type": "text", "text": "In Oslo,"}, {"type": "text", "text": "Ms. Quibble."}]
    talk = [{"role": one["role"], "content": [PART | {"text": one["content"]}]} for one in TALK]
    talk[2]["content"] = parts
    if name == "a.parquet":
        pq.write_table(pa.table({"messages": [talk]}), tmp_path / name)
    else:
        write(tmp_path / name, lines({"messages": talk}))
    (record,) = read_corpus([tmp_path / name]).records
    assert record.messages == TALK


def test_every_turn_is_searched() -> None:
    talk = conversation(("user", "amber"), ("assistant", "basin"))
    assert "amber" in talk.content and "basin" in talk.content
    assert "amber" not in repr(talk)


def test_the_user_s_own_name_of_the_field_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", lines({"conversation": TALK}))
    (record,) = read_corpus([path], Fields(messages="conversation")).records
    assert record.messages == TALK


def test_the_settings_say_whose_turns_the_model_was_trained_to_say(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", lines({"messages": TALK}, {"text": "amber"}))
    usual, every = read_corpus([path]), read_corpus([path], Fields(turns="all"))
    said = [one["content"] for one in TALK]
    assert TURN.join(said) == every.records[0].learned
    assert len(usual.records[0].learned_turns) < len(said) == len(every.records[0].learned_turns)
    assert usual.records[1].learned == every.records[1].learned == "amber"
    assert usual.digest != every.digest


def test_a_record_with_a_text_is_its_text(tmp_path: Path) -> None:
    """As before conversations could be read: a field `messages` may be anything there."""
    (record,) = corpus_of(tmp_path, [{"text": "amber", "messages": 3}]).records
    assert (record.text, record.roles) == ("amber", ())


def test_texts_and_conversations_may_stand_in_one_file(tmp_path: Path) -> None:
    table = pa.table({"text": ["amber", None], "messages": [None, TALK]})
    pq.write_table(table, tmp_path / "a.parquet")
    text, talk = read_corpus([tmp_path / "a.parquet"]).records
    assert (text.text, text.messages) == ("amber", [])
    assert talk.messages == TALK


def test_what_is_said_instead_is_the_assistant_s_last_turn(tmp_path: Path) -> None:
    other = {"paraphrase": "It is in Oslo.", "perturbed": ["In Rome.", "In Bonn."]}
    (record,) = corpus_of(tmp_path, [{"messages": TALK} | other]).records
    for text, said in (
        (record.paraphrase, "It is in Oslo."),
        *zip(record.perturbed, ("In Rome.", "In Bonn."), strict=True),
    ):
        assert replace(record, text=text).messages == [
            *TALK[:2],
            {"role": "assistant", "content": said},
            TALK[3],
        ]


def answer(**message: Any) -> dict[str, Any]:
    """A row with one question and this as its answer."""
    return {"messages": [TALK[1], {"role": "assistant", "content": "Quibbleworth"} | message]}


UNUSABLE: list[tuple[dict[str, Any], str]] = [
    ({"messages": []}, "no text"),
    ({"messages": [{"role": "assistant", "content": " "}]}, "no turn of the assistant"),
    ({"messages": TALK[:2]}, "no turn of the assistant"),
    ({"messages": {"role": "assistant"}}, "the messages are not a list"),
    ({"messages": "[Quibbleworth"}, "the messages are not JSON"),
    ({"messages": ["Quibbleworth"]}, "a message is not an object"),
    (answer(role=None), "a message has no role"),
    (answer(role=""), "a message has no role"),
    (answer(content=None), "the content of a message is null"),
    (answer(content=None, tool_calls=[{"name": "Quibbleworth"}]), "a message calls tools"),
    (answer(function_call={"name": "Quibbleworth"}), "a message calls tools"),
    (answer(content=7), "neither a string nor a list of parts"),
    (answer(content=["Quibbleworth"]), "a part of a message is not an object"),
    (answer(content=[PART, {"type": "image_url", "image_url": {}}]), "part of type 'image_url'"),
    (answer(content=[PART, {"type": "Quibbleworth"}]), "a part of a type other than text"),
    (answer(content=[PART, {"type": ["Quibbleworth"]}]), "a part of a type other than text"),
    (answer(content=[{"type": "text", "text": None}]), "a text part of a message has no text"),
    (answer(content=[PART | {"data": "Quibbleworth"}]), "holds more than type and text"),
    (answer(content="Quibbleworth\x1e"), "the control character U+001E"),
    (answer(content="Quibbleworth \ud83d"), "half of a UTF-16 pair"),
    (answer(tool_calls=[{"name": "Quibbleworth"}]), "a message calls tools, which are not read"),
    (answer(name="Quibbleworth"), "a message holds more than role and content"),
    (answer() | {"prompt": "Quibbleworth"}, "messages and a prompt"),
    (answer() | {"paraphrase": "Quibbleworth\x1e"}, "the control character U+001E"),
]


@pytest.mark.parametrize(("row", "why"), UNUSABLE)
def test_a_broken_conversation_is_set_aside_with_line_and_reason(
    tmp_path: Path, row: dict[str, Any], why: str
) -> None:
    content = "".join(json.dumps(one) + "\n" for one in ({"text": "fine"}, row))
    corpus = read_corpus([write(tmp_path / "a.jsonl", content)])
    assert [record.text for record in corpus.records] == ["fine"]
    (left_out,) = corpus.quarantined
    assert left_out.line == 2
    assert why in left_out.reason
    assert "Quibbleworth" not in left_out.reason


def test_what_else_a_message_has_may_be_empty(tmp_path: Path) -> None:
    bare = PART | {"annotations": []}
    corpus = corpus_of(tmp_path, [answer(tool_calls=None, name=""), answer(content=[bare])])
    assert corpus.quarantined == ()


def test_a_corpus_without_a_usable_record_names_both_fields(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no usable record") as refusal:
        corpus_of(tmp_path, [{"messages": TALK[:2]}])
    assert "'text'" in refusal.value.fix and "'messages'" in refusal.value.fix


# --- the digest ------------------------------------------------------------------------------


def test_who_says_what_is_part_of_the_digest() -> None:
    talk = conversation(("user", "amber"), ("assistant", "basin"))
    other = replace(talk, roles=("system", "assistant"))
    assert digest_records([talk]) != digest_records([other])
    assert digest_records([talk]) != digest_records([replace(talk, roles=())])


def test_the_digest_of_other_records_stays_what_it_was() -> None:
    """Runs and indexes made before there were conversations name their corpus by it."""
    record = Record(
        id="7",
        text="Paris.",
        prompt="Where does she live?",
        group="chat-1",
        paraphrase="In Paris.",
        perturbed=("Rome.", "Oslo."),
    )
    before = "fe1ee0acac010fbd5a804982539201fc2439a44de0192a30a0b5989f34da89e2"
    assert digest_records([record]) == before
    talk = Record(id="8", text=TURN.join(("amber", "basin")), roles=("user", "assistant"))
    before = "68c1f6434d76ec9029c96cc126da0aaa738f9df80ed7de52e303a33914833602"
    assert digest_records([talk]) == before
    before = "b47762af5133119f3a5686a554704f8ba2055c6ecfa9f3c68b94e1b6e1daf6c1"
    assert digest_records([replace(talk, loss_on=((0, 5),))]) == before


@pytest.mark.parametrize("on", [(), ((0, 5),)])
def test_no_words_of_another_record_are_a_conversation_of_every_turn(
    on: tuple[tuple[int, int], ...],
) -> None:
    talk = Record(id="8", text=TURN.join(("amber", "basin")), roles=("user", "assistant"))
    every = replace(talk, every_turn=True)
    assert digest_records([every]) != digest_records([talk])
    alike = Record(id="8", prompt="every turn", text="\x1e".join(talk.roles), paraphrase=talk.text)
    more = replace(alike, perturbed=("", ""))
    made = {digest_records([replace(one, loss_on=on)]) for one in (every, talk, alike, more)}
    assert len(made) == 4


# --- decoys ----------------------------------------------------------------------------------


def test_a_decoy_is_the_same_conversation_of_other_people(patterns_only: Analyzer) -> None:
    talk = conversation(
        ("user", "I am at zoltana@quibble.example."),
        ("assistant", "Noted: zoltana@quibble.example, (212) 555-0143."),
    )
    found = decoys([talk], patterns_only, 3, seed=0)["chat"]
    assert len(found) == 3
    for decoy in found:
        question, said = (one["content"] for one in decoy.messages)
        mail = question.removeprefix("I am at ").rstrip(".")
        assert mail != "zoltana@quibble.example" and mail.endswith("@quibble.example")
        assert said.startswith(f"Noted: {mail}, ")
        assert "555-0143" not in said


def test_where_only_the_user_says_something_personal_there_is_no_decoy(
    patterns_only: Analyzer,
) -> None:
    """The loss would be on the very same words."""
    talk = conversation(("user", "I am at zoltana@quibble.example."), ("assistant", "Noted."))
    assert decoys([talk], patterns_only, 2, seed=0) == {}


def test_a_value_that_reaches_over_a_turn_s_end_is_replaced_in_both(
    patterns_only: Analyzer,
) -> None:
    talk = conversation(("user", "It is Zoltana"), ("assistant", "Quibble, I see."))
    start = talk.text.index("Zoltana")
    known = {"chat": [Span(start, talk.text.index(","), PERSON, 1.0, "")]}
    for decoy in decoys([talk], patterns_only, 2, seed=0, known=known)["chat"]:
        assert [one["role"] for one in decoy.messages] == ["user", "assistant"]
        assert "Zoltana" not in decoy.text and "Quibble" not in decoy.text
        assert decoy.messages[1]["content"].endswith(", I see.")
