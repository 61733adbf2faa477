"""A conversation of a record: messages with role and content, checked and joined to one text.

Whatever else a message holds would be trained on and not searched, so the record is quarantined.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from sys import intern

from unlearnkit.domain import ASSISTANT, TURN

MAX_TEXT_BYTES = 10_000_000
"""A text longer than this is a mistake in the export, not a record."""
_CALLS = ("tool_calls", "function_call")
_OTHER_PARTS = frozenset(
    {
        *("image", "image_url", "input_image", "audio", "input_audio", "video", "video_url"),
        *("file", "input_file", "document", "refusal", "thinking", "tool_use", "tool_result"),
    }
)
"""Types of parts that have a name; of others the name might be anything, also somebody's."""


class Unusable(Exception):
    """The reason why a record is quarantined; it holds nothing of the record."""


def conversation(found: object) -> tuple[tuple[str, ...], str]:
    """Roles and text of a list of messages, in a CSV a cell with its JSON; empty without any.

    Raises Unusable.
    """
    if isinstance(found, str) and found.strip():
        try:
            found = json.loads(found)
        except (RecursionError, ValueError):
            raise Unusable("the messages are not JSON") from None
    if not found:
        return (), ""
    if not isinstance(found, list):
        raise Unusable("the messages are not a list")
    turns = [_message(one) for one in found]
    if not any(role == ASSISTANT and content.strip() for role, content in turns):
        raise Unusable("the messages hold no turn of the assistant")
    text = TURN.join(content for _, content in turns)
    return tuple(role for role, _ in turns), checked(text, "conversation")


def checked(found: str, what: str) -> str:
    """The text, where it is one and not too long. Raises Unusable, which calls it `what`."""
    try:
        size = len(found.encode())
    except UnicodeEncodeError:
        raise Unusable(f"the {what} holds half of a UTF-16 pair, which is no text") from None
    if size > MAX_TEXT_BYTES:
        raise Unusable(f"the {what} has more than {MAX_TEXT_BYTES // 1_000_000} MB")
    return found


def turn(content: str) -> str:
    """What is said in one turn. Raises Unusable where it could be taken for several."""
    if TURN.strip("\n") in content:
        raise Unusable("a message holds the control character U+001E")
    return content


def _message(found: object) -> tuple[str, str]:
    """Role and content."""
    if not isinstance(found, Mapping):
        raise Unusable("a message is not an object with role and content")
    role = found.get("role")
    if not isinstance(role, str) or not role:
        raise Unusable("a message has no role")
    if any(_filled(found.get(name)) for name in _CALLS):
        raise Unusable("a message calls tools, which are not read")
    content = _content(found.get("content"))
    if any(_filled(value) for name, value in found.items() if name not in ("role", "content")):
        raise Unusable("a message holds more than role and content")
    return intern(checked(role, "role")), turn(content)


def _content(found: object) -> str:
    """A string, or the text parts of a list, each on lines of its own."""
    if isinstance(found, str):
        return found
    if found is None:
        # Chat templates fail on it, or write the word None, by the model.
        raise Unusable("the content of a message is null")
    if not isinstance(found, list):
        raise Unusable("the content of a message is neither a string nor a list of parts")
    return "\n".join(_part(one) for one in found)


def _part(found: object) -> str:
    """The text of a content part, as OpenAI's API has them."""
    if not isinstance(found, Mapping):
        raise Unusable("a part of a message is not an object with type and text")
    kind, text = found.get("type"), found.get("text")
    if kind != "text":
        known = isinstance(kind, str) and kind in _OTHER_PARTS
        named = f"type '{kind}'" if known else "a type other than text"
        raise Unusable(f"a message holds a part of {named}, which is not read")
    if not isinstance(text, str):
        raise Unusable("a text part of a message has no text")
    if any(_filled(value) for name, value in found.items() if name not in ("type", "text")):
        raise Unusable("a part of a message holds more than type and text")
    return text


def _filled(value: object) -> bool:
    return value not in (None, "", [], {})
