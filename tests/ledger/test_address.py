"""Where a ledger may be, and that its password is kept apart from it."""

from __future__ import annotations

import pytest

from unlearnkit.errors import BadInput
from unlearnkit.ledger.address import DRIVER, address, place, without_password


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:////srv/ledger.db", "sqlite"),
        ("postgres://dpo@host/db", DRIVER),
        ("postgresql://dpo@host/db", DRIVER),
        (f"{DRIVER}://dpo@host/db", DRIVER),
    ],
)
def test_a_database_goes_by_any_of_its_names(url: str, driver: str) -> None:
    assert address(url).drivername == driver


@pytest.mark.parametrize("url", ["words", "mysql://host/db", "postgresql://host:port/db", ""])
def test_another_is_refused_with_what_may_stand_there(url: str) -> None:
    with pytest.raises(BadInput, match="no database URL of SQLite or PostgreSQL") as refusal:
        address(url)
    assert "sqlite:////srv/ledger.db" in refusal.value.fix
    assert "postgresql://user@host/database" in refusal.value.fix


@pytest.mark.parametrize("name", ["password", "sslpassword", "PassWord"])
def test_a_password_among_the_parameters_is_refused_without_being_shown(name: str) -> None:
    with pytest.raises(BadInput, match="a password among its parameters") as refusal:
        address(f"postgresql://dpo@host/db?application_name=x&{name}=secret")
    assert "before the @" in refusal.value.fix
    assert "secret" not in str(refusal.value)


def test_the_password_is_taken_out_and_all_the_rest_stays() -> None:
    url = "postgresql://dpo:secret@host:5433/db?connect_timeout=3"
    assert without_password(url) == (f"{DRIVER}://dpo@host:5433/db?connect_timeout=3", "secret")


def test_without_a_password_there_is_none() -> None:
    assert without_password("sqlite:////srv/ledger.db") == ("sqlite:////srv/ledger.db", None)


def test_people_are_shown_the_file_or_the_url_with_its_password_hidden() -> None:
    assert place(address("sqlite:////srv/ledger.db")) == "/srv/ledger.db"
    assert place(address("sqlite://")) == "in memory"
    assert place(address("postgresql://dpo:secret@host/db")) == f"{DRIVER}://dpo:***@host/db"
