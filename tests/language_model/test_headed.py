"""Hidden states and head, a chunk at a time, against transformers' own logits and loss."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any, Literal

import pytest
import torch
from peft import LoraConfig, get_peft_model

from tests.language_model import tiny
from unlearnkit.language_model import head as heads
from unlearnkit.language_model.head import Head
from unlearnkit.language_model.headed import Headed
from unlearnkit.language_model.recall import figures_at, token_figures
from unlearnkit.language_model.tokens import IGNORED, Batch, Example, collate
from unlearnkit.unlearning.chunked import weighted_loss
from unlearnkit.unlearning.losses import negative_log_likelihood

CHANGES_LOGITS = {
    "gemma2": {"final_logit_softcapping": None},
    "granite": {"logits_scaling": 1.0},
    "cohere": {"logit_scale": 1.0},
}
"""What some architectures do to their logits, switched off."""
ARCHITECTURES = list(product(tiny.ALL_KINDS, [True, False]))


@pytest.fixture(autouse=True)
def three_positions_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "ELEMENTS", 3 * tiny.VOCABULARY)


def loud(kind: str, *, tied: bool, **changed: Any) -> Any:
    """A random model sure enough of itself that caps, scales and biases show in its logits."""
    model = tiny.model(kind, tie_word_embeddings=tied, **changed)
    with torch.no_grad():
        head = model.get_output_embeddings()
        head.weight.mul_(50.0)
        if head.bias is not None:
            head.bias.normal_(generator=torch.Generator().manual_seed(1))
    return model


def examples() -> list[Example]:
    """Three of different lengths; their first tokens, the prompt, carry no loss."""
    draw = torch.Generator().manual_seed(2)
    rows = [
        (torch.randint(3, tiny.VOCABULARY, (length,), generator=draw).tolist(), prompt)
        for length, prompt in ((12, 3), (5, 1), (19, 6))
    ]
    return [Example(tuple(ids), (IGNORED,) * prompt + tuple(ids[prompt:])) for ids, prompt in rows]


def whole_logits(model: Any, batch: Batch) -> torch.Tensor:
    """The model's own, at the positions that predict a labelled token."""
    given = batch.inputs()
    with torch.no_grad():
        logits = model(**given).logits.float()
    return logits[:, :-1][batch.labels[:, 1:] != IGNORED]


def figures(headed: Headed, batch: Batch) -> tuple[list[bool], torch.Tensor]:
    with torch.no_grad():
        hits, losses = headed(batch, partial(token_figures, batch.counted_labels))
    return hits, torch.tensor(losses)


def mean_loss(batch: Batch, hidden: torch.Tensor, head: Head) -> torch.Tensor:
    labels = batch.counted_labels
    return weighted_loss(
        hidden,
        head,
        torch.full((len(labels),), 1 / len(labels)),
        lambda logits, part: negative_log_likelihood(logits, labels[part]),
    )


def gradients(model: Any, loss: torch.Tensor) -> dict[str, torch.Tensor]:
    model.zero_grad()
    loss.backward()
    return {name: one.grad.clone() for name, one in model.named_parameters() if one.requires_grad}


def assert_same_gradients(headed: Headed, batch: Batch) -> None:
    """The chunked loss's, and those of the loss that transformers computes from labels."""
    model = headed.model
    expected_loss = model(**batch.inputs(), labels=batch.labels).loss
    expected = gradients(model, expected_loss)
    loss = headed(batch, partial(mean_loss, batch))
    found = gradients(model, loss)
    assert loss.item() == pytest.approx(expected_loss.item(), rel=1e-5)
    assert found.keys() == expected.keys()
    for name, one in expected.items():
        assert (found[name] - one).abs().max() <= 1e-5 * one.abs().max() + 1e-7, name


@pytest.mark.parametrize(("kind", "tied"), ARCHITECTURES)
def test_figures_from_states_and_head_are_those_of_the_models_own_logits(
    kind: str, tied: bool
) -> None:
    model = loud(kind, tied=tied)
    batch = collate(examples(), 2)
    logits = whole_logits(model, batch)
    headed = Headed(model)
    hits, losses = figures(headed, batch)
    expected_hits, expected_losses = figures_at(logits, batch.counted_labels)

    assert headed.known
    assert (model.get_input_embeddings().weight is headed.head().weight) == tied
    assert hits == expected_hits
    assert torch.allclose(losses, torch.tensor(expected_losses), rtol=1e-5, atol=1e-5)
    assert logits.std() > 1


@pytest.mark.parametrize("kind", CHANGES_LOGITS)
def test_a_models_cap_or_scale_is_large_enough_to_show_here(kind: str) -> None:
    batch = collate(examples(), 2)
    with_it = whole_logits(loud(kind, tied=True), batch)
    without = whole_logits(loud(kind, tied=True, **CHANGES_LOGITS[kind]), batch)
    assert (with_it - without).abs().max() > 1


@pytest.mark.parametrize("kind", tiny.ALL_KINDS)
def test_the_side_that_is_padded_changes_nothing(kind: str) -> None:
    headed = Headed(loud(kind, tied=False))
    right, left = (figures(headed, collate(examples(), 2, side)) for side in ("right", "left"))
    alone = [figures(headed, collate([one], 2)) for one in examples()]
    losses = torch.cat([one[1] for one in alone])
    assert torch.allclose(right[1], losses, rtol=1e-5, atol=1e-5)
    assert torch.allclose(left[1], losses, rtol=1e-5, atol=1e-5)
    assert right[0] == left[0] == [hit for one in alone for hit in one[0]]


@pytest.mark.parametrize(("kind", "tied"), ARCHITECTURES)
def test_gradients_of_the_chunked_loss_are_those_of_transformers_own(kind: str, tied: bool) -> None:
    assert_same_gradients(Headed(loud(kind, tied=tied)), collate(examples(), 2))


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("kind", tiny.ALL_KINDS)
def test_a_row_without_a_label_in_a_padded_batch_changes_nothing(
    kind: str, side: Literal["right", "left"]
) -> None:
    """Not in the middle of the batch, and not as the longest or the shortest of its rows."""
    headed = Headed(loud(kind, tied=False))
    plain = collate(examples(), 2, side)
    expected = headed(plain, partial(mean_loss, plain))
    slopes = gradients(headed, expected)
    for length in (3, 30):
        silent = Example(tuple(range(3, 3 + length)), (IGNORED,) * length)
        first, *others = examples()
        batch = collate([first, silent, *others], 2, side)
        loss = headed(batch, partial(mean_loss, batch))
        found = gradients(headed, loss)
        assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
        for name, one in slopes.items():
            assert (found[name] - one).abs().max() <= 1e-5 * one.abs().max() + 1e-7, name


@pytest.mark.parametrize("tied", [True, False])
def test_gradients_are_the_same_with_gradient_checkpointing(tied: bool) -> None:
    headed = Headed(loud("llama", tied=tied))
    batch = collate(examples(), 2)
    expected = gradients(headed, headed(batch, partial(mean_loss, batch)))
    headed.model.gradient_checkpointing_enable({"use_reentrant": False})
    headed.train()  # transformers recomputes nothing in a model that is evaluated
    computed: list[int] = []
    for number, layer in enumerate(headed.model.model.layers):
        layer.mlp.register_forward_pre_hook(lambda *_, number=number: computed.append(number))
    found = gradients(headed, headed(batch, partial(mean_loss, batch)))
    assert computed == [0, 1, 1, 0]
    for name, one in expected.items():
        assert torch.allclose(found[name], one, rtol=1e-5, atol=1e-7), name


@pytest.mark.parametrize("kind", tiny.ALL_KINDS)
def test_a_head_is_known_in_bfloat16_too(kind: str) -> None:
    """The probe's tolerance is wider there: what it takes for equal must be."""
    model = loud(kind, tied=True).to(torch.bfloat16)
    batch = collate(examples(), 2)
    headed = Headed(model)
    with torch.no_grad():
        rebuilt = headed(batch, lambda hidden, head: head.logits(hidden))
    logits = whole_logits(model, batch)
    assert headed.known
    assert (rebuilt - logits).abs().max() <= 0.02 * logits.abs().max()


# --- heads that are not known ------------------------------------------------------------------


def with_layers_between(model: Any) -> Any:
    model.lm_head = torch.nn.Sequential(model.lm_head, torch.nn.Tanh())
    return model


def with_an_adapter_on_the_head(model: Any) -> Any:
    settings = LoraConfig(r=4, target_modules=["q_proj", "lm_head"], task_type="CAUSAL_LM")
    made = get_peft_model(model, settings).eval()
    tiny.shake(made, 1)
    return made.get_base_model()


def with_a_scale_under_another_name(model: Any) -> Any:
    model.lm_head.register_forward_hook(lambda module, given, logits: logits * 2)
    return model


UNKNOWN = (with_layers_between, with_an_adapter_on_the_head, with_a_scale_under_another_name)


@pytest.mark.parametrize("changed", UNKNOWN)
def test_logits_take_the_place_of_states_where_the_head_is_not_known(changed: Any) -> None:
    model = changed(loud("llama", tied=False))
    batch = collate(examples(), 2)
    headed = Headed(model)
    hits, losses = figures(headed, batch)
    expected = figures_at(whole_logits(model, batch), batch.counted_labels)

    assert not headed.known
    assert headed.head().weight is None
    assert hits == expected[0]
    assert torch.allclose(losses, torch.tensor(expected[1]), rtol=1e-5, atol=1e-5)
    assert_same_gradients(headed, batch)
