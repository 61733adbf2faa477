"""A small language model trained on a company's records until it has memorised them.

Used by the demo and by the benchmarks; the product itself never trains a model from scratch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unlearnkit.domain import Progress, Record, silent
from unlearnkit.language_model.folder import LanguageModel, quiet_transformers, save_language_model
from unlearnkit.language_model.tokens import Encoding, collate, encode_record


@dataclass(frozen=True, slots=True)
class SmallModel:
    """Size and training of the small Llama; the defaults memorise some 600 records on a laptop."""

    vocabulary: int = 1024
    hidden: int = 128
    layers: int = 3
    heads: int = 4
    epochs: int = 16
    batch_size: int = 16
    learning_rate: float = 5e-3


def train_tokenizer(texts: Sequence[str], vocabulary: int, min_frequency: int) -> Any:
    """A byte-level BPE tokenizer (tokenizers library) with <s>, </s> and <pad>.

    `min_frequency` lies above the number of times one person's values occur, so that nobody's name
    becomes a vocabulary entry of its own: a tokenizer is published with the model.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=min_frequency,
        special_tokens=["<s>", "</s>", "<pad>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    fast: Any = quiet_transformers().PreTrainedTokenizerFast
    marks = {"bos": "<s>", "eos": "</s>", "pad": "<pad>"}
    return fast(
        tokenizer_object=tokenizer, **{f"{name}_token": mark for name, mark in marks.items()}
    )


def new_model(size: SmallModel, tokenizer: Any, max_length: int, seed: int) -> Any:
    """A LlamaForCausalLM with random weights."""
    from accelerate.utils import set_seed
    from transformers import LlamaConfig, LlamaForCausalLM

    set_seed(seed)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=size.hidden,
            intermediate_size=3 * size.hidden,
            num_hidden_layers=size.layers,
            num_attention_heads=size.heads,
            num_key_value_heads=size.heads,
            max_position_embeddings=max_length,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            tie_word_embeddings=True,
        )
    )


def train(
    records: Sequence[Record],
    tokenizer: Any,
    folder: Path,
    *,
    size: SmallModel,
    encoding: Encoding,
    seed: int,
    progress: Progress = silent,
    what: str = "training the model",
) -> None:
    """Train from scratch (Muon and AdamW, one-cycle rate); save model and tokenizer to `folder`."""
    import torch
    from accelerate import Accelerator

    accelerator = Accelerator()
    model = new_model(size, tokenizer, encoding.max_length, seed)
    examples = [encode_record(record, tokenizer, encoding) for record in records]
    steps_per_epoch = -(-len(examples) // size.batch_size)
    optimizers = [accelerator.prepare(one) for one in optimizers_of(model, size.learning_rate)]
    model = accelerator.prepare(model)
    schedules = [
        torch.optim.lr_scheduler.OneCycleLR(
            one,
            max_lr=size.learning_rate,
            total_steps=size.epochs * steps_per_epoch,
            pct_start=0.1,
            cycle_momentum=False,
        )
        for one in optimizers
    ]
    generator = torch.Generator().manual_seed(seed)
    model.train()
    for epoch in range(size.epochs):
        progress(what, epoch, size.epochs)
        for chosen in similar_lengths(examples, size.batch_size, generator):
            batch = collate(chosen, tokenizer.pad_token_id).to(accelerator.device)
            loss = model(
                input_ids=batch.input_ids, attention_mask=batch.attention_mask, labels=batch.labels
            ).loss
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(model.parameters(), 1.0)
            for optimizer, schedule in zip(optimizers, schedules, strict=True):
                optimizer.step()
                schedule.step()
                optimizer.zero_grad()
    progress(what, size.epochs, size.epochs)
    save_language_model(LanguageModel(accelerator.unwrap_model(model), tokenizer), folder)


def optimizers_of(model: Any, learning_rate: float) -> list[Any]:
    """Muon for the matrices inside the layers (Jordan et al. 2024), AdamW for all other weights."""
    import torch

    matrices = [one for one in model.model.layers.parameters() if one.ndim == 2]
    taken = {id(one) for one in matrices}
    others = [one for one in model.parameters() if id(one) not in taken]
    muon = torch.optim.Muon(
        matrices, lr=learning_rate, weight_decay=0.0, adjust_lr_fn="match_rms_adamw"
    )
    return [muon, torch.optim.AdamW(others, lr=learning_rate, betas=(0.9, 0.95), weight_decay=0.0)]


def similar_lengths(examples: Sequence[Any], batch_size: int, generator: Any) -> list[list[Any]]:
    """Shuffled batches whose rows have similar lengths, so that little is padding."""
    import torch

    order = torch.randperm(len(examples), generator=generator).tolist()
    window = batch_size * 8
    batches: list[list[Any]] = []
    for start in range(0, len(order), window):
        part = sorted(order[start : start + window], key=lambda i: len(examples[i].input_ids))
        batches += [
            [examples[index] for index in part[at : at + batch_size]]
            for at in range(0, len(part), batch_size)
        ]
    return [batches[index] for index in torch.randperm(len(batches), generator=generator).tolist()]
