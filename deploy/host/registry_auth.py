"""How a registry asks for a login, and what its tokens allow (Docker's token authentication)."""

from __future__ import annotations

import base64
import json
import re

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.logins import Login


class Refused(GonogoError):
    """The registry does not accept the login, or not for this repository."""


class NoAnswer(GonogoError):
    """The registry did not answer as one does."""


def challenge(header: str) -> tuple[str, dict[str, str]]:
    """Return the scheme that a WWW-Authenticate header asks for, "bearer" or "basic", and its parameters."""
    for scheme in ("bearer", "basic"):
        match = re.search(rf"(?:^|,\s*){scheme}\s+(.*)", header, re.IGNORECASE)
        if match:
            return scheme, {k.lower(): v for k, v in re.findall(r'(\w+)="([^"]*)"', match[1])}
    raise NoAnswer(
        f"the registry wants a kind of login that is not known here: {header[:80] or 'none named'}"
    )


def basic(login: Login) -> dict[str, str]:
    """Return the header of a login with a password."""
    coded = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    return {"Authorization": f"Basic {coded}"}


def allowed(token: str, repository: str) -> set[str] | None:
    """Return what a token says that it allows (its claim ``access``); None when it says nothing."""
    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return {
            action
            for one in claims["access"] or ()
            if one.get("type") == "repository" and one.get("name") == repository
            for action in one.get("actions") or ()
        }
    except (IndexError, ValueError, KeyError, TypeError, AttributeError):
        return None
