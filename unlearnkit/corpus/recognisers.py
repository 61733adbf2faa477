"""The Presidio recognisers every analysis runs. Imports Presidio: import this module lazily."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

import regex  # type: ignore[import-untyped]
from presidio_analyzer import Pattern, PatternRecognizer
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.pattern_recognizer import REGEX_TIMEOUT_SECONDS
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    DateRecognizer,
    EmailRecognizer,
    IbanRecognizer,
    IpRecognizer,
)
from tldextract import TLDExtract

from unlearnkit.corpus.identifiers import kinds
from unlearnkit.corpus.phones import QuickPhoneRecognizer
from unlearnkit.errors import BadInput


class OfflineEmailRecognizer(EmailRecognizer):
    """Presidio's e-mail recogniser with tldextract's bundled suffix list: no network, no cache.

    An address under a private suffix (`@corp.local`) keeps the pattern's own score; Presidio
    would drop it, but company records are full of them.
    """

    suffixes = TLDExtract(cache_dir=None, suffix_list_urls=())

    def validate_result(self, pattern_text: str) -> bool | None:
        """True where the domain ends in a public suffix, else undecided."""
        return True if self.suffixes(pattern_text).fqdn else None


class _NoContext(ContextAwareEnhancer):
    def __init__(self) -> None:
        super().__init__(0, 0, 0, 0)

    def enhance_using_context(self, text: str, raw_results: Any, *_: Any, **__: Any) -> Any:
        return raw_results


def no_context() -> ContextAwareEnhancer:
    """Leaves scores alone: the lemmas Presidio's enhancer reads are not computed here."""
    return _NoContext()


def standing_recognisers(
    language: str, regions: Sequence[str], customer_id_patterns: Sequence[str]
) -> list[Any]:
    """E-mail, phone, card, IBAN, IP, dates, the kinds of `identifiers/`, and customer numbers.

    Raises BadInput when a customer id pattern is not a regular expression.
    """
    recognisers = [
        OfflineEmailRecognizer(supported_language=language),
        QuickPhoneRecognizer(supported_language=language, supported_regions=regions),
        CreditCardRecognizer(supported_language=language),
        IbanRecognizer(supported_language=language),
        IpRecognizer(supported_language=language),
        DateRecognizer(supported_language=language),
        *(kind.recogniser(language) for kind in kinds()),
    ]
    for pattern in customer_id_patterns:
        try:
            regex.compile(pattern)
        except regex.error as error:
            raise BadInput(f"the customer id pattern '{pattern}' is malformed: {error}") from None
    if customer_id_patterns:
        patterns = [Pattern("customer id", one, 0.9) for one in customer_id_patterns]
        recognisers.append(
            PatternRecognizer(
                "CUSTOMER_ID",
                name="CustomerIdRecognizer",
                supported_language=language,
                patterns=patterns,
            )
        )
    return recognisers


def where_a_pattern_stands(recogniser: Any) -> Any:
    """The recogniser, looking only at texts in which one of its patterns stands, if it has such.

    It finds the same. Presidio times and logs each pattern, which takes longer than the search.
    """
    if type(recogniser).analyze not in (PatternRecognizer.analyze, IbanRecognizer.analyze):
        return recogniser
    flags = recogniser.global_regex_flags
    patterns = [regex.compile(pattern.regex, flags) for pattern in recogniser.patterns]

    def only_there(text: str, **asked: Any) -> Any:
        try:
            stands = any(one.search(text, timeout=REGEX_TIMEOUT_SECONDS) for one in patterns)
        except TimeoutError:  # Presidio leaves such a pattern out, and says so
            stands = True
        return recogniser.analyze(text, **asked) if stands else []

    quick = copy(recogniser)
    quick.analyze = only_there
    return quick
