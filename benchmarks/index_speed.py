"""Records per second of `unlearnkit index` beside Presidio called plainly: `python index_speed.py`.

The texts are the demo company's. Plainly is what Presidio's documentation shows: an AnalyzerEngine
with its default recognisers and the same spaCy model, `BatchAnalyzerEngine.analyze_iterator` over
all texts, in one process. Of `index` everything counts but loading the first engine (which is not
counted for Presidio either): starting the other processes, hashing, writing. Contenders take turns.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from unlearnkit.artefacts import write_atomic
from unlearnkit.corpus.index import build_index
from unlearnkit.corpus.nlp import Analyzer, NlpSettings, load_analyzer
from unlearnkit.corpus.reader import Corpus
from unlearnkit.corpus.shards import versions
from unlearnkit.corpus.stored import stored
from unlearnkit.demo.company import build_company
from unlearnkit.domain import Record


def main() -> None:
    """Measure, print, and keep the figures."""
    chosen = _arguments()
    corpus, patterns = company(chosen.records), NlpSettings(engine="patterns")
    contenders = {
        "presidio": plainly(corpus),
        "index, 1 process": ours(corpus, NlpSettings(), 1),
        f"index, {chosen.workers} processes": ours(corpus, NlpSettings(), chosen.workers),
        "index, patterns only": ours(corpus, patterns, 1),
        f"index, patterns only, {chosen.workers} processes": ours(corpus, patterns, chosen.workers),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(chosen.turns):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
            print(f"{name}: {len(corpus.records) / seconds[name][-1]:.0f} records/s", flush=True)
    found = figures(len(corpus.records), seconds)
    write_atomic(chosen.results, (json.dumps(found, indent=2) + "\n").encode())
    print(json.dumps(found, indent=2))


def figures(count: int, seconds: dict[str, list[float]]) -> dict[str, Any]:
    """Records per second in each turn, and ratios to Presidio within each turn."""
    plain = seconds["presidio"]
    ratios = {
        name: [one / other for one, other in zip(plain, took, strict=True)]
        for name, took in seconds.items()
    }
    return {
        "records": count,
        "versions": versions(NlpSettings()),
        "records_per_second": {
            name: [round(count / one, 1) for one in took] for name, took in seconds.items()
        },
        "times_presidio": {
            name: {"turns": [round(one, 2) for one in some], "median": round(median(some), 2)}
            for name, some in ratios.items()
        },
    }


def markdown(found: dict[str, Any]) -> str:
    """A table: a row for each contender."""
    rows = [
        f"| {name} | {', '.join(f'{one:,.0f}' for one in rates)} "
        f"| {', '.join(f'{one:.1f}' for one in found['times_presidio'][name]['turns'])} |"
        for name, rates in found["records_per_second"].items()
    ]
    head = "| | records a second, in each turn | times Presidio, in the same turn |"
    return "\n".join([head, "| --- | --- | --- |", *rows])


def company(count: int) -> Corpus:
    """So many of the demo company's records, as they would be read."""
    records: list[Record] = []
    seed = 0
    while len(records) < count:
        records += [
            replace(one.record, id=f"{seed}-{one.id}") for one in build_company(seed=seed).records
        ]
        seed += 1
    kept = stored(records[:count])
    digest = kept.digest()
    return Corpus(kept, (), digest, {"company": digest})


def plainly(corpus: Corpus) -> Callable[[], object]:
    """Presidio as its documentation calls it."""
    from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    models = [{"lang_code": "en", "model_name": NlpSettings().model}]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    engine = BatchAnalyzerEngine(AnalyzerEngine(nlp_engine=provider.create_engine()))
    texts = [one.content for one in corpus.records]
    engine.analyze_iterator([*texts[:20], "Mail zolt@quibble.example"], language="en")  # warm
    return lambda: engine.analyze_iterator(texts, language="en")


def ours(corpus: Corpus, settings: NlpSettings, workers: int) -> Callable[[], object]:
    """A whole new index."""
    analyzer: Analyzer = load_analyzer(settings)

    def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            build_index(corpus, analyzer, b"k" * 32, Path(folder), workers=workers)

    return run


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=5000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--turns", type=int, default=3)
    results = Path(__file__).parent / "results" / "index_speed.json"
    parser.add_argument("--results", type=Path, default=results)
    return parser.parse_args()


if __name__ == "__main__":
    main()
