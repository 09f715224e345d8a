"""What only shows when a text is read: colours, folds, dumps and characters written as numbers."""

from __future__ import annotations

import json
import quopri
import random
import shlex
import string
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import yaml
from hypothesis import given
from hypothesis import strategies as st

from gonogo.deploy.redaction.redactor import MARK, Redactor, numbered
from gonogo.deploy.redaction.views import view
from tests.unit.redaction.test_redactor import NASTY, SPECIAL, double_quoted
from tests.unit.tables import every


def pairs(value: str) -> list[str]:
    return [f"{byte:02x}" for byte in value.encode()]


def hexdump(value: str, group: int = 1) -> str:
    """As `hexdump -C` prints it, or with 2 `xxd`."""
    found, lines = pairs(f"before {value} after"), []
    for at in range(0, len(found), 16):
        line = found[at : at + 16]
        shown = "".join(chr(int(one, 16)) if 32 <= int(one, 16) < 127 else "." for one in line)
        bytes_ = " ".join("".join(line[i : i + group]) for i in range(0, len(line), group))
        lines.append(f"{at:08x}: {bytes_:47}  |{shown}|")
    return "\n".join(lines)


def parted(value: str, code: str) -> str:
    middle = len(value) // 2
    return f"{value[:middle]}{code}{value[middle:]}"


def as_json(value: str) -> str:
    return json.dumps({"p": value})


FORMS: dict[str, Callable[[str], str]] = {
    "json in a url": lambda value: quote(as_json(value), safe=""),
    "json in a query": lambda value: quote_plus(as_json(value)),
    "json in json in a url": lambda value: quote(json.dumps(as_json(value)), safe=""),
    "shell twice": lambda value: shlex.quote(shlex.quote(value)),
    "shell thrice": lambda value: shlex.quote(shlex.quote(shlex.quote(value))),
    "a line for sh -c": lambda value: shlex.quote(f"sh -c {shlex.quote(f'echo {shlex.quote(value)}')}"),
    "double quotes twice": lambda value: double_quoted(f'"{double_quoted(value)}"'),
    "json in a shell twice": lambda value: shlex.quote(shlex.quote(json.dumps(value))),
    "yaml, folded in double quotes": lambda value: yaml.safe_dump({"p": value}, width=12, default_style='"'),
    "yaml, folded in single quotes": lambda value: yaml.safe_dump({"p": value}, width=12, default_style="'"),
    "yaml, a folded block": lambda value: yaml.safe_dump({"p": value}, width=12, default_style=">"),
    "spaced hex": lambda value: " ".join(pairs(value)),
    "spaced HEX": lambda value: " ".join(pairs(value)).upper(),
    "hex with colons": lambda value: ":".join(pairs(value)),
    "an array in C": lambda value: ", ".join(f"0x{pair}" for pair in pairs(value)),
    "bytes in decimal": lambda value: str(list(value.encode())),
    "hexdump -C": hexdump,
    "xxd": lambda value: hexdump(value, 2),
    "$'' of a shell": lambda value: "".join(f"\\x{pair}" for pair in pairs(value)),
    "octal": lambda value: "".join(f"\\{byte:03o}" for byte in value.encode()),
    "every character in a url": lambda value: "".join(f"%{pair}" for pair in pairs(value)),
    "every character in html": lambda value: "".join(f"&#x{ord(one):x};" for one in value),
    "mail": lambda value: quopri.encodestring(value.encode()).decode(),
    "a colour": lambda value: parted(value, "\x1b[1;31m"),
    "grep's colour": lambda value: parted(value, "\x1b[m\x1b[K"),
    "each character coloured": lambda value: "".join(f"\x1b[32m{one}\x1b[0m" for one in value),
    "a colour in json": lambda value: json.dumps(parted(value, "\x1b[1;31m")),
    "a colour in repr": lambda value: repr(parted(value, "\x1b[1;31m")),
}
chance = random.Random(3)
VALUES = [
    NASTY,
    "plain-Word_7x",
    "'in quotes'",
    "correct horse battery staple, with 'quotes' and more words",
    *(
        "".join(chance.choices(string.ascii_letters + string.digits + SPECIAL, k=20)).strip()
        for _ in range(12)
    ),
]


@every("name", FORMS)
def test_no_form_that_has_to_be_read_survives(name: str) -> None:
    for value in VALUES:
        redactor, form = Redactor([value]), FORMS[name](value)
        hidden = redactor(f"before\n{form}\nafter")
        assert MARK in hidden, value
        assert form not in hidden.replace(MARK, "\0"), value
        assert hidden.startswith("before\n") and hidden.endswith("after"), value
        assert redactor(hidden) == hidden, value


@every(
    "text, kept",
    [
        ("a \x1b[31mhunter2-\x1b[0mlong b\nnext", f"a \x1b[31m{MARK} b\nnext"),
        ("id 68 75 6e 74 65 72 32 2d 6c 6f 6e 67!", f"id {MARK}!"),
        ("x=hunter2\\x2dlong, y=1", f"x={MARK}, y=1"),
        ("hunter2\\\n   -long;", f"{MARK};"),
    ],
)
def test_the_rest_of_the_text_stays(text: str, kept: str) -> None:
    assert Redactor(["hunter2-long"])(text) == kept


def test_a_recording_numbers_what_has_to_be_read_too() -> None:
    text = "hunter2-long \x1b[31mhunter2-\x1b[0mlong other-one"
    assert (
        numbered(Redactor(["hunter2-long", "other-one"]), text) == "redacted-1 \x1b[31mredacted-1 redacted-2"
    )


def test_a_text_without_such_forms_is_not_read_again() -> None:
    assert view('2026-11-30 04:00:00 INFO a=1 b=2 100% [1, 2]\nC:\\users {"a": 1}') is None


@given(text=st.text("ab\\x1u0=%&#;[]m\x1b \n6,0"))
def test_a_span_of_a_view_is_a_span_of_the_text(text: str) -> None:
    seen = view(text)
    if seen:
        for first in range(0, len(seen.text), 3):
            start, end = seen.source((first, min(len(seen.text), first + 2)))
            assert 0 <= start <= end <= len(text)


@every(
    "piece", ["\\", "\\x61", "%41", "=41", "61 ", "10, ", "\x1b[0m", "&#65;", "\\\n", "=\n", "00000000: 61 "]
)
def test_hostile_texts_take_no_time(piece: str) -> None:
    begun = time.process_time()
    Redactor(["hunter2-long"])(piece * (60_000 // len(piece)))
    assert time.process_time() - begun < 1
