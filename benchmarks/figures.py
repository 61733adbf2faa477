"""The tables of docs/benchmarks.md, made from the raw figures in benchmarks/results.

    python -m benchmarks.figures           write them (make docs-figures)
    python -m benchmarks.figures --check   say which differ; exit code 1 where one does

A table stands between `<!-- figures: NAME -->` and `<!-- end -->`. NAME is in TABLES below: which
results file, and the benchmark's own way of printing it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # as when a benchmark is run by its path

import audit
import crash
import decoy_test
import demo
import engine
import every_turn
import index_speed
import kept_probes
import locate_tables
import merged
import mutation
import over_unlearned
import peers_tables
import real_model
import real_step
import screen
import sequential
import small_company
import sounds
import tofu
import tuning

from unlearnkit.artefacts import write_atomic

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
RESULTS = Path(__file__).parent / "results"
BLOCK = re.compile(
    r"(?P<head><!-- figures: (?P<name>[\w-]+) -->\n)(?P<table>.*?)(?P<tail>\n<!-- end -->)",
    re.DOTALL,
)

TABLES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "engine-full": ("engine_full", lambda found: engine.training_table("full", found["full"])),
    "engine-lora": ("engine_lora", lambda found: engine.training_table("lora", found["lora"])),
    "engine-loss": ("engine_loss", lambda found: engine.loss_table(found["loss"])),
    "demo": ("demo", demo.markdown),
    "audit": ("audit", audit.markdown),
    "crash": ("crash", crash.markdown),
    "decoy-test": ("decoy_test", decoy_test.markdown),
    "decoy-test-demo": ("decoy_test_demo", decoy_test.markdown),
    "every-turn": ("every_turn", every_turn.markdown),
    "index-speed": ("index_speed", index_speed.markdown),
    "kept-probes": ("kept_probes", kept_probes.markdown),
    "locate-company": ("locate_company", locate_tables.contenders),
    "locate-hardness": ("locate_company", locate_tables.hardness),
    "locate-entities": ("locate_company", locate_tables.entities),
    "locate-wrong": ("locate_company", locate_tables.wrong),
    "locate-tofu": ("locate_tofu", locate_tables.contenders),
    "locate-tofu-missed": ("locate_tofu", locate_tables.missed),
    "locate-evidence": ("locate_review", locate_tables.by_evidence),
    "locate-bits": ("locate_review", locate_tables.by_bits),
    "locate-scale": ("locate_scale", locate_tables.scale),
    "merged": ("merged", merged.markdown),
    "mutants": ("mutants", mutation.markdown),
    "over-unlearned": ("over_unlearned", over_unlearned.markdown),
    "peers": ("peers", lambda found: peers_tables.table(found["slices"]["16-2"])),
    "peers-front": ("peers", lambda found: peers_tables.statement(found["slices"]["16-2"])),
    "peers-larger": ("peers_larger", lambda found: peers_tables.table(found["slices"]["40-4"])),
    "peers-larger-front": (
        "peers_larger",
        lambda found: peers_tables.statement(found["slices"]["40-4"]),
    ),
    "peers-search": ("peers_search", tuning.markdown),
    "screen": ("screen", screen.markdown),
    "screen-others": ("screen", screen.negatives),
    "sequential-kl": ("sequential", lambda found: sequential.markdown(found["kl"])),
    "sequential-own": ("sequential", lambda found: sequential.markdown(found["own"])),
    "real-model": ("real_model", real_model.markdown),
    "real-step": ("real_step", lambda found: real_step.markdown(found["contenders"])),
    "small-company": ("small_company", small_company.markdown),
    "sounds": ("sounds", sounds.rules),
    "sounds-origins": ("sounds", sounds.origins),
    "tofu": ("tofu", tofu.markdown),
    "tofu-low-rates": ("tofu_unseen_5", tofu.low_rates),
}


def main() -> None:
    """Write the page anew, or only compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    chosen = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    wrong = drifted(page)
    if not chosen.check:
        write_atomic(PAGE, written(page).encode())
    elif wrong:
        sys.exit(f"not as in benchmarks/results: {', '.join(wrong)}. Run: make docs-figures")


def table(name: str) -> str:
    """The table of this name, from its results file."""
    file, made = TABLES[name]
    return made(json.loads((RESULTS / f"{file}.json").read_text(encoding="utf-8")))


def written(page: str) -> str:
    """The page with every table made anew. Raises KeyError on a name that is not in TABLES."""
    return BLOCK.sub(lambda at: f"{at['head']}{table(at['name'])}{at['tail']}", page)


def drifted(page: str) -> list[str]:
    """The tables that say something else than the raw figures, or that are on no page."""
    found = {at["name"]: at["table"] for at in BLOCK.finditer(page)}
    return [name for name in TABLES if found.get(name) != table(name)]


if __name__ == "__main__":
    main()
