"""What an unlearning run can be told, with the reasons for the defaults."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from enum import StrEnum

from unlearnkit.errors import BadInput
from unlearnkit.unlearning.peers import peers


class ObjectiveName(StrEnum):
    """How to forget: RKLU, or a peer for comparison (`objectives.py`; more in `peers/`)."""

    RKLU = "rklu"
    FORWARD_KL = "forward-kl"
    GRAD_ASCENT = "grad-ascent"
    GRAD_DIFF = "grad-diff"
    NPO = "npo"
    SIMNPO = "simnpo"
    UNDIAL = "undial"


class RetainTerm(StrEnum):
    """What holds the model on retain records."""

    OWN = "own"
    """The objective's own, as published: cross-entropy or none for RKLU's peers. RKLU's is KL, and
    cross-entropy where the model has unlearned before (`objectives.suited_to`)."""
    KL = "kl"
    CE = "ce"
    NONE = "none"


OBJECTIVES = (*ObjectiveName, *peers())
"""Every name of an objective."""
SMALLEST_ALPHA = 0.5
"""Where the search's grid begins."""
SEEDS = 2**32
"""So many seeds NumPy has, from 0 on."""
_LEAST = (
    (
        ("learning_rate", "strengthen_rate", "beta", "fixed_alpha", "tolerance"),
        math.ulp(0.0),
        "a number above 0",
    ),
    (("max_alpha",), SMALLEST_ALPHA, f"{SMALLEST_ALPHA} at least"),
    (("batch_size", "accumulation_steps", "max_passes", "retain_sample"), 1, "1 at least"),
    (
        (
            "lora_rank",
            "retain_ratio",
            "retain_weight",
            "retain_pool",
            "retain_matched",
            "retain_tolerance",
            "retain_strength_tolerance",
            "level_weight",
        ),
        0,
        "0 at least",
    ),
)
"""What settings have to be, and finite; those that may be None are then not looked at."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of strengthening, calibration and distillation; recorded in the run's manifest.

    Raises BadInput where no run can be made with them.
    """

    objective: str = ObjectiveName.RKLU
    """An ObjectiveName, or a peer's name (`peers/`)."""
    retain_term: RetainTerm = RetainTerm.OWN
    beta: float | None = None
    """Of npo, simnpo, undial and weighted-ga; None: as published."""
    lora_rank: int = 0
    """0: every weight is trained. Else LoRA adapters of this rank, alpha twice that; the base
    weights stand in memory once, in the precision they are stored in."""
    as_adapter: bool = False
    """Write the new LoRA adapter, not a whole model with it merged in."""
    learning_rate: float = 1e-5
    """AdamW's, strengthening and distilling. 1e-5 suits billions of weights, 3e-4 millions."""
    strengthen_rate: float | None = None
    """AdamW's while strengthening; None: as above, and a third of it where no teacher fits."""
    batch_size: int = 8
    """Forget records a step, over all processes."""
    accumulation_steps: int = 1
    """Pieces a step's records are computed in, one after another; the step stays the same."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass: less memory, a third more time."""
    retain_ratio: int = 2
    """Retain records for each forget record of a step."""
    retain_weight: float | None = None
    """Of the retain term; None: the objective's own (`objectives.py`)."""
    retain_pool: int = 4096
    """Retain records that training draws on; the original's hidden states of them are kept."""
    retain_matched: float = 0.0
    """Share of the pool that is chosen for its likeness to the forget set, where there are more
    retained records than the pool holds; the rest is drawn."""
    max_passes: int = 80
    early_stop: bool = True
    """False: all passes, whatever they come to, as the peers' papers do; for comparisons."""
    strengthen_epochs: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    """Tried in this order; the first with a fitting alpha is taken."""
    max_alpha: float = 32.0
    """Of the search's grid; the last epoch's goes on past it where it must (`alphas.py`)."""
    fixed_alpha: float | None = None
    """No search and no refusal: the teacher of this alpha after the last of `strengthen_epochs`,
    as the papers do; for comparisons."""
    teacher_depths: bool = True
    """Pushed labels lie as deep as never-seen ones, and nothing below a floor; False: the paper's
    rule as it stands."""
    level_weight: float = 3.0
    """Of the term that holds log p(label) to the teacher's; 0: the paper's loss as it stands."""
    tolerance: float = 0.05
    """Half width of the band around the holdout's level, for each of the three figures."""
    retain_tolerance: float = 0.02
    """How far retain exact memorization may stay under the original's when stopping; where that
    has unlearned before, under the first model's of its line."""
    retain_strength_tolerance: float = 0.15
    """The same for extraction strength, which falls first and recovers last."""
    retain_sample: int = 256
    """Retain records measured after each pass."""
    seed: int = 0

    def __post_init__(self) -> None:
        epochs = list(self.strengthen_epochs)
        if not epochs or epochs != sorted(set(epochs)) or epochs[0] < 1:
            raise BadInput("strengthen_epochs has to be whole numbers from 1 on, in rising order")
        for names, least, needed in _LEAST:
            for name in names:
                value = getattr(self, name)
                if value is not None and not (value >= least and math.isfinite(value)):
                    raise BadInput(f"{name} is {value}: it has to be {needed}")
        if self.retain_matched > 1:
            raise BadInput(f"retain_matched is {self.retain_matched}: it is a share, 1 at most")
        if not 0 <= self.seed < SEEDS:
            raise BadInput(f"seed is {self.seed}: it has to be 0 at least and below 2**32")
        if self.as_adapter and not self.lora_rank:
            raise BadInput("there is no adapter to write", fix="Give a lora_rank.")

    @property
    def strengthen_rates(self) -> tuple[float, ...]:
        """Learning rates of strengthening, tried one after another until a teacher fits."""
        if self.strengthen_rate is not None:
            return (self.strengthen_rate,)
        rate = self.learning_rate
        return (rate, rate / 3) if self.fixed_alpha is None else (rate,)

    @property
    def last_epoch(self) -> int:
        """Epochs of strengthening after which it is refused."""
        return self.strengthen_epochs[-1]

    @property
    def measured_epochs(self) -> tuple[int, ...]:
        """Epochs of strengthening after which teachers are measured."""
        return self.strengthen_epochs if self.fixed_alpha is None else (self.last_epoch,)

    def recorded(self) -> dict[str, float | int | str | bool]:
        """The settings as the manifest stores them."""
        plain = asdict(self)
        plain["strengthen_epochs"] = ",".join(str(n) for n in self.strengthen_epochs)
        for name in ("beta", "retain_weight"):
            plain[name] = "the objective's own" if plain[name] is None else plain[name]
        plain["fixed_alpha"] = "searched" if self.fixed_alpha is None else self.fixed_alpha
        rates = self.strengthen_rates
        plain["strengthen_rate"] = ", then ".join(f"{rate:g}" for rate in rates)
        return plain
