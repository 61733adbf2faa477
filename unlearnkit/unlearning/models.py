"""The model as it is trained and as it is saved: every weight, an adapter, or shards of either."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from unlearnkit.errors import BadInput
from unlearnkit.language_model.adapters import save_adapter, unload, with_adapter
from unlearnkit.language_model.folder import (
    LanguageModel,
    load_language_model,
    save_language_model,
)
from unlearnkit.unlearning.steps import Workbench


@dataclass(frozen=True, slots=True)
class Original:
    """What is remembered of the original model when its weights are gone."""

    language_model: LanguageModel
    """Tokenizer and folders; its model is None."""
    dtype: Any
    """The precision it is stored in."""


@dataclass(slots=True)
class Trainable:
    """A model to train; `renew` puts the original in its place."""

    whole: Any
    """transformers' model, or PEFT's around it."""
    inner: Any
    """transformers' model, with the adapter's layers in it where there is one."""


def check_launcher(accelerator: Any) -> None:
    """Raise BadInput where the launcher asks for what cannot be trained in here.

    Weights cut up in a way that is not understood, and float16: the chunked loss keeps gradients
    in the precision of the hidden states before any scaler sees them, and they vanish there.
    """
    from accelerate.utils import DistributedType, disable_fsdp_ram_efficient_loading

    kind = accelerator.distributed_type
    if accelerator.is_fsdp2:
        # Every process measures the original before it is sharded, so each loads it.
        disable_fsdp_ram_efficient_loading()
        accelerator.state.fsdp_plugin.cpu_ram_efficient_loading = False
    elif kind in (DistributedType.FSDP, DistributedType.DEEPSPEED, DistributedType.MEGATRON_LM):
        raise BadInput(
            f"models cannot be unlearned with accelerate's {kind.value}",
            where="accelerate launch",
            fix="Use FSDP2 (accelerate launch --use_fsdp --fsdp_version 2), or no sharding.",
        )
    if accelerator.mixed_precision == "fp16":
        raise BadInput(
            "models cannot be unlearned in mixed precision with float16: gradients vanish in it",
            where="accelerate launch",
            fix="Use --mixed_precision bf16, or no.",
        )


def trainable(model: Any, bench: Workbench, device: Any = None) -> Trainable:
    """The model to train, on the bench's device or this one, from a seed of its own.

    What is trained is in float32, whatever is stored: AdamW's steps vanish in bfloat16.
    """
    from accelerate.utils import set_seed

    settings, device = bench.settings, device or bench.device
    set_seed(settings.seed)
    if settings.gradient_checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    if not settings.lora_rank:
        model.float().requires_grad_(True).to(device)
        return Trainable(model, model)
    rank = settings.lora_rank
    adapted = with_adapter(model.to(device), rank, 2.0 * rank, settings.seed)
    return Trainable(adapted, adapted.get_base_model())


def renew(model: Trainable, bench: Workbench, folder: Path) -> None:
    """Make it the original again, to be trained anew.

    Under an adapter the original's weights are there untouched; else they are loaded, when those
    that were trained are gone: one model is in memory at a time.
    """
    kept = unload(model.whole) if bench.settings.lora_rank and not bench.sharded else None
    model.whole = model.inner = None
    fresh = trainable(kept or load_language_model(folder).model, bench)
    model.whole, model.inner = fresh.whole, fresh.inner


def save(bench: Workbench, original: Original, trained: Trainable, out: Path) -> None:
    """Write what was trained from the original to `out`.

    By the main process only; the others wait.
    """
    known = original.language_model
    if bench.sharded:
        assert known.folder is not None
        trained = gathered(bench, trained, known.folder)
    if bench.accelerator.is_main_process:
        if bench.settings.as_adapter:
            save_adapter(known, trained.whole, out)
        else:
            adapted = trained.whole is not trained.inner
            whole = trained.whole.merge_and_unload() if adapted else trained.whole
            save_language_model(replace(known, model=whole.to(original.dtype)), out)
    bench.accelerator.wait_for_everyone()


def gathered(bench: Workbench, trained: Trainable, folder: Path) -> Trainable:
    """A model whose weights lie in shards, put together on the main process's CPU.

    In the other processes it stays as it is.
    """
    weights = bench.accelerator.get_state_dict(trained.whole)
    if not bench.accelerator.is_main_process:
        return trained
    whole = trainable(load_language_model(folder).model, bench, device="cpu")
    whole.whole.load_state_dict(weights)
    return whole


def check_disk(model: Any, folder: Path, states: int) -> None:
    """Raise BadInput before hours of work when checkpoints and states cannot fit.

    `states`: bytes of the hidden states that are kept (`states.kept_bytes`). What a run that was
    killed left in the folder is part of what is needed.
    """
    needed = checkpoint_bytes(model) + states
    folder.mkdir(parents=True, exist_ok=True)
    there = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
    room = shutil.disk_usage(folder).free + there
    if room < needed:
        raise BadInput(
            f"checkpoints and hidden states need {needed / 2**30:.1f} GiB of disk, "
            f"there is room for {room / 2**30:.1f}",
            where=folder,
            fix="Free some disk space or choose a workspace on another disk.",
        )


def checkpoint_bytes(model: Any) -> int:
    """Bytes of two checkpoints, while one replaces the other, and of the result.

    Of every weight, and two moments of what is trained; all counted in float32.
    """
    weights = [(one.numel(), one.requires_grad) for one in model.parameters()]
    return sum(12 * count + 16 * count * trained for count, trained in weights)
