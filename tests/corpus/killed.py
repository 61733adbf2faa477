"""Indexing in a process that is killed on the way, and indexing again."""

from __future__ import annotations

import sys
from pathlib import Path

from unlearnkit.corpus.index import SHARDS, IndexInfo, build_index
from unlearnkit.corpus.nlp import Analyzer
from unlearnkit.corpus.reader import Corpus

KEY = b"k" * 32
SCRIPT = """
import os, signal, sys
from pathlib import Path
from unlearnkit.corpus import ray_cluster, shards, workers
from unlearnkit.corpus.index import build_index
from unlearnkit.corpus.nlp import NlpSettings, load_analyzer
from unlearnkit.corpus.reader import read_corpus

READERS = {"local": workers.read_parts, "ray": ray_cluster.read_on_ray}

def kill(what, done, total):
    if done > 12:
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    source, folder, count, engine = sys.argv[1:]
    shards.TYPICAL, shards.MOST = 4, 9
    analyzer = load_analyzer(NlpSettings(engine="patterns"))
    build_index(
        read_corpus([source]), analyzer, b"k" * 32, Path(folder),
        workers=int(count), read=READERS[engine], progress=kill,
    )
"""


def command(place: Path, corpus: Corpus, folder: Path, workers: int, engine: str) -> list[str]:
    """What indexes the corpus into the folder and kills itself after some shards of it.

    The script is written below `place`: processes that it starts read it again.
    """
    [source] = corpus.files
    script = place / "killed.py"
    script.write_text(SCRIPT)
    return [sys.executable, str(script), source, str(folder), str(workers), engine]


def indexed_again(corpus: Corpus, analyzer: Analyzer, folder: Path) -> IndexInfo:
    """The index that goes on from the shards a killed process left; none of them is made anew."""
    kept = {path.name: path.stat().st_mtime_ns for path in (folder / SHARDS).glob("*.parquet")}
    assert kept
    info = build_index(corpus, analyzer, KEY, folder)
    assert kept.keys() < set(info.shards)
    for name, written in kept.items():
        assert (folder / SHARDS / name).stat().st_mtime_ns == written
    return info
