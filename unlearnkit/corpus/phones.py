"""Presidio's phone recogniser, with its findings and without most of its work. Imports Presidio.

Presidio has python-phonenumbers search a text once for each region. Nearly all that looks like a
number there is an amount, a date or an order, and is read in full for each region to be refused.
Here the regions search together, for as long as they find the same, and figures are read only where
a region's numbering plan lets them be valid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from phonenumbers import (
    PhoneMetadata,
    PhoneNumberMatch,
    PhoneNumberMatcher,
    region_codes_for_country_code,
)
from presidio_analyzer import EntityRecognizer
from presidio_analyzer.predefined_recognizers import PhoneRecognizer

# In such a candidate phonenumbers sees neither a plus sign nor an extension nor letters as figures.
_PLAIN = re.compile(r"[0-9 ()\[\]./-]+")
_NO_FIGURE = re.compile(r"[^0-9]+")
_NEVER = re.compile(r"(?!)")


class QuickPhoneRecognizer(PhoneRecognizer):
    """Finds what Presidio's PhoneRecognizer finds, and is called like it in the index."""

    def __init__(self, supported_language: str, supported_regions: Sequence[str]) -> None:
        super().__init__(
            supported_language=supported_language,
            supported_regions=tuple(supported_regions),
            name=PhoneRecognizer.__name__,
        )

    def analyze(self, text: str, entities: Any, nlp_artifacts: Any = None) -> Any:
        """Presidio's results; only their explanation says how the number was found."""
        result: Any = self._get_recognizer_result
        phones = _phones(text, self.supported_regions)
        found = [result(match, text, region, nlp_artifacts) for region, match in phones]
        return EntityRecognizer.remove_duplicates(found)


def _phones(text: str, regions: Sequence[str]) -> Iterator[tuple[str, PhoneNumberMatch]]:
    """What each region finds, with one of the regions that find it."""
    waiting = [(0, regions)]
    while waiting:
        matcher = _Matcher(text, *waiting.pop())
        for match in matcher:
            yield matcher.regions[0], match
        for match, finders in matcher.parted:
            yield finders[0], match
            waiting.append((match.end, finders))


class _Matcher(PhoneNumberMatcher):
    """Finds what all its regions find; those that alone find a number part from it there."""

    # A version of phonenumbers without it has to fail here, and not to find less.
    _by_one_region = PhoneNumberMatcher._parse_and_verify

    def __init__(self, text: str, start: int, regions: Sequence[str]) -> None:
        super().__init__(text, None)
        self._search_index = start
        self.regions = regions
        self.parted: list[tuple[PhoneNumberMatch, Sequence[str]]] = []

    def _parse_and_verify(self, candidate: str, offset: int) -> PhoneNumberMatch | None:
        found = dict(self._found(candidate, offset))
        if not found:
            return None
        match = next(iter(found.values()))
        if len(found) == len(self.regions):
            return match
        self.parted.append((match, list(found)))
        self.regions = [one for one in self.regions if one not in found]
        return None

    def _found(self, candidate: str, offset: int) -> Iterator[tuple[str, PhoneNumberMatch]]:
        plain = _PLAIN.fullmatch(candidate) is not None
        figures = _NO_FIGURE.sub("", candidate)
        for region in self.regions:
            if not plain or _plan(region).allows(figures):
                self.preferred_region = region
                match = self._by_one_region(candidate, offset)
                if match is not None:
                    yield region, match


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a region's numbering plan says of the figures of a valid number without a plus sign."""

    abroad: re.Pattern[str]
    """What is dialled before another country's code."""
    prefix: re.Pattern[str]
    """What may be taken off: the region's own country code, or what is dialled before a number."""
    fewest: int
    """Figures of the shortest number."""
    whole: re.Pattern[str]
    """A number of which nothing is taken off."""

    def allows(self, figures: str) -> bool:
        """Whether the figures may be a valid number, as phonenumbers' `parse` takes them apart."""
        if len(figures) >= self.fewest and (
            self.prefix.match(figures) or self.whole.fullmatch(figures)
        ):
            return True
        return self.abroad.match(figures) is not None


@cache
def _plan(region: str) -> _Plan:
    own = _metadata(region)
    if own is None:  # where phonenumbers knows no such region, it reads only what has a plus sign
        return _Plan(_NEVER, _NEVER, 0, _NEVER)
    # A number counts where it is valid in any region of the country code, the main one first.
    sharing = [_metadata(one) for one in region_codes_for_country_code(own.country_code)]
    described = [one.general_desc for one in sharing]
    fewest = min(min(one.possible_length) for one in described)
    taken_off = [str(own.country_code), *filter(None, [own.national_prefix_for_parsing])]
    return _Plan(
        abroad=re.compile(own.international_prefix or _NEVER.pattern),
        prefix=re.compile("|".join(taken_off)),
        fewest=0 if _lengthens(own) or _lengthens(sharing[0]) else fewest,
        whole=re.compile("|".join(f"(?:{one.national_number_pattern})" for one in described)),
    )


def _metadata(region: str) -> Any:
    return PhoneMetadata.metadata_for_region(region, None)


def _lengthens(plan: Any) -> bool:
    """Whether phonenumbers puts an area code before local numbers."""
    return bool(re.sub(r"\\[0-9]", "", plan.national_prefix_transform_rule or ""))
