"""A number of a chosen country is located, kept as hashes, and found again in new records."""

from __future__ import annotations

from pathlib import Path

from tests.company import opened
from tests.forgotten import asked, jsonl
from unlearnkit.corpus.nlp import with_countries
from unlearnkit.domain import Certainty, Identifier, IdentifierKind, RequestState
from unlearnkit.pipeline.closing import complete
from unlearnkit.pipeline.find import index_corpus, locate
from unlearnkit.pipeline.screen import screen
from unlearnkit.workspace import Workspace

NUMBER = Identifier(IdentifierKind.OTHER, "943 476 5919")
TRAINED = ("NHS number 943-476-5919, seen on Monday.", "NHS number 401-023-2137.")
BACK = ("again: 943 4765919", "tax 12345678901", "401 023 2137")


def workspace_with(root: Path, settings: str) -> Path:
    workspace = Workspace.create(root / "work").root
    (workspace / "unlearnkit.yaml").write_text(settings, encoding="utf-8")
    return workspace


def test_it_is_located_listed_and_screened_by_the_workspace_s_countries(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, "nlp: {engine: patterns, countries: [GB]}\n")
    with opened(workspace) as context:
        asked(context, NUMBER)
        index_corpus(context, [jsonl(tmp_path / "trained.jsonl", TRAINED)])
        [found] = locate(context)
        assert [one.certainty for one in found.matches] == [Certainty.UNCERTAIN]
        context.ledger.set_state(found.request_id, RequestState.READY, "dpo")
        complete(context, [found.request_id])
    with opened(workspace) as context:
        screened = screen(context, [jsonl(tmp_path / "new.jsonl", BACK)])
    assert [one.line for one in screened.findings] == [1]


def test_who_was_searched_by_other_countries_is_listed_and_screened_by_them(
    tmp_path: Path,
) -> None:
    workspace = workspace_with(tmp_path, "nlp: {engine: patterns, regions: [US]}\n")
    with opened(workspace) as context:
        nlp = with_countries(context.workspace.config.nlp, ["GB", "SG"])
        [request_id] = asked(context, NUMBER, Identifier(IdentifierKind.PHONE, "6123 4567"))
        index_corpus(context, [jsonl(tmp_path / "trained.jsonl", TRAINED)], nlp=nlp)
        locate(context)
        context.ledger.set_state(request_id, RequestState.READY, "dpo")
        complete(context, [request_id])
        back = jsonl(tmp_path / "new.jsonl", (*BACK, "call +65 6123 4567"))
        assert [one.line for one in screen(context, [back]).findings] == [4]
        assert [one.line for one in screen(context, [back], nlp=nlp).findings] == [1, 4]


def test_other_countries_for_one_index_are_kept_with_it(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, "nlp: {engine: patterns, countries: [ES]}\n")
    corpus = jsonl(tmp_path / "trained.jsonl", TRAINED)
    with opened(workspace) as context:
        nlp = context.workspace.config.nlp
        of_spain = index_corpus(context, [corpus])
        of_britain = index_corpus(context, [corpus], nlp=with_countries(nlp, ["GB"]))
    assert "UK_NHS" not in of_spain.entities
    assert of_britain.entities["UK_NHS"] == 2
    assert of_britain.shards != of_spain.shards
