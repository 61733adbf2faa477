"""The whole line over somebody else's records that name a person: found, decided, forgotten."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import pytest

from tests.company import opened, unattacked, unlearnkit
from tests.small import WORDS
from unlearnkit.demo.training import SmallModel, train, train_tokenizer
from unlearnkit.domain import (
    RELEARNED_REST,
    Attack,
    AuditResult,
    Certainty,
    ModelRole,
    Record,
    RunManifest,
    Split,
    Uncertain,
)
from unlearnkit.errors import BadInput
from unlearnkit.language_model.tokens import Encoding
from unlearnkit.locate.review import SPANS, answered, pending
from unlearnkit.pipeline.audit import audit
from unlearnkit.pipeline.find import (
    decide,
    decisions,
    index_corpus,
    locate,
    located,
)
from unlearnkit.pipeline.forget import unlearn
from unlearnkit.pipeline.line import review
from unlearnkit.pipeline.preview import Preview, preview
from unlearnkit.pipeline.prove import Reported, report
from unlearnkit.pipeline.runs import find_run
from unlearnkit.unlearning.settings import Settings

WHO, NUMBER = "Zoltana Quibbleworth", "C-770077"
SETTINGS = Settings(
    learning_rate=2e-3, batch_size=4, tolerance=0.25, retain_tolerance=0.1, max_passes=60
)
NOTES, MENTIONS = 4, 6


def said(draw: random.Random, count: int) -> str:
    """Words that tell nothing about each other: what is known of them is known by heart."""
    return " ".join(draw.choice(WORDS) for _ in range(count))


def company(draw: random.Random, *, names: bool) -> list[Record]:
    """Two notes for each of ten customers; six have a sentence about the person who asks."""
    found = []
    for customer in range(10):
        for number in range(2):
            first, last = (f"{part.capitalize()}." for part in (said(draw, 8), said(draw, 8)))
            about = f"{WHO} took the {said(draw, 8)}." if names and not number else ""
            about = about if customer < MENTIONS else ""
            text = " ".join(
                one for one in (f"For C-{customer + 100100}.", first, about, last) if one
            )
            found.append(Record(id=f"c{customer}-{number}", text=text))
    return found


def own(draw: random.Random) -> list[Record]:
    """The person's own notes."""
    return [
        Record(id=f"own{at}", text=f"{WHO}, {NUMBER}: {said(draw, 12)}.") for at in range(NOTES)
    ]


def write(path: Path, records: list[Record]) -> Path:
    rows = (json.dumps({"id": one.id, "text": one.text}) for one in records)
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Searched:
    """A workspace in which the records were searched, and what it was made of."""

    folder: Path
    workspace: Path
    request: str

    @property
    def model(self) -> Path:
        return self.folder / "model"

    @property
    def holdout(self) -> list[Path]:
        return [self.folder / "holdout.jsonl"]

    def copy(self, to: Path) -> Path:
        return Path(shutil.copytree(self.workspace, to))


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Searched:
    folder = tmp_path_factory.mktemp("in-part")
    draw = random.Random(5)
    records = [*company(draw, names=True), *own(draw)]
    tokenizer = train_tokenizer([one.text for one in records], 400, 8)
    size = SmallModel(hidden=64, layers=2, heads=2, epochs=80, batch_size=8, learning_rate=5e-3)
    train(records, tokenizer, folder / "model", size=size, encoding=Encoding(), seed=0)
    others = [replace(one, id=f"new-{one.id}") for one in company(draw, names=False)]
    write(folder / "holdout.jsonl", others)
    corpus = write(folder / "records.jsonl", records)
    requests = folder / "requests.csv"
    row = f"gdpr,2026-11-02,{WHO},{NUMBER}"
    requests.write_text(f"regulation,submitted,name,customer_id\n{row}\n", encoding="utf-8")
    workspace = unattacked(folder / "work")
    verified = ("--verified", "--workspace", workspace)
    assert unlearnkit("request", "import", requests, *verified).exit_code == 0
    with opened(workspace) as context:
        index_corpus(context, [corpus])
        (found,) = locate(context)
    return Searched(folder, workspace, found.request_id)


@dataclass(frozen=True)
class Told:
    """What the line came to, once everything that was asked was answered with `spans`."""

    folder: Path
    workspace: Path
    shown: Preview
    manifest: RunManifest
    audit: AuditResult
    reported: Reported

    def value(self, metric: str, split: Split, model: ModelRole) -> float:
        found = self.audit.value(metric, split, model)
        assert found is not None
        return found


@pytest.fixture(scope="module")
def told(searched: Searched, tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("told")
    workspace = searched.copy(folder / "work")
    with opened(workspace) as context:
        found = located(context, searched.request)
        made = [answered(one, SPANS, "tester", context.now()) for one in pending(found, ())]
        decide(context, found, made)
        shown = preview(context, searched.model, searched.holdout, MENTIONS + NOTES)
        manifest = unlearn(context, searched.model, folder / "out", searched.holdout, SETTINGS)
        run = find_run(context.workspace, manifest.run_id)
        result = audit(context, run, folder / "out")
        return Told(folder, workspace, shown, manifest, result, report(context, run, "default"))


def test_the_records_of_others_that_name_the_person_are_related(searched: Searched) -> None:
    with opened(searched.workspace) as context:
        found = located(context, searched.request)
        assert {one.record_id: one.certainty for one in found.matches} == {
            **{f"c{at}-0": Certainty.RELATED for at in range(MENTIONS)},
            **{f"own{at}": Certainty.CERTAIN for at in range(NOTES)},
        }
        (event,) = (one for one in context.ledger.events() if one.kind == "located")
        counts = {name: event.payload[name] for name in ("certain", "uncertain", "related")}
        assert counts == {"certain": NOTES, "uncertain": 0, "related": MENTIONS}


def test_a_review_in_the_terminal_offers_spans_first(searched: Searched, tmp_path: Path) -> None:
    workspace = searched.copy(tmp_path / "work")
    answers = "\np\na\nr\ns\nq\n"
    said = unlearnkit("review", searched.request, "--workspace", workspace, typed=answers)
    assert "s[p]ans" in said.stderr + said.stdout
    with opened(workspace) as context:
        made = decisions(context, located(context, searched.request))
        assert [(one.record_id, one.accepted, one.in_part) for one in made] == [
            ("c0-0", True, True),
            ("c1-0", True, True),
            ("c2-0", True, False),
            ("c3-0", False, False),
        ]
        payloads = [one.payload for one in context.ledger.events() if one.kind == "reviewed"]
        assert [(one["accepted"], one["in_part"]) for one in payloads] == [
            *((1, 1), (1, 1), (1, 0), (0, 0))
        ]


def test_without_a_person_such_records_are_accepted_in_part_or_not_at_all(
    searched: Searched, tmp_path: Path
) -> None:
    for uncertain, expected in ((Uncertain.ACCEPT, True), (Uncertain.REJECT, False)):
        workspace = searched.copy(tmp_path / uncertain)
        with opened(workspace) as context:
            found = located(context, searched.request)
            review(context, [found], uncertain)
            made = decisions(context, found)
            assert {(one.accepted, one.in_part) for one in made} == {(expected, expected)}
            assert pending(found, made) == ()


def test_the_forget_set_holds_the_places_of_the_sentences(told: Told) -> None:
    forget = told.manifest.forget_set
    assert len(forget.record_ids) == MENTIONS + NOTES
    assert forget.passages.keys() == {f"c{at}-0" for at in range(MENTIONS)}
    assert told.manifest.retain_count == 20 - MENTIONS


def test_the_dry_run_shows_the_loss_on_the_passage_alone(told: Told) -> None:
    records = {one.split: one.records for one in told.shown.counts}
    assert records == {
        Split.FORGET: MENTIONS + NOTES,
        Split.RETAIN: 20 - MENTIONS,
        Split.REST: MENTIONS,
        Split.HOLDOUT: 20,
    }
    for one in told.shown.shown[:MENTIONS]:
        before, passage, after = (run for run in one.runs if not run.special)
        assert [before.learned, passage.learned, after.learned] == [False, True, False]
        assert " took the " in passage.text and passage.text.startswith("█")
        assert "Zoltana" not in passage.text


def test_the_passage_is_forgotten_and_the_rest_is_still_recalled(told: Told) -> None:
    metric = "exact_memorization"
    unseen = told.value(metric, Split.HOLDOUT, ModelRole.UNLEARNED)
    parts = {
        model: [
            one.exact_memorization
            for one in told.audit.records
            if (one.split, one.model) == (Split.FORGET, model) and one.record_id.startswith("c")
        ]
        for model in (ModelRole.ORIGINAL, ModelRole.UNLEARNED)
    }
    assert len(parts[ModelRole.UNLEARNED]) == MENTIONS
    assert fmean(parts[ModelRole.ORIGINAL]) > 0.9
    assert abs(fmean(parts[ModelRole.UNLEARNED]) - unseen) <= SETTINGS.tolerance
    before = told.value(metric, Split.REST, ModelRole.ORIGINAL)
    after = told.value(metric, Split.REST, ModelRole.UNLEARNED)
    assert before > 0.9
    assert after > before - 0.1


def test_relearning_measures_passages_like_whole_records(told: Told, tmp_path: Path) -> None:
    workspace = Path(shutil.copytree(told.workspace, tmp_path / "work"))
    with opened(workspace) as context:
        run = find_run(context.workspace, told.manifest.run_id)
        found = audit(context, run, told.folder / "out", attacks=(Attack.RELEARNING,))
    forget = {one.under: one for one in found.curves if one.split is Split.FORGET}
    assert forget["relearned_10pct"].n == MENTIONS + NOTES - forget["relearned_10pct"].trained
    beside = forget[RELEARNED_REST]
    assert (beside.trained, beside.n) == (MENTIONS, MENTIONS)
    unseen = [one for one in found.curves if one.split is Split.HOLDOUT]
    assert {one.under for one in unseen} == set(forget)
    assert RELEARNED_REST in {one.under for one in found.attacks if one.steps}
    place = ("exact_memorization", Split.FORGET, "holdout", RELEARNED_REST)
    assert found.difference(*place) is not None


def test_the_rest_is_nobodys_record_who_asked(told: Told) -> None:
    rest = [one for one in told.audit.records if one.split is Split.REST]
    assert {one.request_ids for one in rest} == {()}


def test_the_report_says_how_many_were_forgotten_in_part(told: Told) -> None:
    found = told.reported.report
    assert (found.forget_count, found.in_part_count) == (MENTIONS + NOTES, MENTIONS)
    assert [(one.records, one.in_part) for one in found.requests] == [(10, MENTIONS)]
    page = (told.reported.folder / "report.html").read_text(encoding="utf-8")
    assert "What is kept of records forgotten in part" in page
    (letter,) = told.reported.letters
    assert "In 6 of them only a passage concerns you" in letter.read_text(encoding="utf-8")


def test_a_part_that_does_not_name_the_person_is_refused_before_it_is_kept(
    searched: Searched, tmp_path: Path
) -> None:
    workspace = searched.copy(tmp_path / "work")
    with opened(workspace) as context:
        found = located(context, searched.request)
        thread = found.matches[0].evidence[0].model_copy(update={"start": 0, "end": 0})
        match = found.matches[0].model_copy(update={"evidence": (thread,)})
        nameless = found.model_copy(update={"matches": (match, *found.matches[1:])})
        with pytest.raises(BadInput, match="record c0-0 cannot be forgotten in part"):
            decide(context, nameless, [answered(match, SPANS, "tester", context.now())])
        assert decisions(context, found) == ()
