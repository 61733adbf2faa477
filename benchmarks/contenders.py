"""What `engine.py` and `gpu.py` compare: plain fine-tuning, RKLU, and RKLU written plainly.

All train the same model (a Llama with random weights, or one from a folder) on the same forget and
retain rows, in the same steps, through accelerate, with AdamW and gradients clipped to norm 1.
`prepare` does what the engine does once before it trains: the frozen models' final hidden states
are written to the job's folder.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import peft  # noqa: F401 - here, so that it is not counted as a contender's memory
import torch
from accelerate import Accelerator
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from benchmarks.straightforward import Tokens, rklu_loss
from unlearnkit.language_model.adapters import with_adapter
from unlearnkit.language_model.head import load_head, save_head
from unlearnkit.language_model.headed import Headed
from unlearnkit.language_model.recall import Level
from unlearnkit.language_model.tokens import Example, collate, counted_labels
from unlearnkit.unlearning.calibration import Strengthened
from unlearnkit.unlearning.distillation import Lessons, Shelf, one_pass
from unlearnkit.unlearning.settings import Settings
from unlearnkit.unlearning.states import keep_states, open_states
from unlearnkit.unlearning.steps import Workbench, adamw, chunks, step
from unlearnkit.unlearning.teacher import TeacherRule

PAD, END, FORGET_ROWS, RETAIN_ROWS = 0, 1, 8, 16
RULE = TeacherRule(alpha=4.0, floor=True, end_ids=(END,))
KEY = bytes(32)
"""What the engine encrypts states with; here they are of random rows."""
FORGET, RETAIN, STRONGER, HEAD = "forget.npy", "retain.npy", "stronger.npy", "head.safetensors"


@dataclass(frozen=True, slots=True)
class Shape:
    """A Llama's shape, and the shortest and the longest of its rows."""

    hidden: int
    layers: int
    heads: int
    key_value_heads: int
    intermediate: int
    vocabulary: int
    tied: bool
    lengths: tuple[int, int] = (64, 128)

    def build(self, dtype: torch.dtype, device: str) -> Any:
        """The model with random weights, the same at every call."""
        config = LlamaConfig(
            hidden_size=self.hidden,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            num_key_value_heads=self.key_value_heads,
            intermediate_size=self.intermediate,
            vocab_size=self.vocabulary,
            tie_word_embeddings=self.tied,
            pad_token_id=PAD,
            eos_token_id=END,
            use_cache=False,
        )
        torch.manual_seed(0)
        with torch.device(device):
            return LlamaForCausalLM(config).to(dtype)


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A model folder instead of a shape; the shortest and the longest of its rows."""

    model: Path
    vocabulary: int
    lengths: tuple[int, int] = (64, 128)

    def build(self, dtype: torch.dtype, device: str) -> Any:
        """The folder's model."""
        model = AutoModelForCausalLM.from_pretrained(self.model, dtype=dtype)
        model.config.use_cache = False
        return model.to(device)


@dataclass(frozen=True, slots=True)
class Job:
    """A model to train, how, and where what `prepare` wrote is found."""

    shape: Shape | Pretrained
    folder: Path
    lora_rank: int = 0
    device: str = "cpu"
    steps: int = 1
    """Steps of 8 forget and 16 retain rows in a pass."""

    @property
    def dtype(self) -> torch.dtype:
        """What is trained is in float32; a base that is not, in bfloat16 on a GPU."""
        stored_small = self.lora_rank and self.device != "cpu"
        return torch.bfloat16 if stored_small else torch.float32

    def examples(self, rows: int, seed: int) -> list[Example]:
        """Random tokens that end with END, a loss on each but the first."""
        draw, found = random.Random(seed), []
        for _ in range(rows * self.steps):
            length = draw.randint(*self.shape.lengths) - 1
            ids = (*(draw.randrange(2, self.shape.vocabulary) for _ in range(length)), END)
            found.append(Example(ids, (-100, *ids[1:])))
        return found

    @property
    def forget(self) -> list[Example]:
        """Rows to forget."""
        return self.examples(FORGET_ROWS, 1)

    @property
    def retain(self) -> list[Example]:
        """Rows to keep."""
        return self.examples(RETAIN_ROWS, 2)

    @property
    def tokens(self) -> int:
        """Tokens of a pass."""
        return sum(len(one.input_ids) for one in self.forget + self.retain)

    def bench(self) -> Workbench:
        """The engine's workbench on this device: mixed precision on a GPU."""
        on_cpu = self.device == "cpu"
        accelerator = Accelerator(cpu=on_cpu, mixed_precision="no" if on_cpu else "bf16")
        settings = Settings(batch_size=FORGET_ROWS, lora_rank=self.lora_rank)
        return Workbench(accelerator, settings, PAD, (END,), KEY)

    def original(self) -> Any:
        """M, frozen."""
        return self.shape.build(self.dtype, self.device).requires_grad_(False)

    def strengthened(self) -> Any:
        """Something near M, as S is; training an adapter does not change the head."""
        model = self.original()
        ends = {id(model.get_input_embeddings().weight), id(model.get_output_embeddings().weight)}
        with torch.no_grad():
            for one in model.parameters():
                if not self.lora_rank or id(one) not in ends:
                    one.add_(torch.randn_like(one), alpha=0.02)
        return model

    def student(self) -> Any:
        """U at its start: the model to train, with an adapter's layers in it if one is trained."""
        model = self.shape.build(self.dtype, self.device)
        if not self.lora_rank:
            return model
        return with_adapter(model, self.lora_rank, 2.0 * self.lora_rank).get_base_model()


Pass = Callable[[], float]
"""One pass over the job's rows; returns the mean loss."""


def depths_at(labels: torch.Tensor) -> torch.Tensor:
    """Losses in nats for every second token, by its number; NaN for the others. As many."""
    return torch.where(labels % 2 == 0, 1.0 + labels % 7, torch.nan)


def prepare(job: Job) -> None:
    """Keep M's states on all rows, S's on the forget rows, and S's head where it is its own."""
    bench = job.bench()
    model = Headed(job.original())
    keep_states(bench, model, job.forget, job.folder / FORGET)
    keep_states(bench, model, job.retain, job.folder / RETAIN)
    model = Headed(job.strengthened())
    keep_states(bench, model, job.forget, job.folder / STRONGER)
    if not job.lora_rank:
        save_head(model.head(), job.folder / HEAD, KEY)


def lessons_of(job: Job, model: Any) -> Lessons:
    """What the engine distils into `model`, which is still the original."""
    head = Headed(model).head().frozen()
    forget, retain = job.forget, job.retain
    own = head if job.lora_rank else load_head(job.folder / HEAD, KEY, like=head)
    depths = depths_at(counted_labels(forget))
    stronger = Strengthened(
        rate=0.0,  # random weights stand for it
        epochs=0,
        states=open_states(job.folder / STRONGER, forget, KEY),
        head=own,
        depths=depths,
    )
    return Lessons(
        forget=Shelf(forget, open_states(job.folder / FORGET, forget, KEY), stronger),
        retain=Shelf(retain, open_states(job.folder / RETAIN, retain, KEY)),
        holdout=(),
        retain_sample=(),
        head=head,
        rule=RULE,
        first_retain=Level(0.0, 0.0, 0.0, 0.0),
    )


def engine(job: Job) -> Pass:
    """The engine's own training pass."""
    bench, model = job.bench(), job.student()
    lessons = lessons_of(job, model)
    student = Headed(model)
    student, optimizer = bench.accelerator.prepare(
        student, adamw(student, bench.settings.learning_rate)
    )
    return partial(one_pass, bench, student, optimizer, lessons, 1)


def plain(job: Job) -> Pass:
    """Fine-tuning on the same rows with the loss of transformers."""
    return _trained(job, lambda model, forget, retain: _own_loss(model, [*forget, *retain], job))


def straightforward(job: Job) -> Pass:
    """RKLU with three whole models."""
    original, strengthened = job.original().eval(), job.strengthened().eval()

    def loss(model: Any, forget: list[Example], retain: list[Example]) -> Any:
        rows, kept = tokens_of(forget, job.device), tokens_of(retain, job.device)
        depths = depths_at(rows["labels"][:, 1:])
        return rklu_loss(model, original, strengthened, rows, kept, rule=RULE, depths=depths)

    return _trained(job, loss)


CONTENDERS: dict[str, Callable[[Job], Pass]] = {
    "plain fine-tuning": plain,
    "RKLU, this engine": engine,
    "RKLU, straightforward": straightforward,
}
PLAIN, ENGINE, STRAIGHTFORWARD = CONTENDERS


def tokens_of(rows: list[Example], device: str) -> Tokens:
    """A padded batch as transformers' models take it."""
    batch = collate(rows, PAD).to(device)
    return {
        "input_ids": batch.input_ids,
        "attention_mask": batch.attention_mask,
        "labels": batch.labels,
    }


def _own_loss(model: Any, rows: list[Example], job: Job) -> Any:
    return model(**tokens_of(rows, job.device)).loss


def _trained(job: Job, loss_of: Callable[[Any, list[Example], list[Example]], Any]) -> Pass:
    """Passes that descend `loss_of(model, forget rows, retain rows)`, the engine's steps."""
    bench, model = job.bench(), job.student()
    model, optimizer = bench.accelerator.prepare(model, adamw(model, bench.settings.learning_rate))
    batches = list(
        zip(chunks(job.forget, FORGET_ROWS), chunks(job.retain, RETAIN_ROWS), strict=True)
    )

    def passed() -> float:
        model.train()
        losses = [
            step(bench, model, optimizer, [partial(loss_of, model, *rows)], "the benchmark")
            for rows in batches
        ]
        return sum(losses) / len(losses)

    return passed
