"""No known secret survives in a text, in whatever form it got there; and what is no secret stays readable."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import shlex
import string
import textwrap
import threading
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.deploy.redaction.redactor import MARK, Redactor
from tests.unit.tables import every

SPECIAL = "!$@/#\"' \\&<>%+=:;,.~`*?()[]{}|^-_é€😀"
NASTY = "p@ss!w$o/r#d\"x'y z\\&<%"


def double_quoted(value: str) -> str:
    return re.sub(r'([$`"\\])', r"\\\1", value)


def backslashed(value: str) -> str:
    return re.sub(r"([^A-Za-z0-9_@%+=:./-])", r"\\\1", value)


def lower_percent(value: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda found: found.group().lower(), quote(value, safe=""))


def go_json(value: str) -> str:
    """As encoding/json of Go writes it, which Docker is written in."""
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


ENCODERS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "quote": quote,
    "quote all": lambda value: quote(value, safe=""),
    "quote plus": quote_plus,
    "quote lower": lower_percent,
    "quoted twice": lambda value: quote(quote(value, safe=""), safe=""),
    "json": json.dumps,
    "json unicode": lambda value: json.dumps(value, ensure_ascii=False),
    "json of go": go_json,
    "json of json": lambda value: json.dumps(json.dumps({"a": value})),
    "shell": shlex.quote,
    "shell within more": lambda value: shlex.quote(f"a='{value}'"),
    "shell other quote": lambda value: "'" + value.replace("'", "'\\''") + "'",
    "shell double": double_quoted,
    "shell backslash": backslashed,
    "repr": repr,
    "repr within more": lambda value: repr(f"'\"{value}"),
    "repr of bytes": lambda value: repr(value.encode()),
    "ascii": ascii,
    "html": html.escape,
    "html unquoted": lambda value: html.escape(value, quote=False),
    "html numbers": lambda value: html.escape(value).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
    "html of json": lambda value: html.escape(json.dumps(value)),
    "html of html": lambda value: html.escape(html.escape(value)),
    "compose": lambda value: value.replace("$", "$$"),
    "json of compose": lambda value: json.dumps({"p": value.replace("$", "$$")}),
    "yaml": lambda value: yaml.safe_dump({"p": value}, allow_unicode=True),
    "yaml single": lambda value: yaml.safe_dump(value, default_style="'", width=10**6),
    "yaml double": lambda value: yaml.safe_dump(value, default_style='"', width=10**6),
    "hex": lambda value: value.encode().hex(),
    "HEX": lambda value: value.encode().hex().upper(),
}
BASE64 = {
    "standard": base64.b64encode,
    "urlsafe": base64.urlsafe_b64encode,
    "wrapped": base64.encodebytes,
}
NASTY_REDACTOR = Redactor([NASTY])
EXAMPLES = int(os.environ.get("GONOGO_EXAMPLES", "20"))
secrets = st.text(string.ascii_letters + string.digits + SPECIAL, min_size=4, max_size=24).map(str.strip)
long_enough = secrets.filter(lambda value: len(value) >= 4 and value not in MARK and MARK not in value)
around = st.text(string.ascii_letters + " \n\t.,:='\"\\", max_size=12)


def is_gone(redactor: Redactor, form: str, text: str) -> bool:
    hidden = redactor(text)
    return form not in hidden.replace(MARK, "\0") and MARK in hidden and redactor(hidden) == hidden


@pytest.mark.parametrize("secret", [NASTY, "$$''\\\\\"\"", "plain-Word_7"])
def test_no_escaped_form_survives(secret: str) -> None:
    redactor = Redactor([secret])
    for name, encode in ENCODERS.items():
        assert redactor.finds(encode(secret)), name
        assert is_gone(redactor, encode(secret), f"x={encode(secret)}\n"), name


@settings(max_examples=EXAMPLES)
@given(name=st.sampled_from(sorted(ENCODERS)), secret=long_enough, before=around, after=around)
def test_no_escaped_form_of_any_secret_survives(name: str, secret: str, before: str, after: str) -> None:
    form = ENCODERS[name](secret)
    assert is_gone(Redactor([secret]), form, before + form + after)


@settings(max_examples=EXAMPLES)
@given(
    name=st.sampled_from(sorted(BASE64)),
    secret=long_enough,
    before=st.binary(max_size=5),
    after=st.binary(max_size=5),
)
def test_no_base64_form_survives(name: str, secret: str, before: bytes, after: bytes) -> None:
    text = BASE64[name](before + secret.encode() + after).decode()
    assert is_gone(Redactor([secret]), text, f"data: {text}")


@every("length", range(0, 60, 7))
def test_base64_of_a_whole_file_that_is_wrapped_reveals_nothing(length: int) -> None:
    file = "A=1\n" * 20 + "P" * length + NASTY + "\nB=2" * 20
    hidden = NASTY_REDACTOR(base64.encodebytes(file.encode()).decode())
    assert MARK in hidden
    for piece in hidden.split(MARK):
        kept = "".join(piece.split())
        for skip in range(4):
            decoded = base64.b64decode(kept[skip:][: (len(kept) - skip) // 4 * 4].rstrip("=") + "===")
            assert NASTY.encode()[:8] not in decoded


def test_basic_authorization_and_an_encoded_url_are_hidden() -> None:
    basic = base64.b64encode(f"user:{NASTY}".encode()).decode()
    url = base64.b64encode(f"mongodb://root:{quote(NASTY, safe='')}@db:27017/x".encode()).decode()
    for text in (basic, url):
        assert text[12:] not in NASTY_REDACTOR(text)
        assert NASTY_REDACTOR.finds(text)


@settings(max_examples=EXAMPLES)
@given(values=st.lists(long_enough, min_size=2, max_size=4), joiner=around)
def test_hiding_twice_is_hiding_once(values: list[str], joiner: str) -> None:
    redactor = Redactor(values)
    once = redactor(joiner.join([*values, MARK, *values]))
    assert redactor(once) == once
    assert not redactor.finds(once)


def test_a_secret_that_is_part_of_the_mark_does_not_eat_the_mark() -> None:
    redactor = Redactor(["acted", "a[red"])
    assert redactor("it is acted on a[red carpet") == f"it is {MARK} on {MARK} carpet"
    assert redactor(f"aa{MARK}") == f"aa{MARK}"


def test_the_longer_of_two_values_is_hidden_whole() -> None:
    assert Redactor(["hunter", "hunter2-long"])("hunter2-long hunter") == f"{MARK} {MARK}"


def test_short_values_are_left_and_text_without_secrets_is_untouched() -> None:
    text = "a cat sat on 123 <b>mats</b> %20 &amp; YWJj\n" * 20
    assert Redactor(["cat", " 12 ", "", "long secret"])(text) == text
    assert Redactor()(text) == text


def test_a_private_key_is_hidden_whole_and_line_by_line() -> None:
    lines = ["-----BEGIN KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQ", "EFAASCBKcwggSjAgEAAoIB+/a=", "end"]
    key = "\n".join(lines) + "\n"
    redactor = Redactor([key])
    assert redactor(f"k={key}") == f"k={MARK}\n"
    assert redactor(json.dumps(key)).strip('"\\n') == MARK
    assert redactor(textwrap.indent(key, "  ")) == f"  {MARK}\n"
    assert redactor(f"line {lines[1]} alone") == f"line {MARK} alone"
    assert redactor("the end") == "the end"


def test_a_value_that_yaml_folds_is_hidden() -> None:
    secret = "correct horse battery staple " * 5
    assert "battery" not in Redactor([secret])(yaml.safe_dump({"pass": secret.strip()}))


def test_what_is_added_later_is_hidden_from_then_on() -> None:
    redactor = Redactor()
    assert redactor("hunter2") == "hunter2"
    redactor.add(["hunter2"])
    assert redactor("hunter2") == MARK


def test_threads_may_add_while_others_read() -> None:
    redactor = Redactor()

    def add(number: int) -> None:
        for turn in range(3):
            redactor.add([f"secret-{number}-{turn}"])
            redactor("some text")

    threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(redactor(f"secret-{number}-{turn}") == MARK for number in range(4) for turn in range(3))
