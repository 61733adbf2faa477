"""The pages of docs/reference, made from the program itself: commands, functions, metrics, files.

python docs/reference.py           write them
python docs/reference.py --check   write nothing; 1, with their names, where they are not up to date
"""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import unlearnkit
from unlearnkit import api, errors, schemas
from unlearnkit.policy.schema import METRICS, UNDER
from unlearnkit.report.glossary import TERMS
from unlearnkit.schemas import NAMES
from unlearnkit.unlearning import settings

FOLDER = Path(__file__).parent / "reference"
OF_METRICS = """\
What a rule of a policy may name as its `metric`, and what a report says of it. How a rule is
written stands in the head of `policies/default.yaml`; `unlearnkit policy explain FILE` says each
rule in words. On which records, and beside which baseline, a metric can be compared is in the
policy's JSON Schema (`unlearnkit schema policy`)."""
OF_FILES = """\
Each is a JSON Schema of draft 2020-12, and lies in `unlearnkit/schemas/` in the package. A policy
is what a person writes; the others are what the program writes."""
MADE = "<!-- Made by `make docs-reference`: change the program, not this page. -->\n\n"


def commands() -> str:
    """Every command, as Typer itself writes it, behind what the exit codes mean."""
    typer = (sys.executable, "-m", "typer", "unlearnkit.cli.main", "utils", "docs")
    done = subprocess.run((*typer, "--name", "unlearnkit"), capture_output=True, check=True)
    page = done.stdout.decode().replace("&#x27;", "'")
    page = page.replace("# `unlearnkit`\n", f"# Commands\n\n{_exit_codes()}\n", 1)
    first = dict(re.findall(r"^#+ `unlearnkit (.+)`\n\n(.+?)$", page, re.MULTILINE))
    group = ""

    def better(line: str) -> str:
        """A list's entry with the whole sentence, which Typer cuts off; an example as code."""
        nonlocal group
        heading = re.match(r"#+ `unlearnkit (.+)`", line)
        group = f"{heading[1]} " if heading else group
        listed = re.match(r"\* `([a-z-]+)`: ", line)
        if listed and group + listed[1] in first:
            name = group + listed[1]
            return f"* [`{listed[1]}`](#unlearnkit-{name.replace(' ', '-')}): {first[name]}"
        return re.sub(r"^Example: (.+)$", r"Example: `\1`", line)

    return "\n".join(map(better, page.splitlines())).rstrip() + "\n"


def _exit_codes() -> str:
    codes = (
        "0 | pass",
        "1 | the gate failed; of `request due` and `screen`: something is due, somebody is back",
        "2 | usage or bad input; nothing was changed (of `request import`: one of the requests is "
        "closed and was not taken in again; the others were)",
        "3 | it could not be evaluated: a person has to decide, or evidence is missing",
        "4 | a signature, digest or ledger entry does not hold",
        "130 | stopped by Ctrl-C; the same command goes on",
    )
    return _table("exit code | what it means", codes)


def functions() -> str:
    """The functions of `import unlearnkit`, their settings, and the errors they raise."""
    called = [getattr(unlearnkit, name) for name in unlearnkit.__all__ if name[0].islower()]
    parts = [f"# Python\n\n{inspect.getdoc(api)}\n"]
    parts += [_function(one) for one in sorted(called, key=_line)]
    parts.append(f"## `unlearnkit.Settings`\n\n{inspect.getdoc(settings.Settings)}\n")
    parts.append(_table("field | default | ", _fields()) + "\n")
    parts.append("## Errors\n\nIn `unlearnkit.errors`; a command ends with their `exit_code`.\n")
    parts.append(_table("error | exit code | ", _errors()))
    return "\n".join(parts) + "\n"


def _line(function: Callable[..., object]) -> int:
    return inspect.getsourcelines(function)[1]


def _function(function: Callable[..., object]) -> str:
    """Signature and docstring, its examples in blocks."""
    tree = ast.parse(inspect.getsource(function)).body[0]
    assert isinstance(tree, ast.FunctionDef)
    name = f"unlearnkit.{function.__name__}"
    arguments = _whole(ast.unparse(tree.args).split(", "))
    signature = f"{name}(\n" + "".join(f"    {one},\n" for one in arguments) + ")"
    paragraphs = (inspect.getdoc(function) or "").split("\n\n")
    said = [f"```python\n{one}\n```" if one.startswith(">>>") else one for one in paragraphs]
    head = f"## `{name}`\n\n```text\n{signature} -> {ast.unparse(tree.returns or tree)}\n```"
    return "\n\n".join([head, *said]) + "\n"


def _whole(pieces: list[str]) -> Iterator[str]:
    """What `, ` within brackets parted, put together again."""
    held = ""
    for piece in pieces:
        held = f"{held}, {piece}" if held else piece
        if held.count("[") == held.count("]"):
            yield held
            held = ""


def _fields() -> Iterator[str]:
    """A row for each setting: the string below a field says what it is."""
    tree = ast.parse(inspect.getsource(settings.Settings)).body[0]
    assert isinstance(tree, ast.ClassDef)
    for at, field in enumerate(tree.body):
        if isinstance(field, ast.AnnAssign) and field.value is not None:
            after = tree.body[at + 1] if at + 1 < len(tree.body) else field
            said = ast.literal_eval(after.value) if _is_text(after) else ""
            default = ast.unparse(field.value)
            yield f"`{ast.unparse(field.target)}` | `{default}` | {_flat(said)}"


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _errors() -> Iterator[str]:
    for name, one in vars(errors).items():
        if isinstance(one, type) and issubclass(one, errors.UnlearnkitError):
            yield f"`{name}` | {one.exit_code} | {_flat(inspect.getdoc(one) or '')}"


def metrics() -> str:
    """What a rule of a policy may name, each as a report explains it."""
    terms = {one.metric: one for one in TERMS}
    parts = [f"# Metrics\n\n{OF_METRICS}\n"]
    for name, said in METRICS.items():
        parts.append(f"## `{name}`\n\n{said[0].upper()}{said[1:]}.\n")
        if name in terms:
            term = terms[name]
            source = f"\n\nSource: {term.source}." if term.source else ""
            parts.append(f"{term.plain}\n\nComputed as: {term.formula}.{source}\n")
    parts.append("## Under an attack\n\n`under:` measures both sides on another model:\n")
    parts.append(_table("under | the model", [f"`{one}` | {said}" for one, said in UNDER.items()]))
    return "\n".join(parts) + "\n"


def files() -> str:
    """The JSON Schemas that ship."""
    rows = [f"{one} | `unlearnkit schema {one}` | `{schemas.file_name(one)}`" for one in NAMES]
    return f"# Files and schemas\n\n{OF_FILES}\n\n{_table('document | printed by | file', rows)}\n"


def _table(head: str, rows: Iterable[str]) -> str:
    line = " | ".join(["---"] * len(head.split("|")))
    return "\n".join(f"| {row} |" for row in (head, line, *rows))


def _flat(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


PAGES = {"cli.md": commands, "api.md": functions, "metrics.md": metrics, "files.md": files}


def main(check: bool) -> int:
    """The exit code."""
    made = {FOLDER / name: MADE + page() for name, page in PAGES.items()}
    if not check:
        FOLDER.mkdir(exist_ok=True)
        for path, text in made.items():
            path.write_text(text, encoding="utf-8")
        return 0
    there = {path: path.read_text("utf-8") for path in made if path.is_file()}
    old = [path.name for path, text in made.items() if there.get(path) != text]
    if old:
        print(f"docs/reference: {', '.join(old)}: run make docs-reference", file=sys.stderr)
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
