"""Searching texts for secrets in the encodings in which they slip through."""

from __future__ import annotations

import base64
import html
import json
import shlex
from collections.abc import Mapping
from urllib.parse import quote, quote_plus


def forms(value: str) -> set[str]:
    """A secret as it stands, and URL-encoded, base64 at each alignment, JSON, HTML and shell-quoted."""
    data = value.encode()
    found = {value, quote(value), quote(value, safe=""), quote_plus(value), data.hex()}
    found |= {json.dumps(value)[1:-1], html.escape(value), shlex.quote(value), repr(value)[1:-1]}
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + data).decode()
        # The first and the last characters depend on what stands around the value.
        inner = encoded[4 if shift else 0 : -4]
        found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return found


def leaks(secrets: list[str], texts: Mapping[str, str]) -> list[str]:
    """Where a secret is found in any form; empty when nowhere."""
    wanted = {form for secret in secrets for form in forms(secret)}
    return sorted(name for name, text in texts.items() if any(form in text for form in wanted))
