"""A date, a sum or a code that a numbering plan takes for a phone is none; a phone stays one."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.corpus.figures import no_phone


def read(text: str, figures: str) -> bool:
    """Whether the figures, where they stand in the text, are no phone."""
    start = text.index(figures)
    return no_phone(text, start, start + len(figures))


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("am 05.03.2024 da", "05.03.2024"),
        ("born 01.02.1980", "01.02.1980"),
        ("on 05-03-2024", "05-03-2024"),
        ("vom 05.03.24", "05.03.24"),
        ("2024-03-05 14:30", "2024-03-05 14"),
        ("05.03.2024-07.03.2024", "05.03.2024-07.03.2024"),
        ("am 05.03.2024, 14:30 Uhr", "05.03.2024"),
        ("2024/000123", "2024/000123"),
        ("000123/2024", "000123/2024"),
        ("seit 2022 2023 2024", "2022 2023 2024"),
        ("Betrag 8.955.501.234 EUR", "8.955.501.234"),
        ("955.501.234 EUR", "955.501.234"),
        ("USD 2125550142", "2125550142"),
        ("1,234,567.89", "234,567"),
        ("192.168.10.12", "192.168.10.12"),
        ("48.137154, 11.5", "48.137154"),
        ("978-3-16-148410-0", "978-3-16-148410-0"),
        ("v10.15.7.20", "10.15.7.20"),
        ("DE8955501234", "8955501234"),
        ("212-555-0142-7", "212-555-0142"),
        ("invoice no. 2125550142", "2125550142"),
        ("Vertrag 0815 4711", "0815 4711"),
        ("Steuer-ID 12 345 678 901", "12 345 678 901"),
        ("#0895550123", "0895550123"),
    ],
)
def test_another_figure_is_no_phone(text: str, figures: str) -> None:
    assert read(text, figures)


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("Tel. 05.03.2024", "05.03.2024"),
        ("Mobile no.: 2024/000123", "2024/000123"),
        ("order +49 89 5550 1234", "+49 89 5550 1234"),
        ("089 5550 1234", "089 5550 1234"),
        ("(212) 555-0142.", "(212) 555-0142"),
        ("212.555.0142, room 4", "212.555.0142"),
        ("01.23.45.67.89", "01.23.45.67.89"),
        ("01-02-03-04-05", "01-02-03-04-05"),
        ("955.501.234", "955.501.234"),
        ("08091/2024", "08091/2024"),
        ("089.5550123", "089.5550123"),
        ("0895550123/24", "0895550123"),
        ("4711,0895550123,2024", "0895550123"),
        ("212-555-0142x12", "212-555-0142"),
        ("at 14:30: 089 5550123", "089 5550123"),
        ("am 5.3. 089 5550123", "089 5550123"),
    ],
)
def test_a_phone_stays_one(text: str, figures: str) -> None:
    assert not read(text, figures)


@given(
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.sampled_from("./-"),
    st.sampled_from(["%d{0}%m{0}%Y", "%m{0}%d{0}%Y", "%Y{0}%m{0}%d", "%d{0}%m{0}%y"]),
    st.sampled_from(["", " ", "am ", "(", "seit: "]),
)
def test_no_date_is_a_phone(day: date, separator: str, order: str, before: str) -> None:
    written = day.strftime(order.format(separator))
    assert no_phone(f"{before}{written} da", len(before), len(before) + len(written))


@given(st.text("0123456789 .,:/-+()#EUx€", max_size=40), st.data())
def test_whatever_stands_there_is_read(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    if text[start:end].startswith("+"):
        assert not no_phone(text, start, end)
    else:
        no_phone(text, start, end)
