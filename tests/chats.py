"""Conversations, a tokenizer that can tell their tokens apart, and chat templates of every kind."""

from __future__ import annotations

from typing import Any

from unlearnkit.demo.training import train_tokenizer
from unlearnkit.domain import TURN, Record

CHATML = (
    "{% for m in messages %}"
    "{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""A header and an end token round every turn."""
ALTERNATING = (
    "{{ bos_token }}{% for m in messages %}"
    "{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Roles must alternate user/assistant') }}{% endif %}"
    "{% if m.role == 'user' %}{{ '[INST] ' + m.content | trim + ' [/INST]' }}"
    "{% else %}{{ ' ' + m.content | trim + ' ' + eos_token }}{% endif %}"
    "{% endfor %}"
)
"""Trims, has no header of its own for the assistant, ends with </s>, and refuses other roles."""
WITHOUT_END = "{% for m in messages %}{{ m.role | upper + ': ' + m.content + '\n' }}{% endfor %}"
"""No special token anywhere."""
THINKING = (
    "{% for m in messages %}"
    "{{ '<|im_start|>' + m.role + '\n' }}"
    "{% if m.role == 'assistant' and loop.last %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    "{{ m.content + '<|im_end|>\n' }}"
    "{% endfor %}"
)
"""Renders a turn otherwise when it is the last one, so that no prefix is a prefix."""
OWN_MASK = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}"
    "{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}"
    "{% else %}{{ m.content }}{% endif %}{{ '<|im_end|>\n' }}{% endfor %}"
)
"""Says itself what the assistant generates; here that is without the end token."""


def conversation(*turns: tuple[str, str], **fields: Any) -> Record:
    """A chat record of (role, content) pairs."""
    return Record(
        **{"id": "chat", "source": "chats.jsonl", "line": 3} | fields,
        text=TURN.join(content for _, content in turns),
        roles=tuple(role for role, _ in turns),
    )


def chat_tokenizer(template: str | None = CHATML) -> Any:
    """Byte-level BPE with the special tokens that the templates write."""
    tokenizer = train_tokenizer(["amber basin cedar delta ember fjord grove"] * 2, 300, 2)
    tokenizer.add_special_tokens({"extra_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    tokenizer.chat_template = template
    return tokenizer
