"""The options that say how records are read, shared by `index`, `process` and `screen`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

if TYPE_CHECKING:
    from unlearnkit.config import Config
    from unlearnkit.corpus.nlp import NlpSettings
    from unlearnkit.corpus.reader import Fields


@dataclass(frozen=True, slots=True)
class Reading:
    """Which fields hold what, and what personal data is looked for."""

    fields: Fields
    nlp: NlpSettings


class Readings(Protocol):
    """Gives what was chosen, and the workspace's settings for the rest."""

    def __call__(self, config: Config) -> Reading:
        """How this workspace's records are read."""


def options(
    text_field: Annotated[
        str | None, typer.Option(help="Field with the text.", show_default="the workspace's")
    ] = None,
    id_field: Annotated[
        str | None, typer.Option(help="Field with the record's own id.", show_default="the same")
    ] = None,
    group_field: Annotated[
        str | None, typer.Option(help="Field with the thread or ticket.", show_default="the same")
    ] = None,
    country: Annotated[
        list[str] | None,
        typer.Option(
            help="Look for this country's numbers too (identity, tax, passport): DE, ES, US; "
            "several times for several.",
            show_default="nlp.countries of unlearnkit.yaml",
        ),
    ] = None,
    recognisers: Annotated[
        Path | None,
        typer.Option(
            help="Recognisers of your own, in Presidio's YAML.",
            show_default="nlp.recognisers of unlearnkit.yaml",
        ),
    ] = None,
) -> Readings:
    """What was chosen."""
    given = {"text": text_field, "id": id_field, "group": group_field}

    def chosen(config: Config) -> Reading:
        from unlearnkit.corpus.nlp import with_countries, with_recognisers

        nlp = config.nlp
        nlp = with_countries(nlp, country) if country else nlp
        nlp = with_recognisers(nlp, recognisers) if recognisers else nlp
        fields = {name: field for name, field in given.items() if field}
        return Reading(config.fields.model_copy(update=fields), nlp)

    return chosen
