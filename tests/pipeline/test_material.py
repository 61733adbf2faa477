"""Which records are forgotten, kept and compared with."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from unlearnkit.audit.scoring import asked
from unlearnkit.corpus.nlp import Analyzer
from unlearnkit.corpus.reader import Corpus, Fields, read_corpus
from unlearnkit.domain import (
    TURN,
    Certainty,
    Evidence,
    ForgetSet,
    IdentifierKind,
    Located,
    Match,
    Record,
    Split,
)
from unlearnkit.errors import BadInput
from unlearnkit.pipeline.material import (
    PERTURBED,
    RETAIN_SAMPLE,
    Material,
    gather,
    with_decoys,
)

ROWS = [
    {"id": "m1", "text": "Mail from Zoltana Quibble, zoltana@quibble.example, 12 March."},
    {"id": "m2", "text": "Call Zoltana Quibble back on (212) 555-0143 about the lamp."},
    {"id": "o1", "text": "The Oslo shop sold three lamps on Monday."},
    {"id": "o2", "text": "Stock: forty chairs, twelve of them oak."},
    {"id": "x1", "text": "Z. Quibble may have been there."},
]
FORGET = {"request": ("m1", "m2")}


def corpus_of(path: Path, rows: list[dict[str, object]]) -> Corpus:
    """The rows as a file, read."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return read_corpus([path])


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Two records of a person, two of nobody, and one that a person rejected."""
    return corpus_of(tmp_path / "records.jsonl", [dict(row) for row in ROWS])


def gathered(
    corpus: Corpus,
    analyzer: Analyzer,
    holdout: list[Path],
    *,
    seed: int = 0,
    forget: dict[str, tuple[str, ...]] | None = None,
    found: tuple[Located, ...] = (),
) -> Material:
    """`gather` with the forget set above, and x1 rejected."""
    return gather(
        corpus,
        ForgetSet(corpus_digest=corpus.digest, records=forget or FORGET, excluded=("x1",)),
        found,
        holdout,
        fields=Fields(),
        analyzer=analyzer,
        seed=seed,
    )


def test_what_was_rejected_is_neither_forgotten_nor_held_on_to(
    corpus: Corpus, analyzer: Analyzer
) -> None:
    material = gathered(corpus, analyzer, [])
    assert [one.id for one in material.forget] == ["m1", "m2"]
    assert [one.id for one in material.retain] == ["o1", "o2"]


def test_without_a_holdout_decoys_stand_in_and_it_is_said(
    corpus: Corpus, analyzer: Analyzer
) -> None:
    material = gathered(corpus, analyzer, [])
    assert material.holdout_origin == "decoys"
    assert [one.id for one in material.holdout] == ["decoy-m1", "decoy-m2"]
    for decoy, original in zip(material.holdout, material.forget, strict=True):
        assert decoy.text != original.text
        assert "zoltana@quibble.example" not in decoy.text
        assert "(212) 555-0143" not in decoy.text
        assert len(decoy.perturbed) == PERTURBED
        assert decoy.text not in decoy.perturbed


SOLD = str(ROWS[2]["text"])


@pytest.mark.parametrize(
    "row",
    [
        {"text": SOLD},
        {"text": f"{SOLD} "},
        {"text": SOLD.upper().replace(" ", "  ")},
        {"prompt": SOLD.partition(" shop")[0], "text": SOLD.partition("Oslo ")[2]},
    ],
)
def test_a_holdout_record_that_was_trained_on_is_refused_however_it_is_written(
    corpus: Corpus, analyzer: Analyzer, tmp_path: Path, row: dict[str, object]
) -> None:
    holdout = tmp_path / "holdout.jsonl"
    corpus_of(holdout, [{"id": "h1", "text": "The Bergen shop is closed."}, {"id": "h2"} | row])
    with pytest.raises(BadInput, match="is in the training corpus") as refused:
        gathered(corpus, analyzer, [holdout])
    assert (refused.value.where, refused.value.line) == (str(holdout), 2)


def test_the_same_answer_to_another_question_was_never_seen(
    corpus: Corpus, analyzer: Analyzer, tmp_path: Path
) -> None:
    holdout = tmp_path / "holdout.jsonl"
    corpus_of(holdout, [{"id": "h1", "prompt": "What did Nadia Olsen say?", "text": SOLD}])
    assert gathered(corpus, analyzer, [holdout]).holdout_origin == "given"


def test_a_record_forgotten_in_part_is_two_parts_of_one_record(
    analyzer: Analyzer, tmp_path: Path
) -> None:
    text = "The lamp of Bo Fenn broke on Monday. Zoltana Quibble paid 312.50 EUR. It is fixed."
    start, end = text.index("Zoltana"), text.index(" It is")
    mention = {"id": "p1", "text": text, "paraphrase": "other words", "perturbed_answer": ["x"]}
    corpus = corpus_of(tmp_path / "a.jsonl", [*ROWS[:1], *ROWS[2:], mention])
    forget_set = ForgetSet(
        corpus_digest=corpus.digest,
        records={"request": ("m1", "p1")},
        passages={"p1": ((start, end),)},
    )
    made = gather(corpus, forget_set, (), [], fields=Fields(), analyzer=analyzer, seed=0)
    part, rest = made.forget[1], made.rest["p1"]
    assert part.learned == "Zoltana Quibble paid 312.50 EUR."
    assert (part.text, rest.text, rest.id) == (text, text, "rest-p1")
    assert rest.learned == text.replace(part.learned, TURN)
    assert "p1" not in {one.id for one in made.retain}
    assert (part.paraphrase, rest.perturbed) == ("", ())
    # Its decoys are of the whole record, and know where the passage lies in them.
    decoy = made.holdout[1]
    assert decoy.id == "decoy-p1"
    others = [decoy, *part.others, *decoy.others]
    assert len({one.learned for one in others}) == 1 + PERTURBED
    for one in others:
        assert re.fullmatch(r"\w+ [\w'-]+ paid \d{3}\.\d\d EUR\.", one.learned)
        assert one.learned != part.learned
    assert made.audited(0)[Split.REST] == (rest,)
    # What is kept of it is nobody's secret, what is forgotten stands nowhere in it.
    [kept] = made.kept_parts
    assert kept.content == rest.learned
    assert "Zoltana" not in kept.content
    # Where an earlier run forgot somebody else in it, nothing is: that is not trained on again.
    again = forget_set.model_copy(update={"forgotten_before": ("p1",)})
    made = gather(corpus, again, (), [], fields=Fields(), analyzer=analyzer, seed=0)
    assert (len(made.forget), made.rest) == (2, {})


def test_where_all_are_forgotten_whole_there_is_no_rest(corpus: Corpus, analyzer: Analyzer) -> None:
    material = gathered(corpus, analyzer, [])
    assert material.rest == {}
    assert Split.REST not in material.audited(0)


def test_no_decoy_keeps_what_made_the_record_the_persons(
    patterns_only: Analyzer, tmp_path: Path
) -> None:
    """NER misses names, and here there is none at all: the search's evidence is replaced too."""
    asked = {"prompt": "Who wrote?", "text": "Zoltana Quibble did, as zolt_q, with 5512 kg."}
    corpus = corpus_of(tmp_path / "a.jsonl", [ROWS[0] | asked, *ROWS[1:]])
    content = corpus.records[0].content
    evidence = tuple(
        Evidence(
            kind=kind,
            how="exact",
            start=content.index(value),
            end=content.index(value) + len(value),
            recogniser="",
        )
        for kind, value in (
            (IdentifierKind.NAME, "Zoltana Quibble"),
            (IdentifierKind.HANDLE, "zolt_q"),
        )
    )
    match = Match(
        request_id="request",
        record_id="m1",
        certainty=Certainty.CERTAIN,
        score=1.0,
        evidence=evidence,
        reason="",
    )
    found = Located(
        request_id="request", corpus_digest=corpus.digest, matches=(match,), record_count=5
    )
    forget = {"request": ("m1",)}
    [blind] = gathered(corpus, patterns_only, [], forget=forget).holdout
    assert "Zoltana Quibble" in blind.text
    [decoy] = gathered(corpus, patterns_only, [], forget=forget, found=(found,)).holdout
    for other in (decoy.text, *decoy.perturbed):
        assert not any(word in other for word in ("Zoltana", "Quibble", "zolt_q"))
        assert other.endswith(" kg.")


def test_a_conversation_s_decoys_are_conversations(patterns_only: Analyzer, tmp_path: Path) -> None:
    asked = {"role": "user", "content": "Who wrote?"}
    said = {"role": "assistant", "content": "zoltana@quibble.example did, on 12 March 2024."}
    rows = [{"id": "m1", "messages": [asked, said]}, *ROWS[2:]]
    corpus = corpus_of(tmp_path / "a.jsonl", [dict(row) for row in rows])
    material = gathered(corpus, patterns_only, [], forget={"request": ("m1",)})
    [forget], [decoy] = material.forget, material.holdout
    assert decoy.roles == forget.roles == ("user", "assistant")
    assert len(forget.perturbed) == PERTURBED
    for text in (decoy.text, *decoy.perturbed, *forget.perturbed):
        first, second = replace(forget, text=text).messages
        assert first == asked
        assert second["role"] == "assistant" and "zoltana" not in second["content"]


def test_decoys_come_from_the_seed(corpus: Corpus, analyzer: Analyzer) -> None:
    assert gathered(corpus, analyzer, []) == gathered(corpus, analyzer, [])
    assert gathered(corpus, analyzer, []) != gathered(corpus, analyzer, [], seed=1)


def test_a_given_holdout_is_taken_as_it_is(
    corpus: Corpus, analyzer: Analyzer, tmp_path: Path
) -> None:
    text = "Mail from Ottokar Prunk, ottokar@prunk.example, 3 May."
    corpus_of(tmp_path / "unseen.jsonl", [{"id": "u1", "text": text}])
    material = gathered(corpus, analyzer, [tmp_path / "unseen.jsonl"])
    assert material.holdout_origin == "given"
    assert [(one.id, one.text) for one in material.holdout] == [("u1", text)]
    assert len(material.holdout[0].perturbed) == PERTURBED


def test_a_record_keeps_the_perturbed_texts_it_brought(analyzer: Analyzer, tmp_path: Path) -> None:
    own = {"perturbed": ["Mail from Ottokar Prunk."]}
    corpus = corpus_of(tmp_path / "a.jsonl", [ROWS[0] | own, *ROWS[1:]])
    material = gathered(corpus, analyzer, [])
    assert material.forget[0].perturbed == ("Mail from Ottokar Prunk.",)
    assert len(material.forget[1].perturbed) == PERTURBED


def test_a_holdout_record_of_the_corpus_is_refused_with_its_line(
    corpus: Corpus, analyzer: Analyzer, tmp_path: Path
) -> None:
    seen = tmp_path / "seen.jsonl"
    corpus_of(seen, [{"text": "never seen"}, {"text": ROWS[2]["text"]}])
    with pytest.raises(BadInput, match="the model has seen it") as refusal:
        gathered(corpus, analyzer, [seen])
    assert (refusal.value.where, refusal.value.line) == (str(seen), 2)


def test_records_without_anything_personal_need_a_holdout(
    corpus: Corpus, analyzer: Analyzer
) -> None:
    with pytest.raises(BadInput, match="no decoy can be made") as refusal:
        gathered(corpus, analyzer, [], forget={"request": ("o2",)})
    assert "--holdout FILE" in refusal.value.fix


def test_of_many_retained_records_a_sample_of_the_seed_is_audited() -> None:
    records = tuple(Record(id=str(at), text=f"record {at}") for at in range(RETAIN_SAMPLE + 500))
    material = Material(forget=records[:3], retain=records, holdout=(), holdout_origin="given")
    sample = material.audited(7)[Split.RETAIN]
    assert len({one.id for one in sample}) == RETAIN_SAMPLE
    assert sample == material.audited(7)[Split.RETAIN]
    assert sample != material.audited(8)[Split.RETAIN]
    assert material.audited(7)[Split.FORGET] == records[:3]


def test_few_retained_records_are_all_audited() -> None:
    records = tuple(Record(id=str(at), text=f"record {at}") for at in range(RETAIN_SAMPLE))
    material = Material(forget=(), retain=records, holdout=(), holdout_origin="given")
    assert material.audited(0)[Split.RETAIN] == records


def test_the_nearest_retained_records_are_audited_whatever_the_sample_is() -> None:
    far = [Record(id=str(at), text=f"stock list {at}") for at in range(3 * RETAIN_SAMPLE)]
    near = Record(id="near", text="the zither of Quibble")
    forget = (Record(id="m", text="Quibble plays the zither"),)
    material = Material(forget=forget, retain=(*far, near), holdout=(), holdout_origin="given")
    sampled = [seed for seed in range(6) if near in material.audited(seed)[Split.RETAIN]]
    assert len(sampled) < 6
    assert all(material.audited(seed)[Split.NEIGHBOUR] == (near,) for seed in range(6))


def test_kept_records_get_decoys_where_the_model_continues_them(
    corpus: Corpus, analyzer: Analyzer
) -> None:
    """Their own perturbed texts stay, and what is not continued has no decoys."""
    own = Record(id="own", text="Call Ada Quill.", perturbed=("Call Bo Fenn.",))
    many = [Record(id=f"r{at}", text=f"Call Ada Quill on {at} March.") for at in range(399)]
    forget, retain = corpus.records[:1], [own, *many]
    splits = {Split.FORGET: forget, Split.RETAIN: retain, Split.NEIGHBOUR: many[:2]}
    found = with_decoys(splits, analyzer, seed=0)
    assert found[Split.FORGET] == corpus.records[:1]
    kept = found[Split.RETAIN]
    assert [one.id for one in kept] == [one.id for one in retain]
    assert kept[0].perturbed == own.perturbed
    continued = {one.id for one, goes_on in asked(retain) if goes_on}
    compared = {one.id for one in kept if one.perturbed}
    assert compared <= continued
    assert len(compared) > 0.95 * len(continued)  # of some nothing personal is detected
    assert all(len(one.perturbed) == PERTURBED for one in found[Split.NEIGHBOUR])
    assert with_decoys(splits, analyzer, seed=0) == found
