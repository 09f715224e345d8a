"""The logins that Docker keeps on this machine, in its configuration or in a helper."""

from __future__ import annotations

from dataclasses import dataclass, field

from docker import auth, errors

from gonogo.deploy.errors import GonogoError


@dataclass(frozen=True)
class Login:
    """What Docker has for a registry: a name with a password, or an identity token."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


def login_of(host: str) -> Login | None:
    """Return Docker's login for a registry, None where there is none; raises GonogoError.

    It is read as Docker does: $DOCKER_CONFIG or ~/.docker, ``credHelpers``, ``credsStore``, ``auths``.
    """
    try:
        found = auth.load_config().resolve_authconfig(host) or {}
    except (errors.DockerException, ValueError, OSError) as error:
        raise GonogoError(
            f"this machine's Docker has a login for {host} that cannot be read ({type(error).__name__}): "
            f"run `docker login {host}` again"
        ) from None
    given = {key.lower(): str(value or "") for key, value in found.items()}
    login = Login(given.get("username", ""), given.get("password", ""), given.get("identitytoken", ""))
    return login if login.user or login.token else None
