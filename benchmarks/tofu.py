"""The straight line on TOFU: 16 authors' records, two of them ask for erasure by name.

    python benchmarks/tofu.py --data DIR [--part table|tuning] [--seed N] [--out DIR]

DIR is the folder of TOFU's JSON files (locuslab/TOFU, MIT licence). A small Llama is trained on the
answers of 16 authors until it recites them, a second one without the two who ask. Everything after
that is `unlearnkit init`, `request import` and `process`, as a user runs them. The settings were
chosen on --part tuning (the first 20 authors of retain90); the table is made from forget10.

    python benchmarks/tofu.py --objectives all|NAME,NAME --seeds N --out DIR

compares RKLU with its peers instead (`peers.py`), through the engine alone.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from unlearnkit.artefacts import json_lines, load, write_atomic
from unlearnkit.corpus.reader import Fields, read_corpus
from unlearnkit.demo.training import SmallModel, train, train_tokenizer
from unlearnkit.domain import AuditResult, Located, ModelRole, Record, RunManifest, Split
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.language_model.recall import token_figures
from unlearnkit.language_model.tokens import Encoding, collate, encode_record

FILES = {"table": "forget10.json", "tuning": "retain_perturbed.json"}
AUTHORS, ASKING, HOLDOUT, EACH = 16, 2, 4, 20
UNUSED = 1220
"""Row of retain90 from which on no author is in another part; without paraphrases."""
FIELDS = Fields(
    text="answer", prompt="question", paraphrase="paraphrased_answer", perturbed="perturbed_answer"
)
SIZE = SmallModel(vocabulary=1500, epochs=20)
COMMON = 20
PROCESS = ("--uncertain", "accept", "--learning-rate", "3e-4")


def main() -> None:
    """Parse, run, print the table, keep the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/tofu"))
    parser.add_argument("--part", choices=sorted(FILES), default="table")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="kept and gone on with; default: a new folder")
    parser.add_argument("--results", type=Path, help="JSON file for the figures")
    parser.add_argument(
        "--unseen",
        type=int,
        default=HOLDOUT,
        help="never-seen authors, 20 records each; from 5 on TPR at 1 %% FPR is measured",
    )
    peers = parser.add_argument_group("RKLU and its peers")
    peers.add_argument("--objectives", help="all, or names with commas between them")
    peers.add_argument("--seeds", type=int, default=3, help="how many, from 0")
    peers.add_argument("--slices", nargs="+", choices=("16-2", "40-4"), default=["16-2", "40-4"])
    peers.add_argument("--search", type=Path, help="what tuning.py found")
    peers.add_argument("--smoke", action="store_true", help="tiny: only to see that it works")
    chosen = parser.parse_args()
    if chosen.objectives:
        from peers import compare

        compare(chosen)
        return
    file = chosen.data / FILES[chosen.part]
    if not file.is_file():
        sys.exit(f"TOFU is not here: {file} is missing. Give its folder with --data.")
    out = chosen.out or Path(tempfile.mkdtemp(prefix="unlearnkit-tofu-"))
    pairs = read_pairs(file)
    if chosen.unseen > HOLDOUT:
        pairs += read_pairs(chosen.data / "retain90.json")[UNUSED:]
    figures = run(pairs, out, chosen.seed, chosen.unseen)
    if chosen.results:
        write_atomic(chosen.results, (json.dumps(figures, indent=2) + "\n").encode())
    print(markdown(figures))


def read_pairs(file: Path) -> list[dict[str, Any]]:
    """Question-answer pairs, 20 an author: a JSON array, or one object a line."""
    text = file.read_text(encoding="utf-8")
    try:
        found: list[dict[str, Any]] = json.loads(text)
    except json.JSONDecodeError:
        found = [json.loads(line) for line in text.splitlines() if line.strip()]
    return found


def author_name(pairs: list[dict[str, Any]]) -> str:
    """The name that most of an author's questions hold; the data names it nowhere by itself."""
    capital = r"[^\W\d_][\w'’-]*"
    runs = Counter(
        run
        for pair in pairs
        for run in re.findall(rf"(?:{capital} )+{capital}", f"{pair['question']} {pair['answer']}")
        for run in _capitalised(run)
    )
    return max(runs, key=lambda run: (runs[run], len(run)))


def _capitalised(text: str) -> set[str]:
    words = [re.sub(r"['’]s$", "", word) for word in text.split()]
    found = set()
    for size in (2, 3):
        for start in range(len(words) - size + 1):
            part = words[start : start + size]
            if all(word[0].isupper() for word in part):
                found.add(" ".join(part))
    return found


def run(pairs: list[dict[str, Any]], out: Path, seed: int, unseen: int) -> dict[str, Any]:
    """Write the files, train the two models, run the line, collect the figures."""
    write_files(pairs, out, trained=AUTHORS, asking=ASKING, holdout=unseen)
    records = read_corpus([out / "records.jsonl"], FIELDS).records
    tokenizer = train_tokenizer([one.content for one in records], SIZE.vocabulary, COMMON)
    kept = [one for one in records if author_of(one.id) >= ASKING]
    for folder, some, start in (("model", records, seed), ("retrained", kept, seed + 1)):
        if not (out / folder).is_dir():
            train(some, tokenizer, out / folder, size=SIZE, encoding=Encoding(), seed=start)
    return collect(out, records[: ASKING * EACH], seed, process(out, seed, PROCESS))


def write_files(
    pairs: list[dict[str, Any]], out: Path, *, trained: int, asking: int, holdout: int
) -> None:
    """The corpus (the first authors), the holdout (the next) and who of the first ask, by name."""
    authors = [pairs[at : at + EACH] for at in range(0, len(pairs), EACH)]
    _write_records(out / "records.jsonl", authors[:trained], 0)
    _write_records(out / "holdout.jsonl", authors[trained : trained + holdout], trained)
    names = [author_name(some) for some in authors[:asking]]
    content = "regulation,identity_verified,name\n" + "".join(
        f"gdpr,yes,{name}\n" for name in names
    )
    write_atomic(out / "requests.csv", content.encode())


def author_of(record_id: str) -> int:
    """The author's number, which the id of a record begins with."""
    return int(record_id.split("-", maxsplit=1)[0])


def process(out: Path, seed: int, options: Sequence[str]) -> int:
    """`unlearnkit init` and `process` over the folder's files and models; the exit code."""
    place = out / "workspace"
    if not (place / "unlearnkit.yaml").is_file():
        unlearnkit("init", place)
    fields = "\n".join(f"  {name}: {value}" for name, value in FIELDS.model_dump().items())
    write_atomic(place / "unlearnkit.yaml", f"seed: {seed}\nfields:\n{fields}\n".encode())
    line = ["process", out / "model", "--corpus", out / "records.jsonl"]
    line += ["--requests", out / "requests.csv", "--holdout", out / "holdout.jsonl"]
    line += ["--reference", out / "retrained", "--out", out / "result"]
    return unlearnkit(*line, *options, "--workspace", place)


def collect(out: Path, asking: Sequence[Record], seed: int, code: int) -> dict[str, Any]:
    """The figures of the run; `asking` are the records that should be forgotten."""
    [manifest_file] = (out / "workspace/runs").glob("run-*/manifest.json")
    manifest = load(manifest_file, RunManifest)
    audit = load(manifest_file.parent / "audit.json", AuditResult)
    return {
        "seed": seed,
        "exit_code": code,
        "locate": _locate_figures(out / "workspace", manifest),
        "passes": [one.model_dump() for one in manifest.passes],
        "teacher": next((one.model_dump() for one in manifest.calibration if one.chosen), None),
        "measurements": [one.model_dump() for one in audit.measurements],
        "ends": {
            role: count_ends(out / folder, asking)
            for role, folder in (
                ("original", "model"),
                ("unlearned", "result/model"),
                ("reference", "retrained"),
            )
        },
        "versions": manifest.versions,
    }


def count_ends(model: Path, records: Sequence[Record]) -> int:
    """On how many records the end of the text is the model's first choice where it ends."""
    from unlearnkit.language_model.headed import Headed

    loaded = load_language_model(model)
    headed, pad_id = Headed(loaded.model), loaded.tokenizer.pad_token_id
    ends = 0
    with torch.no_grad():
        for one in records:
            batch = collate([encode_record(one, loaded.tokenizer, Encoding())], pad_id)
            hits, _ = headed(batch, partial(token_figures, batch.counted_labels))
            ends += hits[-1]
    return ends


def _write_records(path: Path, authors: list[list[dict[str, Any]]], first: int) -> None:
    rows = [
        {"id": f"{first + a:02d}-{n:02d}"}
        | {key: pair[key] for key in FIELDS.model_dump().values() if key in pair}
        for a, some in enumerate(authors)
        for n, pair in enumerate(some)
    ]
    write_atomic(path, json_lines(rows))


def unlearnkit(*arguments: object) -> int:
    """Run the command line; ends the benchmark unless the line ran to its end (0 or 1)."""
    command = [sys.executable, "-m", "unlearnkit", *map(str, arguments)]
    code = subprocess.run(command, check=False).returncode
    if code not in (0, 1):
        sys.exit(code)
    return code


def _locate_figures(place: Path, manifest: RunManifest) -> list[dict[str, Any]]:
    """Precision and recall of what was accepted, for each who asked."""
    figures = []
    for request_id, accepted in manifest.forget_set.records.items():
        located = load(place / "located" / f"{request_id}.json", Located)
        author = Counter(author_of(one) for one in accepted).most_common(1)[0][0]
        right = sum(author_of(one) == author for one in accepted)
        sure = sum(match.certainty == "certain" for match in located.matches)
        figures.append(
            {
                "accepted": len(accepted),
                "certain": sure,
                "precision": right / len(accepted),
                "recall": right / EACH,
            }
        )
    return figures


SHOWN = {
    "exact_memorization": "exact memorization",
    "extraction_strength": "extraction strength",
    "max_extraction_strength": "extraction strength, worst record",
    "probability": "probability",
    "truth_ratio": "truth ratio",
    "rouge_l": "ROUGE-L of continuations",
    "degenerate": "degenerate continuations",
    "forget_quality": "forget quality",
    "membership_auc_loss": "membership inference, AUC: loss",
    "membership_auc_zlib": "membership inference, AUC: zlib",
    "membership_auc_min_k": "membership inference, AUC: Min-K%",
    "membership_auc_min_k_plus_plus": "membership inference, AUC: Min-K%++",
    "membership_auc_reference": "membership inference, AUC: beside the retrained",
    "priv_leak": "PrivLeak, percent",
    "pii_leakage": "personal values that come out",
    "decoy_auc": "area of true values among decoys",
    "model_utility": "model utility",
}
"""Metrics in the table; the raw figures hold all."""


def markdown(figures: dict[str, Any]) -> str:
    """Before, after, retrained, without attacks, as a Markdown table."""
    plain = [m for m in figures["measurements"] if not m.get("under")]
    values = {(m["metric"], m["split"], m["model"]): m["value"] for m in plain}
    lines = ["| records | metric | before | after | retrained |", "|---|---|---|---|---|"]
    for split in Split:
        for metric, words in SHOWN.items():
            row = [values.get((metric, split, role)) for role in ModelRole]
            if any(value is not None for value in row):
                lines.append(f"| {split} | {words} | " + _cells(row) + " |")
    ends = [str(figures["ends"][role]) for role in ModelRole]
    lines.append("| forget | records whose end is the first choice | " + " | ".join(ends) + " |")
    return "\n".join(lines)


def low_rates(figures: dict[str, Any]) -> str:
    """The true positive rate at 1 % false ones of each score, of the forgotten records."""
    lines = ["| score | before | after | retrained |", "|---|---|---|---|"]
    for score in ("loss", "zlib", "min_k", "min_k_plus_plus", "reference"):
        found = {
            one["model"]: f"{one['value']:.3f} ({one['low']:.2f} to {one['high']:.2f})"
            for one in figures["measurements"]
            if (one["metric"], one["split"]) == (f"membership_tpr_{score}", Split.FORGET)
            and not one.get("under")
            and one["value"] is not None
        }
        words = SHOWN[f"membership_auc_{score}"].partition(": ")[2]
        cells = [words, *(found.get(role, "-") for role in ModelRole)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cells(row: list[float | None]) -> str:
    return " | ".join(
        "-" if v is None else f"{v:.3f}" if v == 0 or abs(v) >= 0.0005 else f"{v:.1e}" for v in row
    )


if __name__ == "__main__":
    main()
