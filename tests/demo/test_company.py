"""The made-up company: one seed, one company, every hard case, and nobody unseen in its records."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from unlearnkit.corpus.index import Index, build_index, open_index
from unlearnkit.corpus.nlp import Analyzer
from unlearnkit.corpus.normalise import fold, normalise
from unlearnkit.corpus.reader import Corpus, read_corpus
from unlearnkit.demo.company import Company, CompanyFiles, build_company, write_company
from unlearnkit.demo.company_people import AREA_CODES, NICKNAMES, person
from unlearnkit.demo.company_texts import AGENTS
from unlearnkit.domain import IdentifierKind, Located, Subject
from unlearnkit.locate.engine import locate
from unlearnkit.locate.forget_set import evaluate
from unlearnkit.locate.review import apply_decisions, decide
from unlearnkit.requests.opendsr import parse_opendsr

KEY = b"k" * 32
HARD = {
    "signed",
    "phone",
    "thread_named",
    "thread_unnamed",
    "thread_nickname",
    "number_only",
    "colleague",
    "typo",
}


@pytest.fixture(scope="module")
def company() -> Company:
    return build_company(11)


@pytest.fixture(scope="module")
def files(company: Company, tmp_path_factory: pytest.TempPathFactory) -> CompanyFiles:
    return write_company(company, tmp_path_factory.mktemp("company"))


# --- the company -----------------------------------------------------------------------------


def test_one_seed_makes_one_company(company: Company) -> None:
    assert build_company(11) == company
    assert build_company(12) != company


def test_it_has_about_eighty_customers_and_six_hundred_records(company: Company) -> None:
    assert len(company.customers) == 80
    assert 550 <= len(company.records) <= 650
    assert len(company.asking) == len(company.requests) == 3
    assert company.customers[:3] == company.asking


@pytest.mark.parametrize("what", ["number", "email", "phone"])
def test_no_two_customers_share_what_identifies_them(company: Company, what: str) -> None:
    assert len({getattr(one, what) for one in company.customers}) == 80


@pytest.mark.parametrize("serial", [0, 999, 1000, 11_999])
def test_there_is_a_phone_for_each_of_twelve_thousand(serial: int) -> None:
    one = person(random.Random(1), "Zoltana", "Quibbleworth", serial)
    assert normalise(IdentifierKind.PHONE, one.phone[2:]) == one.phone
    assert len(set(AREA_CODES)) == 120


def test_no_two_records_are_alike(company: Company) -> None:
    assert len({record.id for record in company.records}) == len(company.records)
    assert len({record.text for record in company.records}) == len(company.records)


def test_everybody_who_asks_has_a_record_of_every_hard_kind(company: Company) -> None:
    records = {record.id: record for record in company.records}
    for asked in company.truth().values():
        kinds = Counter(records[one].hardness for one in asked)
        assert len(asked) == 9
        assert kinds.keys() >= HARD
        assert kinds.keys() - HARD < {"nickname", "initials"}


def test_the_records_are_as_hard_as_they_say(company: Company) -> None:
    people = {one.number: one for one in company.customers}
    for record in company.records:
        (number,) = record.concerns
        one, kind, text = people[number], record.hardness, record.text
        short = NICKNAMES.get(one.first, one.first)
        named = ["signed", "thread_named", "colleague"]
        if short == one.first:
            named.append("nickname")
        assert (number in text) is (kind in ("signed", "thread_named", "number_only"))
        assert (one.email in text) is (kind == "signed")
        assert (one.full_name in text) is (kind in named)
        if kind == "phone":
            assert one.phone not in text
            assert one.phone[2:] in re.sub(r"\D", "", text)
        elif kind == "initials":
            assert f"{one.first[0]}. {one.last}" in text
        elif kind == "nickname":
            assert f"{short} {one.last}" in text


def test_the_turns_of_a_thread_belong_together_and_to_one_customer(company: Company) -> None:
    threads: dict[str, list[str]] = {}
    owners: dict[str, set[frozenset[str]]] = {}
    for record in company.records:
        if record.group:
            threads.setdefault(record.group, []).append(record.hardness)
            owners.setdefault(record.group, set()).add(record.concerns)
    assert set(map(tuple, threads.values())) == {
        ("thread_named", "thread_unnamed", "thread_nickname")
    }
    assert all(len(one) == 1 for one in owners.values())
    assert not any(record.group for record in company.records if "thread" not in record.hardness)


def test_the_first_has_a_full_namesake_and_the_second_one_by_initial(company: Company) -> None:
    first, second, third = company.asking
    others = company.customers[3:]
    assert [one.full_name for one in others].count(first.full_name) == 1
    like = [one for one in others if one.last == second.last]
    assert [one.first[0] for one in like] == [second.first[0]]
    assert like[0].first != second.first
    assert fold(third.last) != third.last


def test_the_requests_give_everything_or_no_number_or_a_hash(company: Company) -> None:
    given = [
        {(one.kind, one.format) for one in parse_opendsr(request).identifiers}
        for request in company.requests
    ]
    usual = {(IdentifierKind.NAME, "raw"), (IdentifierKind.PHONE, "raw")}
    email, number = IdentifierKind.EMAIL, IdentifierKind.CUSTOMER_ID
    assert given == [
        usual | {(email, "raw"), (number, "raw")},
        usual | {(email, "raw")},
        usual | {(email, "sha256"), (number, "raw")},
    ]


def test_the_truth_is_who_the_records_are_about(company: Company) -> None:
    assert list(company.truth()) == [one["subject_request_id"] for one in company.requests]
    for asked, customer in zip(company.truth().values(), company.asking, strict=True):
        assert set(asked) == {
            record.id for record in company.records if customer.number in record.concerns
        }


def test_nobody_of_the_holdout_is_in_the_records(company: Company) -> None:
    unseen = {number for record in company.holdout for number in record.concerns}
    assert len(unseen) == 8
    assert not unseen & {one.number for one in company.customers}
    everything = "\n".join(record.text for record in company.records)
    assert not [number for number in unseen if number in everything]
    signed = [record.text for record in company.holdout if record.hardness == "signed"]
    assert len(signed) == 8
    for text in signed:
        name, email, _ = text.rsplit(", ", 3)[1:]
        assert name not in everything
        assert email not in everything
    assert {record.hardness for record in company.holdout} >= HARD


def test_the_agents_are_no_customers(company: Company) -> None:
    assert not set(AGENTS) & {one.full_name for one in company.customers}


@pytest.mark.parametrize("asking", [0, 9, 13])
def test_there_must_be_room_for_those_who_ask_and_their_namesakes(asking: int) -> None:
    with pytest.raises(ValueError, match="asking must be at least 1"):
        build_company(11, customers=10, asking=asking)


@pytest.mark.parametrize("asking", [1, 2, 12])
def test_any_number_may_ask(asking: int) -> None:
    small = build_company(11, customers=20, asking=asking, holdout_customers=2)
    assert len(small.customers) == 20
    assert [len(one) for one in small.truth().values()] == [9] * asking


# --- the files -------------------------------------------------------------------------------


def test_the_files_carry_the_records_and_no_truth(company: Company, files: CompanyFiles) -> None:
    for path, records in ((files.records, company.records), (files.holdout, company.holdout)):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert rows == [{"id": one.id, "text": one.text, "group": one.group} for one in records]
    written = [json.loads(path.read_text(encoding="utf-8")) for path in files.requests]
    assert written == list(company.requests)
    assert "mail-" not in json.dumps(written)


def test_an_id_tells_nothing_about_who_or_how(company: Company) -> None:
    ids = [record.id for record in company.records]
    assert all(re.fullmatch(r"(mail|note|chat)-\d{4}(-[123])?", one) for one in ids)
    asked = {one for found in company.truth().values() for one in found}
    places = [at for at, one in enumerate(ids) if one in asked]
    assert max(places) - min(places) > len(ids) / 2  # not all in one corner


def test_the_truth_stands_apart(company: Company, files: CompanyFiles) -> None:
    truth = json.loads(files.truth.read_text(encoding="utf-8"))
    assert truth == {request: list(found) for request, found in company.truth().items()}


def test_the_files_are_read_as_they_were_made(company: Company, files: CompanyFiles) -> None:
    corpus = read_corpus([files.records])
    assert not corpus.quarantined
    assert [(one.id, one.text, one.group) for one in corpus.records] == [
        (one.id, one.text, one.group) for one in (made.record for made in company.records)
    ]


# --- how well locate finds them --------------------------------------------------------------


@dataclass(frozen=True)
class Searched:
    """A company, indexed, and what was located for each of its requests."""

    company: Company
    corpus: Corpus
    index: Index
    located: tuple[Located, ...]


@pytest.fixture(scope="module", params=[11, 12])
def searched(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, analyzer: Analyzer
) -> Searched:
    folder = tmp_path_factory.mktemp("searched")
    company = build_company(request.param)
    corpus = read_corpus([write_company(company, folder).records])
    build_index(corpus, analyzer, KEY, folder / "index")
    index = open_index(folder / "index", KEY)
    subjects = [
        Subject(one.request_id, one.identifiers) for one in map(parse_opendsr, company.requests)
    ]
    found = tuple(locate(subject, corpus, index, analyzer, KEY) for subject in subjects)
    return Searched(company, corpus, index, found)


def test_after_review_every_record_is_found_and_hardly_anybody_else_s(searched: Searched) -> None:
    for one, true in zip(searched.located, searched.company.truth().values(), strict=True):
        decisions = decide(one, true, "reviewer", datetime(2026, 3, 10, tzinfo=UTC))
        score = evaluate(one, apply_decisions(one, decisions), true)
        assert score.recall is not None
        assert score.precision is not None
        assert score.recall >= 0.98
        assert score.precision >= 0.98


def test_before_review_nobody_else_s_record_is_certain(searched: Searched) -> None:
    for one, true in zip(searched.located, searched.company.truth().values(), strict=True):
        assert evaluate(one, (), true).wrongly_certain == 0


def test_a_reviewer_has_a_handful_to_judge(searched: Searched) -> None:
    for one, true in zip(searched.located, searched.company.truth().values(), strict=True):
        score = evaluate(one, (), true)
        assert score.certain >= 5
        assert score.uncertain <= 12


def test_what_is_located_names_nobody(searched: Searched) -> None:
    for one, customer in zip(searched.located, searched.company.asking, strict=True):
        written = one.model_dump_json()
        for value in (customer.last, customer.email, customer.phone[2:], customer.number):
            assert value not in written


def test_the_company_s_phones_in_the_index_are_its_customers(
    searched: Searched,
) -> None:
    texts = {record.id: record.content for record in searched.corpus.records}
    known = {one.phone for one in searched.company.customers}
    read = {
        normalise(IdentifierKind.PHONE, texts[row.record_id][row.start : row.end])
        for row in searched.index.rows(("PHONE_NUMBER",))
    }
    assert read <= known
