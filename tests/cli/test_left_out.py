"""What is said of requests on standard error, so that JSON on standard output stays JSON."""

from __future__ import annotations

import pytest

from unlearnkit.cli.left_out import say_not_listed


def test_what_could_not_be_listed_is_said_on_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say_not_listed(["Request 7: not the records themselves."])
    said = capsys.readouterr()
    assert said.err == "Not listed. Request 7: not the records themselves.\n"
    assert not said.out
