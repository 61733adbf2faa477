"""Which tokens carry the loss: of plain texts, of prompts with texts, and of conversations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chats import (
    ALTERNATING,
    CHATML,
    OWN_MASK,
    THINKING,
    WITHOUT_END,
    chat_tokenizer,
    conversation,
)
from unlearnkit.domain import TURN, Record
from unlearnkit.errors import BadInput
from unlearnkit.language_model.rendering import CHAT, ids_before, pieces
from unlearnkit.language_model.tokens import IGNORED, Encoding, encode_record
from unlearnkit.locate.passages import rest

TALK = conversation(
    ("user", "amber?"), ("assistant", "basin 12"), ("user", "delta?"), ("assistant", "ember 7")
)


def shown(record: Record, tokenizer: Any, encoding: Encoding | None = None) -> str:
    """The tokens as text, those with a loss in brackets."""
    example = encode_record(record, tokenizer, encoding or Encoding())
    text, inside = "", False
    for token, label in zip(example.input_ids, example.labels, strict=True):
        if (label != IGNORED) != inside:
            inside = not inside
            text += "[" if inside else "]"
        text += tokenizer.decode([token])
    return text + "]" * inside


def test_of_a_text_everything_is_learned_but_the_beginning() -> None:
    record = Record(id="a", text="cedar 12")
    assert shown(record, chat_tokenizer()) == "<s>[cedar 12</s>]"


def test_of_a_prompt_and_a_text_the_prompt_is_context() -> None:
    record = Record(id="a", text="cedar 12", prompt="amber")
    encoding = Encoding(prompt_template="Q: {prompt} A: ")
    assert shown(record, chat_tokenizer(), encoding) == "<s>Q: amber A: [cedar 12</s>]"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (
            CHATML,
            "<|im_start|>user\namber?<|im_end|>\n<|im_start|>assistant\n[basin 12<|im_end|>]\n"
            "<|im_start|>user\ndelta?<|im_end|>\n<|im_start|>assistant\n[ember 7<|im_end|>]\n",
        ),
        (
            ALTERNATING,
            "<s>[INST] amber? [/INST][ basin 12 </s>][INST] delta? [/INST][ ember 7 </s>]",
        ),
        (
            WITHOUT_END,
            "USER: amber?\nASSISTANT:[ basin 12]\nUSER: delta?\nASSISTANT:[ ember 7]\n",
        ),
        (
            THINKING,
            "<|im_start|>user\namber?<|im_end|>\n<|im_start|>assistant\n[basin 12<|im_end|>]\n"
            "<|im_start|>user\ndelta?<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
            "[ember 7<|im_end|>]\n",
        ),
        (
            OWN_MASK,
            "<|im_start|>user\namber?<|im_end|>\n<|im_start|>assistant\n[basin 12]<|im_end|>\n"
            "<|im_start|>user\ndelta?<|im_end|>\n<|im_start|>assistant\n[ember 7]<|im_end|>\n",
        ),
    ],
    ids=["chatml", "alternating", "without end", "thinking", "own mask"],
)
def test_of_a_conversation_the_assistant_s_turns_are_learned_with_what_ends_them(
    template: str, expected: str
) -> None:
    """A token that reaches over the boundary (" basin") is learned: part of it is said."""
    assert shown(TALK, chat_tokenizer(template)) == expected


TOKENIZER = chat_tokenizer()
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x1e"), max_size=12)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=3))
def test_whatever_is_said_only_the_assistant_s_words_are_learned(
    talk: list[tuple[str, str]],
) -> None:
    """What is said may look like the template, or like another turn."""
    turns = [turn for ask, said in talk for turn in (("user", ask), ("assistant", said))]
    example = encode_record(conversation(*turns), TOKENIZER, Encoding(max_length=10_000))
    labels = [label for label in example.labels if label != IGNORED]
    learned = TOKENIZER.decode(labels, clean_up_tokenization_spaces=False)
    assert learned == "".join(f"{said}<|im_end|>" for _, said in talk)


def test_a_conversation_may_begin_with_the_assistant_and_end_with_the_user() -> None:
    talk = conversation(("system", "fjord"), ("assistant", "amber"), ("user", "thanks"))
    assert shown(talk, chat_tokenizer()) == (
        "<|im_start|>system\nfjord<|im_end|>\n<|im_start|>assistant\n[amber<|im_end|>]\n"
        "<|im_start|>user\nthanks<|im_end|>\n"
    )


def test_under_the_template_chat_a_prompt_is_the_user_s_and_the_text_the_assistant_s() -> None:
    record = Record(id="a", text="cedar 12", prompt="amber")
    talk = conversation(("user", "amber"), ("assistant", "cedar 12"))
    tokenizer, encoding = chat_tokenizer(), Encoding(prompt_template=CHAT)
    assert shown(record, tokenizer, encoding) == shown(talk, tokenizer)
    alone = Record(id="b", text="cedar 12")
    assert shown(alone, tokenizer, encoding) == "<s>[cedar 12</s>]"


def test_a_long_conversation_loses_its_end() -> None:
    whole = encode_record(TALK, chat_tokenizer(), Encoding())
    cut = encode_record(TALK, chat_tokenizer(), Encoding(max_length=len(whole.input_ids) - 20))
    assert (whole.cut, cut.cut) == (False, True)
    assert cut.labels == whole.labels[:-20]


def test_a_conversation_whose_answers_are_all_cut_off_is_refused_with_its_place() -> None:
    with pytest.raises(BadInput, match="no token with a loss is left") as refusal:
        encode_record(TALK, chat_tokenizer(), Encoding(max_length=8))
    assert (refusal.value.where, refusal.value.line) == ("chats.jsonl", 3)
    assert "max_length" in refusal.value.fix


@pytest.mark.parametrize(
    ("template", "record", "why"),
    [
        (None, TALK, "the tokenizer has no chat template"),
        (ALTERNATING, conversation(("system", "a"), ("assistant", "b")), "Roles must alternate"),
        ("{{ messages[0].content + 1 }}", TALK, r"fails on this conversation \(TypeError\)"),
        ("amber", TALK, "does not render turn 2 where it stands"),
        (
            "{% for m in messages | reverse %}{{ m.content }}{% endfor %}",
            TALK,
            "does not render turn 4 where it stands",
        ),
        (
            "{% if false %}{% generation %}{% endgeneration %}{% endif %}amber",
            TALK,
            "renders nothing of what the assistant says",
        ),
    ],
)
def test_a_conversation_that_cannot_be_rendered_is_refused_with_its_place(
    template: str | None, record: Record, why: str
) -> None:
    with pytest.raises(BadInput, match=why) as refusal:
        encode_record(record, chat_tokenizer(template), Encoding())
    error = refusal.value
    assert (error.where, error.line) == ("chats.jsonl", 3)
    assert "chat_template.jinja" in error.fix
    assert "basin" not in str(error)


# --- what stands before a place in the text --------------------------------------------------


def test_before_a_place_in_a_text_stand_the_record_s_own_tokens() -> None:
    tokenizer = chat_tokenizer()
    record = Record(id="a", text="cedar delta 12", prompt="amber")
    found = ids_before(record, tokenizer, "Q: {prompt} A: ", record.text.index("delta"))
    whole = encode_record(record, tokenizer, Encoding(prompt_template="Q: {prompt} A: ")).input_ids
    assert whole[: len(found)] == found
    assert tokenizer.decode(found) == "<s>Q: amber A: cedar"


@pytest.mark.parametrize("template", [CHATML, ALTERNATING, WITHOUT_END, THINKING, OWN_MASK])
def test_before_a_place_in_a_conversation_stand_the_turns_before_it(template: str) -> None:
    tokenizer = chat_tokenizer(template)
    found = ids_before(TALK, tokenizer, "{prompt}", TALK.text.index("ember") + len("ember "))
    whole = encode_record(TALK, tokenizer, Encoding()).input_ids
    assert whole[: len(found)] == found
    before = tokenizer.decode(found)
    assert before.rstrip().endswith("ember")
    assert before.index("basin 12") < before.index("delta?")


def test_before_the_first_word_of_an_answer_stands_its_header() -> None:
    tokenizer = chat_tokenizer()
    record = Record(id="a", text="cedar", prompt="amber")
    found = tokenizer.decode(ids_before(record, tokenizer, CHAT, 0))
    assert found == "<|im_start|>user\namber<|im_end|>\n<|im_start|>assistant\n"


@given(st.lists(WORDS, min_size=1, max_size=4), st.data())
def test_before_any_place_no_token_reaches_over_it(words: list[str], data: st.DataObject) -> None:
    tokenizer = chat_tokenizer()
    record = Record(id="a", text=" ".join(words))
    start = data.draw(st.integers(0, len(record.text)))
    before = tokenizer.decode(ids_before(record, tokenizer, "{prompt}", start))
    assert ("<s>" + record.text[:start]).startswith(before)


def test_a_template_that_looks_ahead_is_refused() -> None:
    ahead = CHATML.replace("m.content", "(m.content | length | string) + m.content")
    with pytest.raises(BadInput, match="otherwise"):
        ids_before(TALK, chat_tokenizer(ahead), "{prompt}", TALK.text.index("12"))


# --- parts of a record -----------------------------------------------------------------------


def part(record: Record, *words: str) -> Record:
    """The part of the record that these words are, the first of each."""
    starts = [(record.text.index(one), one) for one in words]
    return replace(record, loss_on=tuple((at, at + len(one)) for at, one in starts))


def test_of_a_part_only_its_own_tokens_are_learned() -> None:
    record = Record(id="a", text="cedar 12 amber 7 delta 9", prompt="basin")
    encoding = Encoding(prompt_template="{prompt}: ")
    assert shown(part(record, "amber 7"), chat_tokenizer(), encoding) == (
        "<s>basin: cedar 12 [amber 7] delta 9</s>"
    )
    assert shown(part(record, "cedar 12", " delta 9"), chat_tokenizer(), encoding) == (
        "<s>basin: [cedar 12] amber 7[ delta 9</s>]"
    )


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (CHATML, "assistant\n[basin] 12<|im_end|>"),
        (ALTERNATING, "[/INST][ basin] 12 </s>"),
        (WITHOUT_END, "ASSISTANT:[ basin] 12\n"),
        (OWN_MASK, "assistant\n[basin] 12<|im_end|>"),
    ],
)
def test_of_a_conversation_too_whatever_the_template(template: str, expected: str) -> None:
    found = shown(part(TALK, "basin", "ember 7"), chat_tokenizer(template))
    assert expected in found
    assert "[ember 7" in found or "[ ember 7" in found
    assert "amber?[" not in found


def test_a_turn_ends_with_the_part_that_holds_its_last_letter() -> None:
    found = shown(part(TALK, "basin 12"), chat_tokenizer(CHATML))
    assert "[basin 12<|im_end|>]" in found
    assert "[ember" not in found


def test_what_the_user_says_is_nobody_s_part() -> None:
    with pytest.raises(BadInput, match="no token with a loss"):
        encode_record(part(TALK, "amber"), chat_tokenizer(CHATML), Encoding())


@given(st.data())
@settings(max_examples=50)
def test_every_learned_token_is_one_part_s(data: st.DataObject) -> None:
    texts = st.text(st.sampled_from("ab é12.\n"), min_size=1, max_size=12)
    talk = conversation(
        *(
            (role, data.draw(texts.filter(str.strip)))
            for role in ("user", "assistant", "user", "assistant")
        )
    )
    record = data.draw(st.sampled_from([talk, replace(talk, roles=(), text=talk.text + ".")]))
    record = replace(record, text=record.text.replace(TURN, " ")) if not record.roles else record
    cuts = sorted(data.draw(st.sets(st.integers(0, len(record.text)), min_size=2, max_size=2)))
    mine = ((cuts[0], cuts[1]),)
    tokenizer = chat_tokenizer(CHATML)

    def learned(loss_on: tuple[tuple[int, int], ...]) -> list[bool]:
        found = pieces(replace(record, loss_on=loss_on), tokenizer, "{prompt}")
        return [one for piece in found for one in piece.learned]

    whole, own, others = learned(()), learned(mine), learned(rest(record.text, mine) or ((0, 0),))
    assert whole == [one or other for one, other in zip(own, others, strict=True)]
    assert not any(one and other for one, other in zip(own, others, strict=True))


class Slow:
    """A tokenizer that does not say where its tokens stand, as those without a fast one."""

    is_fast = False
    bos_token_id = eos_token_id = None

    def __call__(self, text: str, **_: object) -> dict[str, list[int]]:
        return {"input_ids": [ord(one) for one in text]}


def test_a_tokenizer_that_tells_no_places_is_refused_for_a_part_only() -> None:
    record = Record(id="a", text="cedar 12", source="records.jsonl", line=3)
    assert encode_record(record, Slow(), Encoding()).counted == len("cedar 12") - 1
    with pytest.raises(BadInput, match="cannot be forgotten in part") as refusal:
        encode_record(part(record, "12"), Slow(), Encoding())
    assert (refusal.value.where, refusal.value.line) == ("records.jsonl", 3)
    assert "cedar" not in str(refusal.value)


def test_a_template_that_changes_the_words_is_refused_for_a_part_only() -> None:
    tokenizer = chat_tokenizer(CHATML.replace("m.content", "m.content | replace('12', 'twelve')"))
    assert encode_record(TALK, tokenizer, Encoding()).counted
    with pytest.raises(BadInput, match="changes the words of a turn"):
        encode_record(part(TALK, "basin"), tokenizer, Encoding())


def test_a_part_behind_the_longest_sequence_is_refused_with_the_way_out() -> None:
    record = part(Record(id="a", text="cedar 12 amber 7 delta 9"), "delta 9")
    with pytest.raises(BadInput, match="before this part of the record") as refusal:
        encode_record(record, chat_tokenizer(), Encoding(max_length=4))
    assert "accept or reject" in refusal.value.fix


def test_of_every_turn_all_that_the_template_makes_of_it_is_learned() -> None:
    found = shown(replace(TALK, every_turn=True), chat_tokenizer(CHATML))
    assert found == (
        "<|im_start|>[user\namber?<|im_end|>\n<|im_start|>assistant\nbasin 12<|im_end|>\n"
        "<|im_start|>user\ndelta?<|im_end|>\n<|im_start|>assistant\nember 7<|im_end|>\n]"
    )


@pytest.mark.parametrize("template", [CHATML, OWN_MASK])
def test_of_every_turn_what_the_user_says_may_be_a_part(template: str) -> None:
    found = shown(replace(part(TALK, "delta?"), every_turn=True), chat_tokenizer(template))
    assert "<|im_start|>user\n[delta?<|im_end|>]" in found
    assert found.count("[") == 1
