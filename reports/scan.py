"""The secret scan: whether a text holds a secret that is known, or something that is shaped like one."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping

from gonogo.deploy.errors import GonogoError

_KEY = r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[\s\S]{0,200}?[A-Za-z0-9+/]{40}"
_KINDS = ("", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ")


def _encoded(kind: str) -> str:
    """Return how the first line of a private key begins in base64, without what depends on the rest."""
    line = f"-----BEGIN {kind}PRIVATE KEY".encode()
    return re.escape(base64.b64encode(line[: len(line) // 3 * 3]).decode())


SHAPES: dict[str, re.Pattern[str]] = {
    "a private key": re.compile(_KEY),
    "a private key in base64": re.compile(f"(?:{'|'.join(map(_encoded, _KINDS))})[A-Za-z0-9+/]{{40}}"),
    "an age key": re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    "a token of GitHub": re.compile(r"gh[oprsu]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    "a token of GitLab": re.compile(r"gl(?:pat|dt|rt|cbt|ptt|agent)-[A-Za-z0-9_-]{20}"),
    "an access key of AWS": re.compile(r"(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])"),
    "an API key of Google": re.compile(r"AIza[A-Za-z0-9_-]{35}"),
    "a token of Slack": re.compile(r"xox[abeoprs]-(?:\d+-)+[A-Za-z0-9-]{20}"),
    "a key of Stripe": re.compile(r"[rs]k_live_[A-Za-z0-9]{24}"),
    "a token of Docker Hub": re.compile(r"dckr_[po]at_[A-Za-z0-9_-]{27}"),
    "a token of npm": re.compile(r"npm_[A-Za-z0-9]{36}"),
    "a token of PyPI": re.compile(r"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50}"),
    "a token of DigitalOcean": re.compile(r"do[opr]_v1_[0-9a-f]{64}"),
    "a token of Vault": re.compile(r"hv[bsr]\.[A-Za-z0-9_-]{24}"),
    "a JSON web token": re.compile(r"eyJ[A-Za-z0-9_-]{10,1000}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20}"),
}
"""What is a secret by its very shape, as those who issue it document it."""


class ReportRefused(GonogoError):
    """A report is not published: a name is no plain one, a file is missing, or a secret would get out."""


def scan(texts: Mapping[str, str], redact: Callable[[str], str]) -> None:
    """Raise ReportRefused when a text (by the name of its file) holds a secret; the secret is not told.

    Secrets are what ``redact`` would hide, in every form that it knows, and what has one of SHAPES.
    """
    for name, text in texts.items():
        if redact(text) != text:
            raise ReportRefused(
                f"{name} of the report still holds a secret after redaction, so nothing was published: "
                "look for a secret that is a common word, and change it"
            )
        for kind, shape in SHAPES.items():
            if match := shape.search(text):
                line = text.count("\n", 0, match.start()) + 1
                raise ReportRefused(
                    f"{name} of the report holds what looks like {kind} (line {line}), so nothing was "
                    "published: keep it out of logs and of what checks print, change it, and run again"
                )
