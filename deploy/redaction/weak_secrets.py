"""Values that no production stack should have: placeholders, and passwords that anybody would guess."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gonogo.deploy.redaction.secret_values import names_a_secret

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
