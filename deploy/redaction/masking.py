"""An environment as it may be written to a file: what may be secret is masked, equal values alike."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from gonogo.deploy.redaction.commands import hidden_words
from gonogo.deploy.redaction.harmless import hidden

_KEY = secrets.token_bytes(16)
"""Of this very process: who has a masked value cannot find out what it was by trying out words."""


def masked(value: str) -> str:
    """Return a word that stands for a secret: the same for the same value, until this process ends."""
    return f"masked-{hmac.new(_KEY, value.encode(), hashlib.sha256).hexdigest()[:12]}"


def unmasked(text: str, mark: str) -> str:
    """Return a text with ``mark`` in the place of each masked value."""
    return re.sub(r"masked-[0-9a-f]{12}", mark, text)


def concealed(name: str, value: str) -> str:
    """Return the value of a variable as it may be written to a file, each hidden part of it masked.

    What is hidden says ``harmless.spans``: a secret may have any name. Blank values and placeholders stay:
    they are no secrets, and checks look for them. Parts of a URL are masked as they are decoded.
    """
    whole = value.strip()
    return hidden(name, value, lambda part: masked(part if part == whole else unquote(part)))


def concealed_all(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment with each value as ``concealed`` gives it."""
    return {name: concealed(name, value) for name, value in environment.items()}


def concealed_words(words: Sequence[str]) -> tuple[str, ...]:
    """Return a command as it may be written to a file, each hidden part of it masked."""
    return tuple(hidden_words(words, masked))
