"""Masking: secrets become numbered words: what was equal is equal still, and nobody can tell what it was."""

from __future__ import annotations

from gonogo.deploy.redact import MARK, Redactor


def masked(redactor: Redactor, text: str) -> str:
    """Return the text with each known value, in all its forms, replaced by ``redacted-N``.

    The same value has the same number within one text, so two places still can be compared.
    """
    for number, value in enumerate(sorted(redactor.values, key=lambda one: (-len(one), one)), 1):
        text = Redactor([value])(text).replace(MARK, f"redacted-{number}")
    return text
