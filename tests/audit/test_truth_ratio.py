import math

import pytest

from unlearnkit.audit.truth_ratio import closeness, truth_ratio


def test_a_known_record_has_a_small_ratio() -> None:
    assert truth_ratio(0.1, [3.1, 3.1]) == pytest.approx(math.exp(-3.0))


def test_no_preference_is_one() -> None:
    assert truth_ratio(2.0, [1.0, 3.0]) == pytest.approx(1.0)


def test_closeness_sees_both_sides() -> None:
    assert closeness(0.5) == closeness(2.0) == 0.5


def test_what_is_no_number_is_not_called_known() -> None:
    assert math.isnan(closeness(math.nan))


def test_nothing_to_compare_with_is_an_error_not_a_number() -> None:
    with pytest.raises(ValueError, match="at least one"):
        truth_ratio(1.0, [])


def test_what_is_certainly_known_is_not_close_to_no_preference() -> None:
    assert closeness(0.0) == 0.0
    assert closeness(1.0) == 1.0
