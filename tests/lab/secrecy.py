"""Searching texts for secrets in the encodings in which they slip through."""

from __future__ import annotations

import base64
import contextlib
import html
import json
import shlex
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
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


SOON = 20
"""For so many rounds a process is looked at each time, for it may become another one; later, now and then."""


@contextlib.contextmanager
def watched_arguments(pause_s: float = 0.02) -> Iterator[set[str]]:
    """Collect the argument lists of all processes seen meanwhile, those inside lab hosts too."""
    seen: set[str] = set()
    over = threading.Event()

    def look() -> None:
        rounds: Counter[str] = Counter()
        while not over.wait(pause_s):
            names = [one.name for one in Path("/proc").iterdir()]
            rounds = Counter({name: rounds[name] + 1 for name in names if name.isdigit()})
            for name, number in rounds.items():
                if number <= SOON or number % SOON == 0:
                    with contextlib.suppress(OSError):  # it ended meanwhile
                        data = Path(f"/proc/{name}/cmdline").read_bytes()
                        seen.add(data.replace(b"\0", b" ").decode("utf-8", "replace"))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
