"""What a registry answers, from this machine and from the target, and whether Docker has a login for it."""

from __future__ import annotations

import glob
import ipaddress
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from gonogo.deploy.connection import Connection
from gonogo.deploy.sections import Registry

HUB = "docker.io"
CERTIFICATES = "/etc/docker/certs.d"
"""Where Docker looks for the certificates of a registry's authority (its documentation, "certificates")."""

_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
"""The grammar of the OCI distribution specification (v1.1, "Pulling manifests")."""

_REFUSED = re.compile(r"unauthorized|denied|no basic auth credentials|authentication required", re.IGNORECASE)


@dataclass(frozen=True)
class Greeting:
    """What the registry said to /v2/: how it wants logins ("basic", "bearer", "" for not at all).

    ``problem``: why there was no such answer; empty when there was.
    """

    scheme: str = ""
    problem: str = ""


@dataclass(frozen=True)
class There:
    """The target's Docker client and the registry. ``entry``: whether its configuration names the host.

    ``seen``: whether the client found ``image``; it says the same of one that is not there and, with a wrong
    password, of one that is. ``refused``: what it was told where it has no login and needs one;
    ``certificates``: of the authority that it trusts for this registry, in PEM.
    """

    entry: bool = False
    image: str = ""
    seen: bool = False
    refused: str = ""
    certificates: str = ""


@dataclass(frozen=True)
class Content:
    """What the login of this machine finds. ``problem``: why it cannot pull and push; the rest is empty then.

    ``named``: whether each image that the stack builds is there, by its name with its tag; ``taken``: the
    digests that the tags of the release ``version`` name already and that are not this machine's images.
    """

    problem: str = ""
    version: str = ""
    named: dict[str, bool] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)


def split(name: str) -> tuple[str, str, str]:
    """Return registry, repository and tag of an image's name, as Docker reads it; a digest is in the tag."""
    bare, at, digest = name.partition("@")
    before, colon, tag = bare.rpartition(":")
    if not colon or "/" in tag:
        before, tag = bare, ""
    host, slash, rest = before.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        host, rest = HUB, before if slash else f"library/{before}"
    return host, rest, f"{tag}{at}{digest}" or "latest"


def misnamed(name: str, host: str) -> str:
    """Return what is wrong with the name of an image that is to be pushed to a registry; empty if nothing."""
    found, repository, tag = split(name)
    if found.lower() != host.lower():
        return f"{name} lies in {found}"
    if "@" in tag:
        return f"{name} is fixed to a digest, which no build can have"
    if not REPOSITORY.fullmatch(repository) or not TAG.fullmatch(tag) or len(repository) > 255:
        return f"{name} is no valid name of an image"
    return ""


def loopback(host: str) -> bool:
    """Return whether a registry's host is this very machine, for whoever asks."""
    name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def in_the_open(registry: Registry) -> bool:
    """Return whether logins would cross a network without TLS."""
    return registry.plain_http and not loopback(registry.host)


def port(registry: Registry) -> tuple[str, int]:
    """Return the name and the port that the registry's API is at."""
    from gonogo.deploy.probes.distribution import API_HOSTS  # noqa: PLC0415

    name, _, number = API_HOSTS.get(registry.host, registry.host).partition(":")
    return name, int(number or (80 if registry.plain_http else 443))


def trusted_here(host: str) -> str:
    """Return the certificates that Docker here trusts for a registry beside the system's, in PEM."""
    found = []
    for folder in (Path(CERTIFICATES), Path.home() / ".config/docker/certs.d"):
        for file in sorted(folder.glob(f"{glob.escape(host)}/*.crt")):
            try:
                found.append(file.read_text())
            except (OSError, ValueError):
                continue  # Docker cannot read it either
    return "\n".join(found)


def greet(registry: Registry, *, forward: int | None = None, certificates: str = "") -> Greeting:
    """Return what the registry says, directly or through the forward at a port of this machine."""
    if in_the_open(registry):
        return Greeting(problem=f"{registry.host} without TLS would be sent passwords in the open")
    from gonogo.deploy.probes.distribution import NoAnswer, Way  # noqa: PLC0415
    from gonogo.deploy.probes.distribution import Registry as Session  # noqa: PLC0415

    try:
        with Session(Way(registry.host, registry.plain_http, forward, certificates)) as session:
            return Greeting(session.greet())
    except NoAnswer as error:
        return Greeting(problem=str(error))


def there(connection: Connection, host: str, image: str) -> There:
    """Return what the target's Docker client has for a registry; its login itself does not leave the target.

    ``image``: a name to ask for, which shows whether the client is let in.
    """
    keys = [f'"{host}"', f'"https://{host}"', f'"https://{host}/']
    keys += ['"https://index.docker.io/'] if host == HUB else []
    known = " ".join(f"-e {shlex.quote(key)}" for key in keys)
    result = connection.run(
        f'grep -qsF {known} -- "${{DOCKER_CONFIG:-$HOME/.docker}}/config.json" && echo entry || echo none; '
        f"said=$(docker manifest inspect -- {shlex.quote(image)} 2>&1 >/dev/null) && echo seen || "
        f'echo "$said" | tail -n 1; cat {shlex.quote(f"{CERTIFICATES}/{host}")}/*.crt 2>/dev/null; true'
    )
    return parse_there(image, result.text)


def parse_there(image: str, text: str) -> There:
    """Return what the question of ``there`` was answered."""
    entry, said, certificates = [*text.split("\n", 2), "", ""][:3]
    refused = said if said != "seen" and _REFUSED.search(said) else ""
    return There(entry == "entry", image, said == "seen", refused, certificates)


def content(  # noqa: PLR0913, PLR0917  where, what is asked for, and with which login
    registry: Registry,
    names: Iterable[str],
    version: str,
    certificates: str,
    ours: Iterable[str],
    given: tuple[str, str] | None = None,
) -> tuple[Content, list[str]]:
    """Return what this machine's login finds of the images, and the secrets that it used.

    ``version``: of the release whose tags must be free; ``ours``: ids of this machine's images of that
    release; ``given``: name and password instead of those that Docker keeps. Raises GonogoError when the
    registry does not answer.
    """
    from gonogo.deploy.probes.distribution import Refused, Way  # noqa: PLC0415
    from gonogo.deploy.probes.distribution import Registry as Session  # noqa: PLC0415
    from gonogo.deploy.probes.logins import Login, login_of  # noqa: PLC0415

    login = Login(*given) if given else login_of(registry.host)
    secrets = [one for one in (login.password, login.token) if one] if login else []
    named: dict[str, bool] = {}
    taken: dict[str, str] = {}
    with Session(Way(registry.host, registry.plain_http, certificates=certificates), login) as session:
        if session.greet() and login is None:
            return Content(f"this machine's Docker has no login for {registry.host}"), secrets
        try:
            for name in sorted(set(names)):
                _, repository, tag = split(name)
                session.check_login(repository)
                named[name] = bool(session.digest(repository, tag))
                digest = session.digest(repository, version)
                # An engine that keeps images in containerd knows them by what a registry does.
                if digest and not {digest, session.image_id(repository, version)} & set(ours):
                    taken[f"{registry.host}/{repository}:{version}"] = digest
        except Refused as error:
            return Content(f"this machine: {error}"), secrets
    return Content("", version, named, taken), secrets
