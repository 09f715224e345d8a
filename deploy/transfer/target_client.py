"""What the target's Docker client would use there: its engine, and its logins for registries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from docker import auth, errors

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.logins import Login
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.transfer.client import CLIENT_ONLY

ASK = (
    f"for name in {' '.join(CLIENT_ONLY)}; do "
    'eval "[ -z \\"\\${$name:-}\\" ]" || printf "%s " "$name"; done; echo; '
    "docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null || echo; "
    'cat -- "${DOCKER_CONFIG:-$HOME/.docker}/config.json" 2>/dev/null; true'
)
UNIX = "unix://"


class ClientNeeded(GonogoError):
    """Only the target's own Docker client can do it; the message tells why."""


@dataclass(frozen=True)
class TargetClient:
    """The Docker client of the target's login. ``endpoint``: its engine, such as unix:///var/run/docker.sock.

    ``config``: its configuration, which holds logins; None where it cannot be read. ``variables``: those of
    its environment that it alone knows.
    """

    endpoint: str
    config: Mapping[str, Any] | None = field(default=None, repr=False)
    variables: tuple[str, ...] = ()

    @property
    def socket(self) -> str:
        """The path of the engine's socket there; raises ClientNeeded where nobody else may use it."""
        if self.variables:
            raise ClientNeeded(f"{', '.join(self.variables)} is set there, which no other client knows")
        if not self.endpoint.startswith(UNIX):
            what = f"is at {self.endpoint}" if self.endpoint else "cannot be told"
            raise ClientNeeded(f"the engine that Docker uses there {what}")
        return self.endpoint.removeprefix(UNIX)

    def login(self, registry: str) -> Login | None:
        """Return the login for a registry, None where there is none.

        Raises ClientNeeded where a credential helper keeps it, which runs on the target alone.
        """
        if self.config is None:
            raise ClientNeeded(f"the login for {registry} is in a file that cannot be read")
        helpers = self.config.get("credHelpers")
        named = _of(registry, helpers if isinstance(helpers, dict) else {})
        if helper := next(iter(named.values()), self.config.get("credsStore")):
            raise ClientNeeded(f"the login for {registry} is kept by the credential helper {helper}")
        entries = self.config.get("auths")
        found = _of(registry, entries if isinstance(entries, dict) else {})
        try:
            # An entry without a login stands for one that a helper keeps, or kept.
            held = [one for one in found.values() if one.get("auth") or one.get("identitytoken")]
            entry = held[0] if held else {}
            read = auth.parse_auth({registry: entry}, raise_on_error=True)[registry]
        except (errors.DockerException, ValueError, TypeError, AttributeError):
            raise ClientNeeded(f"the login for {registry} cannot be read") from None
        login = Login(read.get("username", ""), read.get("password", ""), read.get("IdentityToken", ""))
        return login if login.user or login.token else None


def ask(connection: Connection) -> TargetClient:
    """Return the Docker client of the target's login; its logins are in no transcript. Raises GonogoError."""
    return parse(connection.run(ASK, private=True, live=True).text)


def parse(text: str) -> TargetClient:
    """Return what the question was answered."""
    variables, endpoint, config = [*text.split("\n", 2), "", ""][:3]
    try:
        found = json.loads(config or "{}")
    except ValueError:
        found = None
    return TargetClient(endpoint, found if isinstance(found, dict) else None, tuple(variables.split()))


def _of(registry: str, entries: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of a registry, whose names may be URLs, the one that is named as it is first."""
    found = {key: value for key, value in entries.items() if auth.resolve_index_name(key) == registry}
    return dict(sorted(found.items(), key=lambda item: item[0] != registry))
