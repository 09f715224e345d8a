"""The one rule of what may be shown: a value is hidden unless it is harmless by name and by form.

A value is one of a variable, a label, a build argument, a header, or whatever else somebody chose freely.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from gonogo.deploy.redaction import forms
from gonogo.deploy.redaction.forms import has_form, is_token, is_wordy
from gonogo.deploy.redaction.secret_names import (
    names_a_login,
    names_a_secret,
    names_a_user,
    promises_id,
    promises_license,
    promises_mail,
    promises_published,
    promises_rule,
    promises_words,
)
from gonogo.deploy.redaction.spans import Span
from gonogo.deploy.redaction.urls import URL, url_spans
from gonogo.deploy.redaction.weak_secrets import is_bare_placeholder

_REFERENCE = re.compile(r"\${1,2}(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*(?::?\?[^{}]*)?\})")
"""A variable without a default: it shows a name, and no value."""
_DEFAULT = re.compile(r"\${1,2}\{(?P<name>[A-Za-z_]\w*):?[-+](?P<word>[^{}]*)\}")
_ITEM = re.compile(
    rf"""(?P<url>(?:\b[\w.-]+=)?["']?{URL.pattern}[^\s"'<>`]*?)
      (?=,\s*{URL.pattern}|;[\w\ ]+=|,?(?:[\s"'<>`]|$))
    | [^\s,;]+""",
    re.VERBOSE,
)
_PAIR = re.compile(r"(?P<name>(?:-XX:|-{0,2})[A-Za-z](?:[\w.-]|::){0,80})=(?P<value>.*)", re.DOTALL)
_PROMISED = (
    (promises_words, is_wordy),
    (promises_published, forms.is_published),
    (promises_mail, forms.is_mail),
    (promises_id, forms.is_id),
    (promises_id, is_wordy),
    (promises_license, forms.is_license),
    (promises_rule, forms.is_rule),
)
"""What a name may promise, and the form that it then has."""
_SETTING = re.compile(
    r"(?i)true|false|yes|no|on|off|none|null|enabled|disabled|required|optional|(?:rsa|ec|dsa)(?::\d{2,5})?"
    r"|drop|keep|redact|scram-sha-(?:1|256)|md5|/(?:[a-z0-9_.-]{1,40}/){0,8}[a-z0-9_.-]{1,40}\.(?:pem|key|crt|p12|jks)"
)
"""What a secret never is: a switch, an algorithm, what is done with it, the file where it is."""
_METHOD = re.compile(
    r"(?i)anonymous|aws|azure|basic|bearer|cram-md5|digest|gcp|header|jwt|ldap|local|login|none|oauth2?|oidc|plain"
    r"|s3v[24]|saml|session|strict|lax|token|vault|xoauth2"
)
"""How somebody logs in."""
NESTED = 16
"""Pairs within one item up to which they are told apart."""
SHORT = 4
"""Characters of what is no secret worth the name, if it is punctuation alone."""
_LEADING = re.compile(r"\s*")


def is_harmless(name: str, value: str) -> bool:
    """Return whether the value of what is called ``name`` may be shown."""
    return not spans(name, value)


def hidden(name: str, value: str, hide: Callable[[str], str]) -> str:
    """Return the value of what is called ``name`` as it may be shown, ``hide`` of each part that may not."""
    parts, at = [], 0
    for start, end in spans(name, value):
        parts += [value[at:start], hide(value[start:end])]
        at = end
    return "".join([*parts, value[at:]])


def spans(name: str, value: str) -> list[Span]:
    """Return which parts of a value may not be shown, in order and apart from each other.

    Nothing of a blank value, a placeholder or a variable without a default, and of what is harmless by name
    and form. Of URLs and of lists of ``name=value`` the parts are told apart; of all else it is the whole.
    """
    text, start = value.strip(), _LEADING.match(value).end()  # type: ignore[union-attr]
    if not text or is_bare_placeholder(text, name):
        return []
    found = [(start + first, start + last) for first, last in _of(name, text)]
    return _merged(value, found)


def _of(name: str, text: str) -> list[Span]:
    blank, found = _without_references(name, text)
    bare = blank.strip("\0")
    whole = [(0, len(text))]
    if not bare:
        return found
    if names_a_secret(name):
        plain = _SETTING.fullmatch(bare) or (names_a_login(name) and _METHOD.fullmatch(bare))
        return found if plain else whole
    if text[0] in "[{" and (within := _leaves(name, text)) is not None:
        return found if all(is_harmless(*leaf) for leaf in within) else whole
    if _is_atom(name, bare):
        return found
    return whole if names_a_user(name) and re.search(r"[;/|]", bare) else [*found, *_of_items(name, blank)]


def _without_references(name: str, text: str) -> tuple[str, list[Span]]:
    """Return the text with ``\\0`` for each variable, and where their defaults are that may not be shown."""
    found: list[Span] = []
    blank = _REFERENCE.sub(_blank, text)
    while one := _DEFAULT.search(blank):
        word = one["word"]
        if word.strip("\0") and not (is_harmless(name, word) and is_harmless(one["name"], word)):
            found.append(one.span("word"))
        blank = f"{blank[: one.start()]}{_blank(one)}{blank[one.end() :]}"
    return blank, found


def _blank(match: re.Match[str]) -> str:
    return "\0" * len(match.group())


def _is_atom(name: str, text: str) -> bool:
    if is_token(text) or (names_a_user(name) and re.search(r"[;/|]", text)):
        return False
    if has_form(text) or (not re.search(r"\w", text) and ("\0" in text or len(text) < SHORT)):
        return True
    return any(promises(name) and has(text) for promises, has in _PROMISED)


def _of_items(name: str, text: str) -> list[Span]:
    """Return what is to be hidden of a URL, or of several items; the whole where one cannot be judged."""
    begun = URL.match(text)
    if begun and not re.search(rf",\s*{URL.pattern}|;[\w ]+=", text):
        return list(url_spans(name, text, is_harmless, is_wordy))
    found: list[Span] = []
    before = ""
    for item in _ITEM.finditer(text):
        # In a list of options, one may announce a secret.
        named = before if before.startswith("-") and not item.group().startswith("-") else ""
        before = item.group()
        parts = _of_item(name, item.group(), bool(item["url"]))
        if names_a_secret(named.strip("-")) and not is_harmless(named, item.group()):
            parts = [(0, len(item.group()))]
        if parts is None:
            return [(0, len(text))]
        found += [(item.start() + first, item.start() + last) for first, last in parts]
    return found


def _of_item(name: str, item: str, url: bool) -> list[Span] | None:
    pair = _PAIR.fullmatch(item)
    if pair and _is_padded(pair):
        pair = None
    if pair and not url and item.count("=") > NESTED:
        return None
    if pair and not URL.match(item):
        at, inner = pair.start("value"), pair["value"]
        return [(at + first, at + last) for first, last in spans(pair["name"], inner)]
    if url:
        at = len(item) - len(item.lstrip("\"'"))
        return [(at + a, at + b) for a, b in url_spans(name, item[at:], is_harmless, is_wordy)]
    return [] if _is_atom(name, item.strip("\"'\0")) else None


def _is_padded(pair: re.Match[str]) -> bool:
    """Return whether a pair is none but a text in base64: what it ends with fills that up."""
    bare = not pair["value"].strip("=")
    return bare and (bool(pair["value"]) or not is_wordy(pair["name"].lstrip("-")))


def _leaves(name: str, text: str) -> list[tuple[str, str]] | None:
    try:
        return list(leaves(name, json.loads(text)))
    except (ValueError, RecursionError):
        return None


def leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield each text within a structure, with its name: the nearest key above it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(f"{name}.{key}" if names_a_secret(name) else str(key), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(name, inner)
    elif value is not None:
        yield name, value if isinstance(value, str) else json.dumps(value)


def _merged(value: str, found: list[Span]) -> list[Span]:
    """Return the spans in order, those that only a slash parts as one."""
    merged: list[Span] = []
    for first, last in sorted(found):
        if merged and value[merged[-1][1] : first] in {"", "/"}:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        elif not merged or first >= merged[-1][1]:
            merged.append((first, last))
        elif last > merged[-1][1]:
            merged[-1] = merged[-1][0], last
    return merged
