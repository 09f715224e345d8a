"""An environment as it may be written to a file: what may be secret is masked, equal values alike."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from urllib.parse import unquote

from gonogo.deploy.redaction.secret_values import names_a_secret
from gonogo.deploy.redaction.weak_secrets import is_placeholder

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


def masked(value: str) -> str:
    """Return a word that stands for a secret: the same for the same value, until this process ends."""
    return f"masked-{hmac.new(_KEY, value.encode(), hashlib.sha256).hexdigest()[:12]}"


def concealed(name: str, value: str) -> str:
    """Return the value of a variable as it may be written to a file.

    Hidden is the value of a variable named like a secret's, a password in a URL, however short or common it
    is, and all else that is no plain word, number, path, host, option or URL: a secret may have any name.
    Blank values and placeholders stay: they are no secrets, and checks look for them.
    """
    if not value.strip() or is_placeholder(value, name=name):
        return value
    if names_a_secret(name):
        return masked(value)
    hidden = _URL.sub(lambda url: f"{url['before']}{masked(unquote(url['password']))}@", value)
    return masked(value) if hidden == value and not _PLAIN.fullmatch(value.strip()) else hidden


def concealed_all(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment with each value as ``concealed`` gives it."""
    return {name: concealed(name, value) for name, value in environment.items()}
