"""Searching texts for secrets in the encodings in which they slip through."""

from __future__ import annotations

import base64
import contextlib
import html
import json
import re
import shlex
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

from ahocorasick_rs import BytesAhoCorasick


def forms(value: str) -> set[str]:
    """A secret as it stands, and in 31 encodings in which it may slip through."""
    data, url, text = value.encode(), quote(value, safe=""), json.dumps(value)[1:-1]
    pairs = [f"{byte:02x}" for byte in data]
    found = {value, quote(value), url, quote_plus(value), quote(url, safe=""), quote(text, safe="")}
    found |= {re.sub("%..", lambda one: one[0].lower(), url), "".join(f"%{pair}" for pair in pairs)}
    found |= {data.hex(), data.hex().upper(), " ".join(pairs), ":".join(pairs), str(list(data))[1:-1]}
    found |= {text, json.dumps(text)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
    found |= {ascii(value)[1:-1], repr(data)[2:-1], "".join(f"\\x{pair}" for pair in pairs)}
    found |= {html.escape(value), html.escape(text), html.escape(html.escape(value))}
    found |= {shlex.quote(value), shlex.quote(shlex.quote(value)), re.sub(r'([$`"\\])', r"\\\1", value)}
    found |= {value.replace("$", "$$"), value.replace("'", "''"), re.sub(r"(\W)", r"\\\1", value)}
    found |= {base64.b32encode(data).decode().rstrip("="), "".join(f"&#{ord(one)};" for one in value)}
    found |= {"".join(f"\\u{ord(one):04x}" for one in value), "".join(f"\\{byte:03o}" for byte in data)}
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + data).decode()
        # The first and the last characters depend on what stands around the value.
        inner = encoded[4 if shift else 0 : -4]
        found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return {form for form in found if len(form) >= min(6, len(value))}


def leaks(secrets: list[str], texts: Mapping[str, str]) -> list[str]:
    """Where a secret is found in any form; empty when nowhere."""
    return sorted({place for place, _ in found(secrets, texts)})


def found(secrets: list[str], texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """In which texts which secret is found in any form."""
    wanted = [(form.encode(), secret) for secret in secrets for form in forms(secret)]
    automaton = BytesAhoCorasick([form for form, _ in wanted])
    return sorted(
        {
            (place, wanted[index][1])
            for place, text in texts.items()
            for index, _, _ in automaton.find_matches_as_indexes(
                text.encode("utf-8", "replace"), overlapping=True
            )
        }
    )


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
