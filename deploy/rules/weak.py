"""Values that no production stack should have: placeholders, and passwords that anybody would guess."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from gonogo.deploy.redact import names_a_secret

PLACEHOLDER = re.compile(
    r"(?i)^(change[-_ ]?(me|this|it)\b.*|your[-_ ].*|<.*>|\[[a-z][a-z _-]*\]|\{\{.*\}\}|x{3,}|\.{3,}|"
    r"(?-i:TODO|FIXME)\b.*|"
    r"replace[-_ ]?(me|this|with).*|(my[-_ ])?(example|placeholder|dummy)([-_ ].*)?|.*[-_ ]here)$"
)
SHORTEST = 8
"""Characters below which a password is guessed in minutes, whatever they are (NIST SP 800-63B, 5.1.1.2)."""

DEFAULT = re.compile(
    r"""(?: admin | administrator | changeme | change | default | demo | dev | development | docker | guest
    | letmein | login | master | mongo(?:db)? | mysql | mariadb | passw(?:or)?d | passw0rd | p@ssw0rd | pass
    | postgres(?:ql)? | prod | production | qwert[yz] | redis | root | secret | secretkey | supersecret
    | staging | super | sa | test | testing | toor | user | welcome | abc | qwe | asd | local | localhost
    | 1q2w3e4r | 0123456789 | 1234567890? | 123456?7?8?)+
    (?: [-_]? (?:key|password|secret|token|\d{1,4}) )? [!.]?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SWITCH = re.compile(r"(?i)true|false|yes|no|on|off|none|null|enabled|disabled|required|optional|\d{1,2}")
_PASSWORD = re.compile(r"(?i)(pass(word|wd|phrase)?|pwd?|secret|token)s?\d*$")
_URL = re.compile(r"(?P<before>[A-Za-z][A-Za-z0-9+.-]*://[^:/?#@\s]*:)(?P<password>[^\s/?#]*)@")
_PLAIN = re.compile(
    r"""(?:[A-Z]?[a-z]{1,16}|[A-Z]{1,16})                    # words
      (?:[-_. ,:/](?:[A-Z]?[a-z]{1,16}|[A-Z]{1,16}|\d{1,4})){0,9}
    | -?\d{1,6}(?:\.\d{1,6}){0,3}[A-Za-z%]{0,2}               # a number, a measure, a version, an address
    | --?(?!.*(?i:pass|pwd|secret|token|key))                # options
      [A-Za-z][A-Za-z0-9]*(?:[-=.,: /]+[A-Za-z0-9]{1,16}){0,20}
    | [~.]{0,2}/[\w./-]*                                     # a path
    | (?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,16}(?::\d{1,5})?      # a host
    | [A-Za-z][A-Za-z0-9+.-]*://[\w.:/-]*                    # a URL without a login
    """,
    re.VERBOSE,
)
_KEY = secrets.token_bytes(16)
"""Of this very process: who has a masked value cannot find out what it was by trying out words."""


def is_placeholder(value: str, more: Iterable[str] = ()) -> bool:
    """Return whether a value is one that stands in example files, or one of ``more``, whatever its case."""
    text = value.strip()
    return bool(PLACEHOLDER.match(text)) or text.lower() in {word.lower() for word in more}


def weakness(name: str, value: str) -> str:
    """Return what is weak about the value of a variable named like a secret's; empty when nothing is.

    Blank values and placeholders are none of its business. The value itself is never in what it returns.
    """
    text = value.strip()
    if not text or not names_a_secret(name) or is_placeholder(text) or _SWITCH.fullmatch(text):
        return ""
    if DEFAULT.fullmatch(text[:64]):
        return "is a default value that everybody knows"
    if text.lower() == name.lower():
        return "is its own name"
    if len(set(text)) == 1:
        return "is one character repeated"
    if len(text) < SHORTEST and _PASSWORD.search(name):
        return f"has fewer than {SHORTEST} characters"
    return ""


def masked(value: str) -> str:
    """Return a word that stands for a secret: the same for the same value, until this process ends."""
    return f"masked-{hmac.new(_KEY, value.encode(), hashlib.sha256).hexdigest()[:12]}"


def concealed(name: str, value: str) -> str:
    """Return the value of a variable as it may be written to a file.

    Hidden is the value of a variable named like a secret's, a password in a URL, however short or common it
    is, and all else that is no plain word, number, path, host, option or URL: a secret may have any name.
    Blank values and placeholders stay: they are no secrets, and checks look for them.
    """
    if not value.strip() or is_placeholder(value):
        return value
    if names_a_secret(name):
        return masked(value)
    hidden = _URL.sub(lambda url: f"{url['before']}{masked(unquote(url['password']))}@", value)
    return masked(value) if hidden == value and not _PLAIN.fullmatch(value.strip()) else hidden


def concealed_all(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment with each value as ``concealed`` gives it."""
    return {name: concealed(name, value) for name, value in environment.items()}
