"""Values that no production stack should have: placeholders, and passwords that anybody would guess."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gonogo.deploy.redaction.secret_names import names_a_secret

_ME = r"(?:change|replace)-?(?:me|this|it)"
_ANYWHERE = re.compile(
    rf"""-{_ME}-|^-?{_ME.replace("|it", "")}(?!nt)|(?<!ex)(?<!inter){_ME}-?$|-replace-?with-
    | ^-(?:change|replace)-(?:.*-)?(?:key|pass|passwd|passphrase|password|pw|pwd|salt|secret|token)s?-$
    | ^-your-.|-placeholder-
    """,
    re.VERBOSE,
)
"""In a value whose words, in small letters, are written between dashes."""
_WHOLE = re.compile(r"<[A-Za-z][\w .-]*>|\{\{\s*[A-Za-z]\w*\s*\}\}|[xX]{3,}|(?:TODO|FIXME)\b.*", re.DOTALL)
_OF_A_SECRET = re.compile(
    r"(?i)<.*>|\[[a-z][a-z _-]*\]|\{\{.*\}\}|\.{3,}"
    r"|(?:my[-_ ])?(?:example|dummy|sample)(?:[-_ ](?:key|passw(?:or)?d|secret|token|value|only|\d{1,3}))*"
    r"|(?:(?:please|put|insert|enter|add|paste|set|type|fill|the|a|an|my|your|db|database|api|secret|key|token"
    r"|passw(?:or)?d|value)[-_ ])+here"
)
_IDENTIFIER = re.compile(r"(?i)(?:^|_)(?:arn|id|key|sid|uuid)s?\d*$|[a-z](?:Id|ID|Key)$")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
_OF_PLACEHOLDERS = re.compile(
    r"""a | add | an | api | app | changeme | change | database | db | dummy | enter | example | fill
    | fixme | for | generate | generated | here | host | in | insert | it | key | me | my | name
    | of | only | paste | passphrase | passw(?:or)?d | pass | placeholder | please | production
    | put | pw | pwd | random | redis | mongo(?:db)? | replace | salt | sample | secret | secure
    | set | some | something | string | strong | the | this | to | todo | token | type | user
    | username | value | with | x+ | you | your
    """,
    re.VERBOSE,
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


def is_placeholder(value: str, more: Iterable[str] = (), name: str = "") -> bool:
    """Return whether a value is one that stands in example files, or one of ``more``, whatever its case.

    ``name``: of its variable. Where it promises neither a secret nor an identifier, words that also stand in
    texts, names and settings (``example``, ``click here``, ``[en]``) make no placeholder; without a name they
    do.
    """
    text = value.strip()
    if text.lower() in {word.lower() for word in more} or _WHOLE.fullmatch(text):
        return True
    secret = not name or names_a_secret(name) or bool(_IDENTIFIER.search(name))
    if not secret and re.search(r"\s", text):
        return False
    if _ANYWHERE.search(f"-{'-'.join(filter(None, _CAMEL.split(text)))}-".lower()):
        return True
    return secret and bool(_OF_A_SECRET.fullmatch(text))


def is_bare_placeholder(value: str, name: str = "") -> bool:
    """Return whether a placeholder is made of words of placeholders alone: no password can be in it.

    ``ChangeMe2024!`` is a placeholder by what it begins with, and may be a password in use.
    """
    words = [word.lower() for word in _CAMEL.split(value.strip()) if word]
    return is_placeholder(value, name=name) and all(map(_OF_PLACEHOLDERS.fullmatch, words))


def weakness(name: str, value: str) -> str:
    """Return what is weak about the value of a variable named like a secret's; empty when nothing is.

    Blank values and placeholders are none of its business. The value itself is never in what it returns.
    """
    text = value.strip()
    if not text or not names_a_secret(name) or is_placeholder(text, name=name) or _SWITCH.fullmatch(text):
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
