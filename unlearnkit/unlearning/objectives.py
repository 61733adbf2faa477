"""Which loss a step descends: the objective on forget records, the retain term on the others.

Every objective works on the student's final hidden states at the labelled positions, and on those
of the original and the strengthened model that were kept (`states.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING

from unlearnkit.errors import BadInput
from unlearnkit.language_model.head import Head, label_log_likelihoods, rise
from unlearnkit.unlearning import losses
from unlearnkit.unlearning.peers import peers
from unlearnkit.unlearning.settings import ObjectiveName, RetainTerm, Settings
from unlearnkit.unlearning.teacher import TeacherRule

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is known at the labelled positions of some records, besides the student."""

    labels: Tensor
    """(positions,): the tokens that come next."""
    lengths: Tensor
    """(records,): labelled positions of each record, in their order."""
    weights: Tensor
    """(positions,): 1 / all labelled positions of the step, and what scaling the processes need."""
    shares: Tensor
    """(records,): 1 / all records of the step, scaled alike, for losses of whole records."""
    head: Head
    original: Tensor
    """(positions, hidden), of the original, and `head` is its head."""
    strengthened_head: Head | None = None
    strengthened: Tensor | None = None
    """(positions, hidden)."""
    rule: TeacherRule | None = None
    """None, as the two above, where the objective needs no teacher."""
    depths: Tensor | None = None
    """(positions,): the losses the labels are to have under the teacher; None: as it has them."""

    def teacher(self, part: slice) -> Tensor:
        """The unlearning teacher's logits, (chunk, vocab)."""
        assert self.rule and self.strengthened is not None and self.strengthened_head is not None
        import torch

        hidden, stronger = self.original[part], self.strengthened[part]
        # In the heads' own precision, whatever is trained in: alpha multiplies the difference.
        with torch.autocast(hidden.device.type, enabled=False):
            original = self.head.logits(hidden)
            raised = rise(self.head, hidden, self.strengthened_head, stronger, original)
        depths = None if self.depths is None else self.depths[part]
        return self.rule.logits(original, raised, self.labels[part], depths)

    def reference(self, part: slice) -> Tensor:
        """The original's logits, (chunk, vocab)."""
        return self.head.logits(self.original[part])


PEERS = "unlearnkit.unlearning.peers"
Term = Callable[["Tensor", "Head", Lesson, Settings], "Tensor"]
"""(student's hidden states (positions, hidden), its head, lesson, settings) -> loss in nats."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A way to forget: its term on forget records, and what it needs."""

    term: Term
    paper: str
    needs_teacher: bool = False
    retain_term: RetainTerm = RetainTerm.CE
    """As published, when none is chosen."""
    retain_weight: float = 1.0
    """Of the retain term, when none is chosen."""
    beta: float = 0.0
    """As published, when none is chosen."""


def rklu(hidden: Tensor, head: Head, lesson: Lesson, settings: Settings) -> Tensor:
    """Reverse KL to the unlearning teacher, and the level term."""
    return at_positions(
        hidden,
        head,
        lesson,
        lambda z, part: losses.rklu(
            z, lesson.teacher(part), lesson.labels[part], settings.level_weight
        ),
    )


def forward_kl(hidden: Tensor, head: Head, lesson: Lesson, settings: Settings) -> Tensor:
    """Forward KL to the same teacher."""
    return at_positions(
        hidden, head, lesson, lambda z, part: losses.forward_kl(z, lesson.teacher(part))
    )


def grad_ascent(hidden: Tensor, head: Head, lesson: Lesson, settings: Settings) -> Tensor:
    """Gradient ascent on the forget records' loss."""
    return at_positions(
        hidden, head, lesson, lambda z, part: losses.grad_ascent(z, lesson.labels[part])
    )


def undial(hidden: Tensor, head: Head, lesson: Lesson, settings: Settings) -> Tensor:
    """Self-distillation with the label's logit lowered by `beta`."""
    return at_positions(
        hidden,
        head,
        lesson,
        lambda z, part: losses.undial(
            z, lesson.reference(part), lesson.labels[part], beta_of(settings)
        ),
    )


def npo(hidden: Tensor, head: Head, lesson: Lesson, settings: Settings) -> Tensor:
    """Negative preference optimization, the original as its reference."""
    original = _sums(
        label_log_likelihoods(lesson.original, lesson.head, lesson.labels), lesson.lengths
    )
    return on_records(
        hidden, head, lesson, lambda student: losses.npo(student, original, beta_of(settings))
    )


def simnpo(hidden: Tensor, head: Head, lesson: Lesson, settings: Settings) -> Tensor:
    """NPO without a reference, normalised by length."""
    return on_records(
        hidden,
        head,
        lesson,
        lambda student: losses.simnpo(student, lesson.lengths, beta_of(settings)),
    )


def retain_kl(hidden: Tensor, head: Head, lesson: Lesson, settings: Settings) -> Tensor:
    """KL from the original to the student."""
    return at_positions(
        hidden, head, lesson, lambda z, part: losses.forward_kl(z, lesson.reference(part))
    )


def cross_entropy(hidden: Tensor, head: Head, lesson: Lesson, settings: Settings) -> Tensor:
    """Plain fine-tuning on the retain records."""
    return at_positions(
        hidden, head, lesson, lambda z, part: losses.negative_log_likelihood(z, lesson.labels[part])
    )


OBJECTIVES: dict[str, Objective] = {
    ObjectiveName.RKLU: Objective(
        rklu, "Wang et al., NAACL 2025", True, RetainTerm.KL, retain_weight=5.0
    ),
    ObjectiveName.FORWARD_KL: Objective(
        forward_kl,
        "Wang et al., NAACL 2025, section 4.4 (FKLU)",
        True,
        RetainTerm.KL,
        retain_weight=5.0,
    ),
    ObjectiveName.GRAD_ASCENT: Objective(
        grad_ascent, "Jang et al. 2023, arXiv 2210.01504", retain_term=RetainTerm.NONE
    ),
    ObjectiveName.GRAD_DIFF: Objective(grad_ascent, "Liu et al. 2022, arXiv 2203.12817"),
    ObjectiveName.NPO: Objective(npo, "Zhang et al. 2024, arXiv 2404.05868", beta=0.1),
    # Their weight of the forget term is 0.125, of the retain term 1.
    ObjectiveName.SIMNPO: Objective(
        simnpo, "Fan et al. 2024, arXiv 2410.07163", retain_weight=8.0, beta=4.5
    ),
    ObjectiveName.UNDIAL: Objective(
        undial, "Dong et al. 2024, arXiv 2402.10052", retain_term=RetainTerm.NONE, beta=10.0
    ),
}


def objective(name: str) -> Objective:
    """The objective of that name, here or in `peers/`. Raises BadInput for another name."""
    if name in OBJECTIVES:
        return OBJECTIVES[name]
    if name not in peers():
        known = ", ".join((*OBJECTIVES, *peers()))
        raise BadInput(f"there is no objective '{name}'", fix=f"Known: {known}")
    found: Objective = import_module(f"{PEERS}.{name.replace('-', '_')}").OBJECTIVE
    return found


RETAIN_TERMS: dict[RetainTerm, Term] = {RetainTerm.KL: retain_kl, RetainTerm.CE: cross_entropy}


def retain_term(settings: Settings) -> Term | None:
    """The chosen retain term, or the objective's own; None without one."""
    chosen = settings.retain_term
    if chosen is RetainTerm.OWN:
        chosen = objective(settings.objective).retain_term
    return RETAIN_TERMS.get(chosen)


def suited_to(settings: Settings, unlearned_before: bool) -> Settings:
    """The settings, with cross-entropy in the place of an objective's own KL on such a model.

    KL to the model a run starts at holds what that model still has. What an earlier run took with
    it is gone from there too, and many small losses add up; cross-entropy on the retained records
    brings it back (docs/benchmarks.md, twenty requests). A chosen retain term stays.
    """
    own_is_kl = objective(settings.objective).retain_term is RetainTerm.KL
    if unlearned_before and own_is_kl and settings.retain_term is RetainTerm.OWN:
        return replace(settings, retain_term=RetainTerm.CE)
    return settings


def retain_weight(settings: Settings) -> float:
    """The chosen weight of the retain term, or the objective's own."""
    own = objective(settings.objective).retain_weight
    return own if settings.retain_weight is None else settings.retain_weight


def beta_of(settings: Settings) -> float:
    """The chosen beta, or the objective's own."""
    own = objective(settings.objective).beta
    return own if settings.beta is None else settings.beta


def at_positions(
    hidden: Tensor, head: Head, lesson: Lesson, loss_at: Callable[[Tensor, slice], Tensor]
) -> Tensor:
    """A loss at each labelled position, through the chunks: `loss_at(logits, which positions)`."""
    from unlearnkit.unlearning.chunked import weighted_loss

    return weighted_loss(hidden, head, lesson.weights, loss_at)


def on_records(
    hidden: Tensor, head: Head, lesson: Lesson, loss_of: Callable[[Tensor], Tensor]
) -> Tensor:
    """A loss of whole records' log-likelihoods, through the chunks.

    Its slope in each record's log-likelihood is found first; the sum of log p weighted with these
    slopes then has the same gradient, and is a loss at positions.
    """
    import torch

    from unlearnkit.unlearning.chunked import weighted_loss

    found = label_log_likelihoods(hidden.detach(), head, lesson.labels)
    with torch.enable_grad():
        student = _sums(found, lesson.lengths).requires_grad_()
        value = (loss_of(student) * lesson.shares).sum()
    (slopes,) = torch.autograd.grad(value, student)
    linear = weighted_loss(
        hidden,
        head,
        slopes.repeat_interleave(lesson.lengths),
        lambda z, part: losses.grad_ascent(z, lesson.labels[part]),
    )
    return linear + (value - linear).detach()


def _sums(values: Tensor, lengths: Tensor) -> Tensor:
    """Sum of each record's positions: (records,)."""
    import torch

    owner = torch.repeat_interleave(lengths)  # which record each position is of
    return values.new_zeros(len(lengths)).index_add(0, owner, values)
