"""A causal language model as a body and an output head: logits of a few positions at a time.

The full logits of a batch, (batch, length, vocab) in float32, are what fills the memory of a model
with a large vocabulary. Final hidden states are small; everything here starts from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unlearnkit.encrypted import read_encrypted, write_encrypted
from unlearnkit.errors import BadInput

if TYPE_CHECKING:
    from torch import Tensor

ELEMENTS = 2**23
"""Logits of one kind that exist at once: 32 MiB in float32, 64 positions of 131,072 tokens."""


@dataclass(frozen=True, slots=True)
class Head:
    """What turns final hidden states (positions, hidden) into logits (positions, vocab)."""

    weight: Tensor | None
    """(vocab, hidden); None where the model's head is not one we know: then the logits themselves
    take the place of the hidden states."""
    bias: Tensor | None = None
    scale: float = 1.0
    """Granite divides its logits, Cohere multiplies them."""
    softcap: float | None = None
    """Gemma 2: logits become softcap * tanh(logits / softcap)."""

    @property
    def trained(self) -> bool:
        """Whether training changes this head."""
        return self.weight is not None and self.weight.requires_grad

    def vocabulary(self, hidden: Tensor) -> int:
        """How many logits a position of these hidden states gets."""
        return int(hidden.shape[-1] if self.weight is None else self.weight.shape[0])

    def linear(self, hidden: Tensor) -> Tensor:
        """Logits before scale and cap, in the precision of the weights."""
        import torch

        if self.weight is None:
            return hidden
        return torch.nn.functional.linear(hidden.to(self.weight.dtype), self.weight, self.bias)

    def finish(self, raw: Tensor) -> Tensor:
        """Scale and cap, in float32."""
        logits = raw.float()
        if self.scale != 1.0:
            logits = logits * self.scale
        return logits if self.softcap is None else (logits / self.softcap).tanh() * self.softcap

    def logits(self, hidden: Tensor) -> Tensor:
        """(positions, vocab) in float32."""
        return self.finish(self.linear(hidden))

    def frozen(self) -> Head:
        """What stays while the model is trained: a copy, unless nothing trains this head."""
        return Head(_fixed(self.weight), _fixed(self.bias), self.scale, self.softcap)


def rise(
    head: Head,
    hidden: Tensor,
    stronger: Head,
    stronger_hidden: Tensor,
    logits: Tensor | None = None,
) -> Tensor:
    """The strengthened model's logits less the original's, (positions, vocab).

    `logits` are the original's, where the caller has them already.

    With one head for both, and no cap on it, the difference is taken before the head, which is
    linear: in bfloat16 that leaves the rounding of the difference, not that of two large numbers.
    Whatever is trained in, the heads compute in their own precision: alpha multiplies this.
    """
    import torch

    with torch.autocast(hidden.device.type, enabled=False):
        if stronger is head and head.weight is not None and head.softcap is None:
            return Head(head.weight, None, head.scale).logits(stronger_hidden - hidden)
        below = head.logits(hidden) if logits is None else logits
        return stronger.logits(stronger_hidden) - below


def whole(tensor: Tensor) -> Tensor:
    """The tensor, put together from all processes where FSDP2 has spread it over them."""
    gather = getattr(tensor, "full_tensor", None)
    return tensor if gather is None else gather()


def _fixed(weight: Tensor | None) -> Tensor | None:
    if weight is None or not (weight.requires_grad or hasattr(weight, "full_tensor")):
        return weight
    return whole(weight).detach().clone()


def parts(positions: int, vocabulary: int) -> Iterator[slice]:
    """Slices of the positions, each small enough for its logits to be ELEMENTS at most."""
    size = max(1, ELEMENTS // vocabulary)
    return (slice(start, start + size) for start in range(0, positions, size))


def label_log_likelihoods(hidden: Tensor, head: Head, labels: Tensor) -> Tensor:
    """Log p of each label, (positions,), in nats; a chunk of logits at a time, without gradient."""
    import torch

    found = [torch.zeros(0, device=hidden.device)]
    with torch.no_grad():
        for part in parts(len(labels), head.vocabulary(hidden)):
            logits = head.logits(hidden[part])
            own = logits.gather(-1, labels[part].unsqueeze(-1)).squeeze(-1)
            found.append(own - logits.logsumexp(-1))
    return torch.cat(found)


def head_of(model: Any) -> Head:
    """The head of a transformers causal language model, read from its modules and its config."""
    linear, config = model.get_output_embeddings(), model.config.get_text_config()
    scale = (getattr(config, "logit_scale", None) or 1.0) / (
        getattr(config, "logits_scaling", None) or 1.0
    )
    return Head(
        linear.weight,
        getattr(linear, "bias", None),
        float(scale),
        getattr(config, "final_logit_softcapping", None),
    )


def has_known_head(model: Any) -> bool:
    """Whether body and `head_of` give the model's own logits: tried on a few tokens, not believed.

    False for a head with an adapter on it, a scale under another name, or a layer between.
    """
    import torch

    linear = model.get_output_embeddings()
    if type(linear) is not torch.nn.Linear or model.base_model is model:
        return False
    ids = torch.arange(3, 9, device=linear.weight.device).reshape(1, 6)
    ids = ids % model.config.get_text_config().vocab_size
    with torch.no_grad():
        whole = model(input_ids=ids).logits[0].float()
        rebuilt = head_of(model).logits(model.base_model(input_ids=ids).last_hidden_state[0])
    exact = 1e-4 if linear.weight.dtype == torch.float32 else 2e-2
    return bool((whole - rebuilt).abs().max() <= exact * (1 + whole.abs().max()))


def save_head(head: Head, path: Path, key: bytes) -> None:
    """Write weight and bias as safetensors, encrypted. Raises BadInput when the disk is full."""
    from safetensors.torch import save

    tensors = {"weight": head.weight, "bias": head.bias}
    content = save({name: one.contiguous() for name, one in tensors.items() if one is not None})
    try:
        write_encrypted(path, key, content)
    except OSError as error:
        raise BadInput(
            f"the strengthened model's head cannot be written: {error}",
            where=path.parent,
            fix="Free some disk space, then run the same command again.",
        ) from error


def load_head(path: Path, key: bytes, like: Head) -> Head:
    """What `save_head` wrote, on the device and with the scale and cap of `like`.

    Raises VerificationFailed for another key.
    """
    from safetensors.torch import load

    assert like.weight is not None
    tensors = load(read_encrypted(path, key))
    found = {name: one.to(like.weight.device) for name, one in tensors.items()}
    return Head(found["weight"], found.get("bias"), like.scale, like.softcap)
