"""Weighted gradient ascent (WGA): gradient ascent that lets go of what is forgotten already.

Wang et al., ICLR 2025, arXiv 2502.19301: each token's log-likelihood is weighted with its own
probability to the power of beta, which is held fixed in the gradient. Gradient ascent goes on
pushing a token that is forgotten already (its slope in the label's logit nears 1 as the probability
falls) and takes the rest of the model with it; with the weight the push fades. The paper's own text
was not seen here: the form is OpenUnlearning's (arXiv 2506.12618), whose beta is 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from unlearnkit.unlearning.losses import negative_log_likelihood
from unlearnkit.unlearning.objectives import Lesson, Objective, at_positions, beta_of

if TYPE_CHECKING:
    from torch import Tensor

    from unlearnkit.language_model.head import Head
    from unlearnkit.unlearning.settings import Settings


def weighted_ga(student: Tensor, labels: Tensor, beta: float) -> Tensor:
    """p(label)^beta log p(label) at each position, in nats; logits (positions, vocab)."""
    likelihood = -negative_log_likelihood(student, labels)
    return (beta * likelihood.detach()).exp() * likelihood


def term(hidden: Tensor, head: Head, lesson: Lesson, settings: Settings) -> Tensor:
    """The same at the labelled positions of some records."""
    return at_positions(
        hidden, head, lesson, lambda z, part: weighted_ga(z, lesson.labels[part], beta_of(settings))
    )


OBJECTIVE = Objective(term, "Wang et al., ICLR 2025, arXiv 2502.19301", beta=1.0)
