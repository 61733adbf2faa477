"""Templates and policies that ship with the package; a user's own folder wins file by file."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from unlearnkit.counted import counted, noun
from unlearnkit.errors import BadInput

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

Drawer = Literal["templates", "policies"]
ENGLISH = "en"


def shipped(drawer: Drawer) -> Path:
    """The folder inside the installed wheel, or the checkout's for an editable install."""
    packaged = Path(str(resources.files("unlearnkit"))) / drawer
    return packaged if packaged.is_dir() else Path(__file__).resolve().parent.parent / drawer


def find(drawer: Drawer, name: str, own: Path | None = None) -> Path:
    """The user's `own`/name when it exists, else the shipped file. Raises FileNotFoundError."""
    for folder in ([own] if own is not None else []) + [shipped(drawer)]:
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"{drawer}/{name}")


def letter_template(language: str, own: Path | None = None) -> str:
    """The name of the language's letter. Raises BadInput where there is none."""
    name = "letter.md.j2" if language == ENGLISH else f"letter.{language}.md.j2"
    if language != ENGLISH:
        from babel.localedata import exists

        if not exists(language):
            raise BadInput(
                f"'{language}' is no language", fix="Write two letters of ISO 639-1: en, de."
            )
    try:
        find("templates", name, own)
    except FileNotFoundError:
        raise BadInput(
            f"there is no letter in the language '{language}'",
            fix=f"Write templates/{name} in the workspace, or take it out of `letters`.",
        ) from None
    return name


def environment(own: Path | None = None) -> SandboxedEnvironment:
    """What templates are rendered with: sandboxed, everything escaped, nothing left undefined.

    A template includes others of these two folders and no file of anywhere else.
    """
    from jinja2 import FunctionLoader, StrictUndefined, TemplateNotFound
    from jinja2.loaders import split_template_path
    from jinja2.sandbox import SandboxedEnvironment

    def source(wanted: str) -> tuple[str, str, None] | None:
        try:
            path = find("templates", "/".join(split_template_path(wanted)), own)
        except (FileNotFoundError, TemplateNotFound):
            return None
        return path.read_text(encoding="utf-8"), str(path), None

    made = SandboxedEnvironment(
        loader=FunctionLoader(source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(counted=counted, noun=noun)
    return made
