"""OpenDSR 2.0 requests (opengdpr/OpenDSR, specification.md, section 7.1).

OpenDSR has no identity type for a name or a phone number; those stand in its extension point:

    "extensions": {"unlearnkit": {"names": ["..."], "phones": ["..."]}}
    "extensions": {"unlearnkit": {"identities": [
        {"identity_type": "name", "identity_value": "..."}
    ]}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self
from urllib.parse import unquote, unquote_plus, urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from unlearnkit.domain import Identifier, IdentifierKind, IdentityVerification
from unlearnkit.requests.build import Submission
from unlearnkit.requests.clock import Regulation, parse_time, time_text
from unlearnkit.requests.identifiers import MAX_LENGTH, Format, folded, identifier

DEVICE_IDS = (
    "android_advertising_id",
    "android_id",
    "fire_advertising_id",
    "ios_advertising_id",
    "ios_vendor_id",
    "microsoft_advertising_id",
    "microsoft_publisher_id",
    "roku_publisher_id",
    "roku_advertising_id",
)
"""Identity types of OpenDSR section 5.1 that are searched for as they are."""

SHORT_FORMS = {
    "names": IdentifierKind.NAME,
    "emails": IdentifierKind.EMAIL,
    "phones": IdentifierKind.PHONE,
    "customer_ids": IdentifierKind.CUSTOMER_ID,
    "addresses": IdentifierKind.ADDRESS,
    "dates_of_birth": IdentifierKind.DATE_OF_BIRTH,
    "handles": IdentifierKind.HANDLE,
    "others": IdentifierKind.OTHER,
}
"""Field of the extension -> what its values are."""


BY_CONTROLLER = "by the controller before it sent the request (OpenDSR, section 3.2)"
"""How the identity behind an OpenDSR request was verified."""


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def uuid4_text(text: str) -> str:
    """A lower-case UUIDv4 (OpenDSR section 1.1). Raises ValueError."""
    try:
        found = UUID(text)
    except ValueError:
        found = None
    if found is None or found.version != 4 or str(found) != text.lower():
        raise ValueError("this is no UUID of version 4")
    return str(found)


class ExtensionIdentity(_Strict):
    """An identity of any kind unlearnkit knows."""

    identity_type: Annotated[str, Field(max_length=64)]
    identity_value: str
    identity_format: Format = "raw"

    @field_validator("identity_type")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in list(IdentifierKind):
            raise ValueError(f"unknown identity type; known: {', '.join(IdentifierKind)}")
        return name

    @model_validator(mode="after")
    def _sound(self) -> Self:
        self.identifier()
        return self

    def identifier(self) -> Identifier:
        """The identity in our words. Raises ValueError."""
        kind = IdentifierKind.OTHER
        if self.identity_type in list(IdentifierKind):
            kind = IdentifierKind(self.identity_type)
        return identifier(kind, self.identity_value, self.identity_format)


class Identity(ExtensionIdentity):
    """An identity as OpenDSR has it (section 5.3): its types only, and the format is required."""

    identity_format: Format

    @field_validator("identity_type")
    @classmethod
    def _known(cls, name: str) -> str:
        known = ("email", "controller_customer_id", *DEVICE_IDS)
        if name not in known:
            raise ValueError(
                f"not an identity type of OpenDSR (known: {', '.join(known)}); "
                "names, phone numbers and others go beside subject_identities: "
                '"extensions": {"unlearnkit": {"names": ["..."], "phones": ["..."]}}'
            )
        return name


class Extension(_Strict):
    """What unlearnkit adds to an OpenDSR request: identities in full, or lists of plain values."""

    identities: list[ExtensionIdentity] = []
    names: list[str] = []
    emails: list[str] = []
    phones: list[str] = []
    customer_ids: list[str] = []
    addresses: list[str] = []
    dates_of_birth: list[str] = []
    handles: list[str] = []
    others: list[str] = []

    @model_validator(mode="after")
    def _sound(self) -> Self:
        list(self.identifiers())
        return self

    def identifiers(self) -> Iterator[Identifier]:
        """All of them. Raises ValueError."""
        for one in self.identities:
            yield one.identifier()
        for field, kind in SHORT_FORMS.items():
            for value in getattr(self, field):
                yield identifier(kind, value)


class Extensions(BaseModel):
    """Extensions by processor; those of others are not ours to read."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    unlearnkit: Extension = Extension()


class OpenDsrRequest(_Strict):
    """One request; only erasure is taken."""

    regulation: Regulation
    subject_request_id: Annotated[str, AfterValidator(uuid4_text)]
    subject_request_type: Literal["erasure", "access", "portability"]
    submitted_time: Annotated[str, AfterValidator(time_text)]
    subject_identities: list[Identity] = []
    api_version: str = ""
    status_callback_urls: list[str] = []
    extensions: Extensions = Extensions()

    @field_validator("subject_request_type")
    @classmethod
    def _erasure_only(cls, kind: str) -> str:
        if kind != "erasure":
            raise ValueError(f"'{kind}' requests are not handled here; only erasure is")
        return kind

    @field_validator("status_callback_urls")
    @classmethod
    def _addresses(cls, urls: list[str]) -> list[str]:
        for url in urls:
            if not _is_callback(url):
                raise ValueError(
                    f"not an http(s) URL of at most {MAX_LENGTH} characters and without a password"
                )
        return urls

    @model_validator(mode="after")
    def _about_somebody(self) -> Self:
        people = self.identifiers()
        if not people:
            raise ValueError(
                "no identifier: give subject_identities, or names and others as "
                '"extensions": {"unlearnkit": {"names": ["..."], "phones": ["..."]}}'
            )
        # The addresses stay in the ledger when the person's identifiers are erased. A plus is a
        # space in a query and itself elsewhere; an underscore is as good as a space.
        read = (how(url) for url in self.status_callback_urls for how in (unquote, unquote_plus))
        plain = "\n".join(map(folded, read))
        values = (re.escape(folded(one.value)) for one in people)
        if any(re.search(rf"(?<![^\W_]){value}(?![^\W_])", plain) for value in values):
            raise ValueError("status_callback_urls holds an identifier of the person")
        return self

    def identifiers(self) -> tuple[Identifier, ...]:
        """OpenDSR's own identities first, then ours."""
        plain = (one.identifier() for one in self.subject_identities)
        return (*plain, *self.extensions.unlearnkit.identifiers())


def _is_callback(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    written = len(url) <= MAX_LENGTH and url.isprintable() and " " not in url
    named = parts.scheme in ("https", "http") and parts.hostname and "@" not in parts.netloc
    return bool(written and named)


def parse_opendsr(value: Any) -> Submission:
    """One request from parsed JSON. Raises pydantic.ValidationError.

    It counts as verified: the controller validates what people ask before it sends it to its
    processors (sections 3.1, "Data Controller", and 3.2, step 2).
    """
    request = OpenDsrRequest.model_validate(value)
    return Submission(
        regulation=request.regulation,
        identifiers=request.identifiers(),
        submitted=parse_time(request.submitted_time),
        request_id=request.subject_request_id,
        verification=IdentityVerification(BY_CONTROLLER, by="controller"),
        callback_urls=tuple(dict.fromkeys(request.status_callback_urls)),
    )
