"""The forms in which a value turns up in output: escapes as an expression, base64 and hex literally."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from itertools import groupby
from urllib.parse import quote, quote_plus

_PERCENT = "%(?:25){0,2}"
_AMPERSAND = r"(?:&|\\{1,4}u0026|%26)(?:amp;){0,3}"
_BACKSLASH = rf"(?:\\|{_PERCENT}5[cC]|{_AMPERSAND}#(?:92|[xX]5[cC]);)"
_ESCAPES = rf"{_BACKSLASH}{{1,8}}+"
_MAYBE_ESCAPED = rf"{_BACKSLASH}{{0,8}}+"
_ENTITIES = {'"': "quot", "'": "apos", "&": "amp", "<": "lt", ">": "gt"}
_LETTERS = {"\n": "n", "\r": "r", "\t": "t", "\f": "f", "\b": "b", "\v": "v", "\a": "a", "\x1b": "[eE]"}
_SHORTEST_CODE = 4
_QUOTING = "'\"\\"
_QUOTE = (
    rf"(?:[{re.escape(_QUOTING)}]|{_PERCENT}(?:2[27]|5[cC])"
    rf"|{_AMPERSAND}(?:quot|apos|#0{{0,4}}(?:34|39|92)|#[xX]0{{0,4}}(?:2[27]|5[cC]));"
    r"|(?<=\\)(?:u00|x)(?:2[27]|5[cC])|(?<=\\)(?:04[27]|134))"
)
_DEEPEST = 64
"""Characters that quoting within quoting within quoting makes of one."""
_RUNS = re.compile(r"[\\\"']+|(.)\1*", re.DOTALL)
_FOLD = rf" {{0,3}}{_MAYBE_ESCAPED}\r?\n[ \t]*+{_MAYBE_ESCAPED} {{0,3}}"
"""A line end that YAML may put in the place of spaces."""


def expression(value: str) -> tuple[str, str]:
    """Return the letters and digits that a value begins with, and a regular expression for the rest of it.

    Together they match a value as plain text and in any mixture of text escapes.

    Each character may be written as itself, with backslashes, as a percent, HTML, JSON, YAML, Python or octal
    escape, doubled (Compose's ``$$``, YAML's ``''``), or as a shell quotes it within quotes. Taking the
    characters one by one also covers escapes of escapes, such as JSON within an HTML attribute.
    """
    lead = value[: next((at for at, one in enumerate(value) if not _is_plain(one)), len(value))]
    rest = value[len(lead) :]
    runs = [run.group() for run in _RUNS.finditer(rest)]
    found = "".join(
        _quoting(len(run)) if run[0] in _QUOTING and (lead or at) and at < len(runs) - 1 else _exact(run)
        for at, run in enumerate(runs)
    )
    return lead, found if lead else _guard(value[0]) + found


def codes(value: str) -> set[str]:
    """Return the literal texts of base64 (both alphabets, each of the three byte alignments) and of hex.

    They are of the value as it is, URL-encoded, JSON-escaped and with Compose's ``$$``.
    """
    texts = {value, quote(value), quote(value, safe=""), quote_plus(value), value.replace("$", "$$")}
    texts |= {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    found: set[str] = set()
    for data in (text.encode("utf-8", "surrogatepass") for text in texts):
        found |= {data.hex(), data.hex().upper()}
        found |= {piece for offset in range(3) for piece in _base64(data, offset)}
    return {piece for piece in found if len(piece) >= _SHORTEST_CODE}


def _base64(data: bytes, offset: int) -> Iterator[str]:
    """Yield what base64 makes of data that begins ``offset`` bytes into a group of three.

    Characters into which bits of the neighbours are mixed are left out; the last one only where more follows.
    """
    encoded = base64.b64encode(b"\0" * offset + data).decode().rstrip("=")[(0, 2, 3)[offset] :]
    at_end = encoded if (offset + len(data)) % 3 == 0 else encoded[:-1]
    for text in (encoded, at_end):
        yield text
        yield text.replace("+", "-").replace("/", "_")


def _is_plain(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _guard(character: str) -> str:
    """Look ahead for what a character can begin with: most places of a text are dismissed by this alone."""
    return rf"(?=[\\%&{re.escape(character)}])"


def _quoting(count: int) -> str:
    """Match quotes and backslashes between other characters, however often they were quoted anew."""
    return rf"(?:{_QUOTE}){{{count},{_DEEPEST * count}}}+"


def _exact(run: str) -> str:
    return "".join(_run(character, len(list(same))) for character, same in groupby(run))


def _run(character: str, count: int) -> str:
    """Match a character that stands ``count`` times in a row.

    What is ambiguous within a run (doubled or not, folded or not) is decided once for the run: once for each
    character would let a near miss backtrack exponentially.
    """
    if _is_plain(character):
        return character * count
    ways = [f"(?:{'|'.join(_ways(character))}){{{count},{4 * count if character == '$' else count}}}"]
    if character == "\\":
        ways.insert(0, f"{_BACKSLASH}{{{count},{8 * count}}}")
    if character == "'":
        ways.insert(0, f"'{{{count},{2 * count}}}")
    if character == " ":
        ways.insert(0, _FOLD)
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"


def _ways(character: str) -> Iterator[str]:
    """Yield an expression for each way to write one character, the longer before what it begins with."""
    if character == "'":
        single = f"(?:'|{_AMPERSAND}(?:apos|#39|#[xX]27);)"
        double = f'{_MAYBE_ESCAPED}(?:"|{_AMPERSAND}(?:quot|#34|#[xX]22);)'
        yield f"{single}{double}{single}{double}{single}"
        yield f"{single}{_ESCAPES}{single}{single}"
    if character == " ":
        yield r"\+"
    if character == "\n":
        yield r"\r?\n[ \t]*+"
    raw = [] if character == "\\" else [re.escape(character)]
    yield f"{_MAYBE_ESCAPED}(?:{'|'.join([*raw, *_numbers(character)])})"
    yield "".join(f"{_PERCENT}{_hex(f'{byte:02x}')}" for byte in _bytes(character))


def _numbers(character: str) -> Iterator[str]:
    """Yield what stands for a character behind a backslash or an ampersand, by its number or its letter."""
    code, data = ord(character), _bytes(character)
    entity = f"|{_ENTITIES[character]}" if character in _ENTITIES else ""
    yield f"{_AMPERSAND}(?:#0{{0,4}}{code}|#[xX]0{{0,4}}{_hex(f'{code:x}')}{entity});"
    wide = character.encode("utf-16-be", "surrogatepass").hex()
    yield _ESCAPES.join(f"u{_hex(wide[at : at + 4])}" for at in range(0, len(wide), 4))
    yield f"U{_hex(f'{code:08x}')}"
    if code < 256:
        yield f"x{_hex(f'{code:02x}')}"
    if len(data) > 1:
        yield _ESCAPES.join(f"x{_hex(f'{byte:02x}')}" for byte in data)
    yield _ESCAPES.join(f"{byte:03o}" for byte in data)
    if character in _LETTERS:
        yield _LETTERS[character]


def _bytes(character: str) -> bytes:
    return character.encode("utf-8", "surrogatepass")


def _hex(digits: str) -> str:
    return "".join(digit if digit.isdigit() else f"[{digit}{digit.upper()}]" for digit in digits)
