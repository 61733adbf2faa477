"""Figures like the person's customer number or phone: when they are, and when a person is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.locate.conftest import Build
from tests.locate.world import CERTAIN, KEY, NAME, REQUEST, UNCERTAIN, World
from unlearnkit.corpus.nlp import NlpSettings, load_analyzer
from unlearnkit.corpus.normalise import REGIONS
from unlearnkit.domain import Certainty, Identifier, IdentifierKind
from unlearnkit.locate.do_not_train import of_request
from unlearnkit.locate.screening import entities, screen

SHORT = Identifier(IdentifierKind.CUSTOMER_ID, "10115")
LONG = Identifier(IdentifierKind.CUSTOMER_ID, "10115678")
LETTERED = Identifier(IdentifierKind.CUSTOMER_ID, "C-10115")
LONG_LETTERED = Identifier(IdentifierKind.CUSTOMER_ID, "C-104211")
GERMAN = Identifier(IdentifierKind.CUSTOMER_ID, "D-10115")
AM = Identifier(IdentifierKind.CUSTOMER_ID, "AM-1200")
IN = Identifier(IdentifierKind.CUSTOMER_ID, "IN-2024")
NO = Identifier(IdentifierKind.CUSTOMER_ID, "NO-12345")
ORDER = Identifier(IdentifierKind.CUSTOMER_ID, "ORD-1200")
LETTERED_LONG = Identifier(IdentifierKind.CUSTOMER_ID, "PAT-0012345")
MUNICH = Identifier(IdentifierKind.PHONE, "+49 89 5550 1234")
NEW_YORK = Identifier(IdentifierKind.PHONE, "+1 212 555 0142")
ROME = Identifier(IdentifierKind.PHONE, "+39 06 69812345")
WARSAW = Identifier(IdentifierKind.PHONE, "+48 22 123 45 67")

THE_PERSON_S = [
    (SHORT, "Customer 10115 called."),
    (SHORT, "the customer no. 10115 called"),
    (SHORT, '{"customer_id": "10115"}'),
    (SHORT, "Client #10115, again"),
    (SHORT, "**Account:** [10115]"),
    (SHORT, "account number 10115 is open"),
    (SHORT, "Kunde 10115 rief an"),
    (SHORT, "die Kundin Nr. 10115"),
    (SHORT, "Kundennummer: 10115"),
    (SHORT, "Kunden-Nr. 10115"),
    (SHORT, "KdNr 10115, Kd.-Nr. 10115"),
    (SHORT, "cliente nº 10115"),
    (LONG, "10115678 called"),
    (LONG, "2026-01-05 10115678 called at noon"),
    (LONG, "10115678, 20115678 and others"),
    (LONG, "Customer 10115678, invoice 99"),
    (LONG, "Invoice 99, customer 10115678"),
    (LONG, "order 99 of 10115678"),
    (LONG, "Invoice 10115678 of customer 10115678"),
    (LONG, "Customer invoice 10115678"),
    (LONG, "Account: order no. 10115678"),
    (LONG, "please call back in case 10115678 rings"),
    (LONG, "Rechnungskunde 10115678"),
    (LONG, "Invoice\n10115678 called"),
    (LETTERED, "Invoice C-10115"),
    (LETTERED, "customer C 10115 called"),
    (LETTERED, "(C-10115)"),
    (LETTERED, "C-10115-"),
    (LETTERED, "**C-10115**, _C-10115_"),
    (LETTERED, "Customer-C-10115"),
    (LETTERED, "https://crm.example/customers/C-10115"),
    (LETTERED, "Holt/C-10115"),
    (LONG_LETTERED, "C 104211 called"),
    (GERMAN, "D-10115 called"),
    (GERMAN, "D10115 Berlin"),
    (GERMAN, "Kunde D-10115 Berlin"),
    (AM, "AM-1200 called"),
    (AM, "AM1200"),
    (AM, "customer am 1200"),
    (LETTERED_LONG, "PAT 0012345"),
    (LETTERED_LONG, "pat 0012345"),
    (MUNICH, "089 55501234"),
    (MUNICH, "89 5550 1234 rang"),
    (MUNICH, "0049-89-5550-1234"),
    (MUNICH, "49 89 5550 1234 rang"),
    (MUNICH, "(089) 5550 - 1234"),
    (MUNICH, "+49 (0) 89 5550 1234"),
    (MUNICH, "+49 0 89 5550 1234"),
    (MUNICH, "(0) 89 5550 1234"),
    (MUNICH, "089.55.50.12.34"),
    (MUNICH, "tel:+498955501234"),
    (NEW_YORK, "call 2125550142"),
    (NEW_YORK, "2026-01-05 12:30 212-555-0142 rang"),
    (NEW_YORK, "212-555-0142 ext. 12"),
    (NEW_YORK, "1 212 555 0142"),
    (ROME, "06 6981 2345"),
    (ROME, "+39 06 69812345"),
    (WARSAW, "(022) 123 45 67"),
]
ONLY_LOCATED = [
    (MUNICH, "089 5550 1234-0"),
    (NEW_YORK, "(212) 555-0142x12"),
]
ANY_FIGURES = [
    (SHORT, "10115"),
    (SHORT, "Herr Weber, Torstr. 1, 10115 Berlin"),
    (SHORT, "The price is 10115 EUR"),
    (SHORT, "K-10115 and 10115-A"),
    (SHORT, "the customer paid 10115"),
    (SHORT, "Customers: 10115"),
    (SHORT, "Kunde:\n10115 Berlin"),
    (SHORT, "Fax 030-10115-22"),
    (SHORT, "tel 0171 10115 44"),
    (SHORT, "Invoice 2024-10115"),
    (SHORT, "Customer 10115/22"),
    (SHORT, "Order #10115"),
    (LONG, "Invoice 10115678"),
    (LONG, "dear customer, your order no. 10115678 has left us"),
    (LONG, "Order #10115678"),
    (LONG, "**Order number:** 10115678"),
    (LONG, '{"order_id": "10115678"}'),
    (LONG, "invoiceNo=10115678"),
    (LONG, "Tickets 10115678 and others"),
    (LONG, "in my case no. 10115678"),
    (LONG, "Rechnung Nr. 10115678"),
    (LONG, "Rechnungs-Nr.: 10115678"),
    (LONG, "die Onlinebestellung 10115678"),
    (LONG, "Bestellnummer 10115678"),
    (LONG, "Auftragsnr. 10115678"),
    (LONG, "commande n° 10115678"),
    (LONG, "la facture numéro 10115678"),
    (LONG, "pedido 10115678"),
    (LONG, "factura nº 10115678"),
    (GERMAN, "Torstr. 1, D-10115 Berlin"),
    (GERMAN, "at D 10115"),
    (LETTERED, "vitamin C 10115 mg daily"),
    (LETTERED, "10 °C 10115 hPa"),
    (LETTERED, "hepatitis C. 10115 units"),
    (LETTERED, "plan C\n10115 ml"),
    (LETTERED, "Model EV-C 10115"),
    (LETTERED, "C-10115-B belongs to Otto"),
    (LETTERED, "2024-C-10115-22"),
    (LETTERED, "Order SKU-C-10115"),
    (LETTERED, "Contract C-10115-07 of Otto Kern"),
    (LETTERED, "XC/C-10115/B"),
    (LETTERED, "https://x.example/p/C-10115-blue-shoe"),
    (LETTERED, "c-10115@s.example"),
    (AM, "open at 8 am 1200 units"),
    (AM, "OPEN AT 8 AM 1200 UNITS"),
    (IN, "in 2024 we moved"),
    (IN, "In 2024 we moved"),
    (NO, "No. 12345 Baker Street"),
    (ORDER, "an ord 1200"),
    (LONG, "2024-10115678"),
    (LONG, "10115678.50"),
    (LONG, "0171 10115678"),
    (MUNICH, "+1 895 550 1234"),
    (MUNICH, "order 8955501234"),
    (MUNICH, "Betrag 8.955.501.234 EUR"),
    (NEW_YORK, "+44 2125 550142 rang"),
    (NEW_YORK, "+49 212 555 0142 (Solingen)"),
    (NEW_YORK, "0049 212 555 0142"),
    (NEW_YORK, "0212 5550142"),
    (NEW_YORK, "12 212 555 0142"),
]
IN_LONGER_FIGURES = [
    (MUNICH, "IBAN DE8955501234"),
    (MUNICH, "89 5550 1234 12"),
    (MUNICH, "089 5550 1234-12"),
    (NEW_YORK, "invoice 212-555-0142-7"),
    (NEW_YORK, "212 555 0142b"),
]
"""A screening, which cuts off nothing behind a number, does not find them."""


def listed(world: World, *given: Identifier) -> dict[str, Certainty]:
    """Record id -> how sure a screening is."""
    entries = sorted(of_request(REQUEST, given, KEY, REGIONS))
    rows = world.index.rows(entities(world.index.info.entities))
    found = screen(entries, world.corpus.records, rows, KEY, regions=REGIONS)
    return {one.record_id: one.certainty for one in found}


@pytest.mark.parametrize(("given", "text"), [*THE_PERSON_S, *ONLY_LOCATED])
def test_the_person_s_number_is_certain(world: Build, given: Identifier, text: str) -> None:
    assert world(text, "nothing").certainty(given) == {"1": CERTAIN}


BERLIN = "+49 30 23125678"
"""Without its country's code a number in Britain too, where no such region lies."""


@pytest.mark.parametrize("given", [BERLIN, "0049 30 23125678"])
def test_a_number_is_found_without_its_code_though_it_is_one_elsewhere(
    world: Build, given: str
) -> None:
    texts = ("call 030 23125678", BERLIN, "0049 30 23125678", "+44 30 23125678", "nothing")
    found = world(*texts).certainty(Identifier(IdentifierKind.PHONE, given))
    assert found == {**dict.fromkeys("123", CERTAIN), "4": UNCERTAIN}


def test_of_which_country_a_number_without_code_is_is_asked(world: Build) -> None:
    texts = ("call 030 23125678", BERLIN, "nothing")
    found = world(*texts).certainty(Identifier(IdentifierKind.PHONE, "030 23125678"))
    assert found == {"1": CERTAIN, "2": UNCERTAIN}


def test_their_own_number_read_as_another_country_s_is_nobody_else_s(world: Build) -> None:
    phone = Identifier(IdentifierKind.PHONE, BERLIN)
    built = world(f"{NAME.value}, 030 23125678", f"{NAME.value} asked for a lamp", "nothing")
    assert built.certainty(NAME, phone) == dict.fromkeys("12", CERTAIN)


@pytest.mark.parametrize(("given", "text"), THE_PERSON_S)
def test_and_for_a_screening(world: Build, given: Identifier, text: str) -> None:
    assert listed(world(text, "nothing"), given) == {"1": CERTAIN}


@pytest.mark.parametrize(("given", "text"), [*ANY_FIGURES, *IN_LONGER_FIGURES])
def test_what_may_be_another_number_is_asked_about(
    world: Build, given: Identifier, text: str
) -> None:
    [match] = world(text, "nothing").find(given).values()
    assert (match.record_id, match.certainty) == ("1", UNCERTAIN)
    assert {one.how for one in match.evidence} == {"partial"}


@pytest.mark.parametrize(("given", "text"), ANY_FIGURES)
def test_and_is_possible_for_a_screening(world: Build, given: Identifier, text: str) -> None:
    assert listed(world(text, "nothing"), given) == {"1": UNCERTAIN}


@pytest.mark.parametrize(("given", "text"), IN_LONGER_FIGURES)
def test_a_part_of_a_longer_number_rings_no_alarm(
    world: Build, given: Identifier, text: str
) -> None:
    assert listed(world(text, "nothing"), given) == {}


def test_the_company_s_own_pattern_tells_which_figures_are_a_customer_s(tmp_path: Path) -> None:
    settings = NlpSettings(engine="patterns", customer_id_patterns=(r"(?<=\[)\d{5}(?=\])",))
    world = World.of(tmp_path, load_analyzer(settings), ["[10115] called", "10115 Berlin"])
    assert world.certainty(SHORT) == {"1": CERTAIN, "2": UNCERTAIN}
    assert listed(world, SHORT) == {"1": CERTAIN, "2": UNCERTAIN}


def test_a_post_code_that_a_country_s_recogniser_reads_is_still_any_figures(tmp_path: Path) -> None:
    analyzer = load_analyzer(NlpSettings(engine="patterns", countries=("DE",)))
    world = World.of(tmp_path, analyzer, ["Torstr. 1, 10115 Berlin", "Kunde 10115"])
    assert world.certainty(SHORT) == {"1": UNCERTAIN, "2": CERTAIN}
    assert listed(world, SHORT) == {"1": UNCERTAIN, "2": CERTAIN}


def test_it_links_nothing_and_makes_no_thread_certain(world: Build) -> None:
    found = world(
        ("10115 Berlin, ben@kray.example", "t1"),
        ("How can I help?", "t1"),
        "ben@kray.example again",
    )
    assert CERTAIN not in found.certainty(SHORT).values()
    assert "3" not in found.certainty(SHORT)
    assert CERTAIN not in listed(found, SHORT).values()


def test_beside_somebody_else_s_number_nobody_is_asked(world: Build) -> None:
    found = world("C-2002, Torstr. 1, 10115 Berlin", "C-2002 called", "10115 Berlin")
    assert found.certainty(SHORT) == {"3": UNCERTAIN}


def test_beside_the_whole_name_it_does_not_count_against_it(world: Build) -> None:
    assert world(f"{NAME.value}, 10115 Berlin").certainty(NAME, SHORT) == {"1": CERTAIN}
