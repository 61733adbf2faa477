"""What an unlearning run can be told, with the reasons for the defaults."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of strengthening, calibration and distillation; recorded in the run's manifest."""

    learning_rate: float = 1e-5
    """AdamW's, strengthening and distilling. 1e-5 suits billions of weights, 1e-3 millions."""
    batch_size: int = 8
    """Forget records a step, over all processes."""
    retain_ratio: int = 2
    """Retain records for each forget record of a step."""
    retain_weight: float = 1.0
    max_passes: int = 40
    strengthen_epochs: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    """Tried in this order; the first with a fitting alpha is taken."""
    max_alpha: float = 32.0
    tolerance: float = 0.05
    """Half width of the band around the holdout's level, for each of the three figures."""
    retain_tolerance: float = 0.02
    """How far retain exact memorization may stay under the original's when stopping."""
    retain_sample: int = 256
    """Retain records measured after each pass."""
    seed: int = 0

    def recorded(self) -> dict[str, float | int | str | bool]:
        """The settings as the manifest stores them."""
        plain = asdict(self)
        plain["strengthen_epochs"] = ",".join(str(n) for n in self.strengthen_epochs)
        return plain
