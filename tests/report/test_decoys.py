"""The decoy test's plot: counts by place, a panel for each model, and words for who cannot see."""

from __future__ import annotations

from xml.etree import ElementTree

from tests.report.test_plots import classes, described
from unlearnkit.domain import DecoyRank, ModelRole, Split
from unlearnkit.report.decoys import BINS, DecoyPlaces, decoy_places, people_told
from unlearnkit.report.facts import Report
from unlearnkit.report.histograms import decoys_plot
from unlearnkit.report.render import render_html


def rank(
    better: float, of: int = 31, split: Split = Split.FORGET, model: ModelRole = ModelRole.UNLEARNED
) -> DecoyRank:
    return DecoyRank(record_id="a", split=split, model=model, entity="PERSON", better=better, of=of)


def test_ranks_are_counted_four_to_a_bin_whatever_the_number_of_decoys() -> None:
    [found] = decoy_places([rank(0), rank(3), rank(4), rank(31), rank(0, of=6), rank(6, of=6)])
    assert found.counts == (3, 1, 0, 0, 0, 0, 0, 2)
    assert sum(found.shares) == 1.0
    every = [rank(at) for at in range(32)]
    assert decoy_places(every)[0].counts == (4,) * BINS


def test_each_model_and_split_has_its_counts() -> None:
    found = decoy_places([rank(0), rank(1, split=Split.HOLDOUT), rank(2, model=ModelRole.ORIGINAL)])
    assert {(one.split, one.model) for one in found} == {
        (Split.FORGET, ModelRole.UNLEARNED),
        (Split.HOLDOUT, ModelRole.UNLEARNED),
        (Split.FORGET, ModelRole.ORIGINAL),
    }


def test_a_panel_for_each_model_bars_for_the_forgotten_lines_for_the_never_seen(
    report: Report,
) -> None:
    drawing = decoys_plot(report.decoy_places, given=True)
    assert drawing is not None
    found = classes(drawing)
    for kind in ("b-before", "b-after", "b-reference"):
        assert found.count(kind) == BINS
    assert found.count("m-unseen") == 3 * BINS
    title, told = described(drawing)
    assert title == "Where true values stand among their decoys"
    assert told.count("likelier than seven eighths") == 3


def test_bars_are_as_high_as_their_shares() -> None:
    counts = (30, 10, 0, 0, 0, 0, 0, 0)
    one = DecoyPlaces(split=Split.FORGET, model=ModelRole.UNLEARNED, counts=counts)
    drawing = decoys_plot([one], given=True)
    assert drawing is not None
    bars = [bar for bar in ElementTree.fromstring(drawing).iter() if bar.get("class") == "b-after"]
    heights = [float(bar.get("height", "nan")) for bar in bars]
    assert heights[0] == 3 * heights[1] > 0
    assert heights[2:] == [0.0] * 6


def test_without_ranked_values_there_is_no_plot() -> None:
    assert decoys_plot([], given=True) is None
    assert decoys_plot(decoy_places([rank(0, split=Split.HOLDOUT)]), given=True) is None


def test_values_of_a_made_holdout_are_no_shape_to_reach(report: Report) -> None:
    drawing = decoys_plot(report.decoy_places, given=False)
    assert drawing is not None
    assert "m-unseen" not in classes(drawing)


def test_the_page_says_whom_the_test_shuffled(report: Report) -> None:
    """Of the sample's 40 never-seen records 30 are of eight people, and ten of nobody known."""
    test = report.measurement("decoy_test", Split.FORGET, ModelRole.UNLEARNED)
    told = people_told(test)
    assert "3 forgotten and 18 never-seen, 10 of them single records" in told
    assert "give is 0.001" in told
    assert told in render_html(report, "d" * 64, "k").replace("\n", " ")
    assert people_told(None) == ""
