from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.audit.intervals import bootstrap
from unlearnkit.audit.summary import summarise
from unlearnkit.domain import ModelRole, RecordScore, Split


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_the_interval_lies_within_the_values(values: list[float]) -> None:
    low, high = bootstrap(values, seed=0)
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9


def test_without_a_reference_forget_quality_is_not_measured() -> None:
    score = RecordScore(
        record_id="a",
        split=Split.FORGET,
        model=ModelRole.UNLEARNED,
        exact_memorization=0.2,
        extraction_strength=0.0,
        probability=0.1,
        truth_ratio=0.8,
    )
    [quality] = [one for one in summarise([score], 0) if one.metric == "forget_quality"]
    assert quality.value is None
    assert "reference" in quality.not_measured
