"""What a reader sees of a text: letters, spaces, and bars between fields, each in its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.locate.conftest import Build
from tests.locate.world import CERTAIN, NAME, UNCERTAIN
from unlearnkit.locate.shown import shown

UNSEEN = "\u2060"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("&Aacute;da Garc&iacute;a, O&#39;Hara", "Áda García, O'Hara"),
        ("Ada&nbsp;Lee &amp; Co", "Ada Lee & Co"),
        ("<b>Ada</b> <span class='x'>Lee</span>", "Ada Lee"),
        ("<td>Ada</td><td>Lee</td>", "| Ada| | Lee|"),
        ("**Ada** _Lee_", "Ada Lee"),
        ("> Ada\n> Lee", "Ada Lee"),
        ("// Ada\n// Lee", "Ada Lee"),
        ("Quibble-\nworth", "Quibbleworth"),
        ("> Quibble-\n> worth", "Quibbleworth"),
        ("Ada\\nLee", "Ada Lee"),
        ('{"first_name": "Ada", "last_name": "Lee"}', '{"| "Ada", "| "Lee"}'),
        ("first=Ada&last=Lee", "| Ada&| Lee"),
        ("Vorname: Ada\nNachname: Lee", "| Ada | Lee"),
    ],
)
def test_what_is_no_part_of_a_name_is_not_seen(text: str, seen: str) -> None:
    assert " ".join(shown(text).replace(UNSEEN, "").split()) == " ".join(seen.split())


@pytest.mark.parametrize(
    "text",
    [
        "* Ada\n* Lee",
        "- Ada\n- Lee",
        "1 < 2 & 3 > 2; a_b * c",
        "Write to <ada@lee.example>; Ada-Lee, e-\nMail",
        "&notanentity; &bogus; Tom & Ana",
        "Ada: Lee knows. The name Ada, a first",
    ],
)
def test_what_may_be_said_stays(text: str) -> None:
    assert shown(text) == text


@given(st.text(st.sampled_from("aÁ -\n<>&;#39/|*_\\:=\"' namei"), max_size=60))
def test_every_letter_stays_in_its_place(text: str) -> None:
    assert len(shown(text)) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "> to Zoltana\n> Quibbleworth",
        '<span class="a">Zoltana</span> <i>Quibbleworth</i>',
        "Zoltana Quibble-\nworth",
        "Zoltana&nbsp;Quibbleworth",
        "Zolt&aacute;na Quibblew&oacute;rth",
        '<td title="Zoltana Quibbleworth">1</td>',
    ],
)
def test_a_name_in_it_is_the_whole_name(world: Build, text: str) -> None:
    assert world(text).certainty(NAME) == {"1": CERTAIN}


@pytest.mark.parametrize(
    "text",
    [
        "> to Ana Zoltana\n> Quibbleworth",
        "<b>Zoltana</b> <b>Quibbleworth</b> <i>Smith</i>",
        '{"first_name": "Zoltana", "last_name": "Quibbleworth"}',
        "first_name=zoltana&last_name=quibbleworth",
        "Vorname: Zoltana\nNachname: Quibbleworth",
        "<td>Zoltana</td><td>Quibbleworth</td>",
    ],
)
def test_in_fields_or_a_longer_name_it_is_asked_about_however_common(
    world: Build, text: str
) -> None:
    """Where both words are so common that neither is found by itself."""
    common = [f"Zoltana {one} rang" for one in ("Abel", "Baker")]
    common += [f"{one} Quibbleworth rang" for one in ("Ada", "Ben", "Cleo", "Dan")]
    assert world(text, *common).certainty(NAME) == {"1": UNCERTAIN}
