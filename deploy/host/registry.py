"""What a registry answers to a host, and whether Docker there has a login for it."""

from __future__ import annotations

import glob
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from gonogo.deploy.compose.image_name import HUB, loopback, split
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.host.registry_auth import NoAnswer, Refused
from gonogo.deploy.ssh.transcript import Entry
from gonogo.deploy.target.sections.delivery import Registry as Section

PLAIN = "http://"
CERTIFICATES = "/etc/docker/certs.d"
"""Where Docker looks for the certificates of a registry's authority (its documentation, "certificates")."""

_REFUSED = re.compile(r"unauthorized|denied|no basic auth credentials|authentication required", re.IGNORECASE)


@dataclass(frozen=True)
class Greeting:
    """What the registry said to /v2/: how it wants logins ("basic", "bearer", "" for not at all).

    ``problem``: why there was no such answer; empty when there was.
    """

    scheme: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Client:
    """A host's Docker client and a registry. ``entry``: whether its configuration names the host.

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


class Registry(Noun):
    """A registry as a host reaches it; ``http://`` before its name says that it speaks no TLS.

    ``image``: a name in it to ask for, which shows whether the host's Docker client is let in.

    >>> controller.registry("registry.example.com").greeting.scheme
    'bearer'
    >>> host.registry("registry.example.com", "registry.example.com/shop/api").client.seen
    True
    """

    outside = True

    @property
    def _section(self) -> Section:
        plain = self._names[0].startswith(PLAIN)
        return Section(host=self._names[0].removeprefix(PLAIN), plain_http=plain)

    @asked("registry.reachable")
    def greeting(self) -> Greeting:
        """What it says to the host."""
        registry = self._section
        if self._host.role == "controller":
            return self._told("", greet(registry, certificates=trusted_here(registry.host)))
        if in_the_open(registry):
            return greet(registry)
        forward = self.connection.forward_port(*port(registry))
        greeting = greet(registry, forward=forward, certificates=self.client.certificates)
        return self._told(" from the target", greeting)

    @asked("registry.login")
    def client(self) -> Client:
        """What the host's Docker client has for it; the client's login itself does not leave the host."""
        name, image = self._section.host, "".join(self._names[1:])
        keys = [f'"{name}"', f'"https://{name}"', f'"https://{name}/']
        keys += ['"https://index.docker.io/'] if name == HUB else []
        known = " ".join(f"-e {shlex.quote(key)}" for key in keys)
        result = self.connection.run(
            f'grep -qsF {known} -- "${{DOCKER_CONFIG:-$HOME/.docker}}/config.json" '
            "&& echo entry || echo none; "
            f"said=$(docker manifest inspect -- {shlex.quote(image)} 2>&1 >/dev/null) && echo seen || "
            f'echo "$said" | tail -n 1; cat {shlex.quote(f"{CERTIFICATES}/{name}")}/*.crt 2>/dev/null; true'
        )
        return parse(image, result.text)

    def _told(self, whence: str, greeting: Greeting) -> Greeting:
        said = greeting.problem or f"login: {greeting.scheme or 'none'}"
        name = f"GET {self._section.host}/v2/{whence}"
        self.transcript.add(Entry(name, 1 if greeting.problem else 0, said, 0.0))
        return greeting


def written(section: Section) -> str:
    """Return a registry of a target file as ``host.registry`` takes it."""
    return f"{PLAIN if section.plain_http else ''}{section.host}"


def in_the_open(registry: Section) -> bool:
    """Return whether logins would cross a network without TLS."""
    return registry.plain_http and not loopback(registry.host)


def port(registry: Section) -> tuple[str, int]:
    """Return the name and the port that the registry's API is at."""
    from gonogo.deploy.host.registry_api import API_HOSTS  # noqa: PLC0415

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


def greet(registry: Section, *, forward: int | None = None, certificates: str = "") -> Greeting:
    """Return what the registry says, directly or through the forward at a port of this machine."""
    if in_the_open(registry):
        return Greeting(problem=f"{registry.host} without TLS would be sent passwords in the open")
    from gonogo.deploy.host.registry_api import Registry as Session  # noqa: PLC0415
    from gonogo.deploy.host.registry_api import Way  # noqa: PLC0415

    try:
        with Session(Way(registry.host, registry.plain_http, forward, certificates)) as session:
            return Greeting(session.greet())
    except NoAnswer as error:
        return Greeting(problem=str(error))


def parse(image: str, text: str) -> Client:
    """Return what ``Registry.client`` was answered."""
    entry, said, certificates = [*text.split("\n", 2), "", ""][:3]
    refused = said if said != "seen" and _REFUSED.search(said) else ""
    return Client(entry == "entry", image, said == "seen", refused, certificates)


def content(  # noqa: PLR0913, PLR0917  where, what is asked for, and with which login
    registry: Section,
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
    from gonogo.deploy.host.logins import Login, login_of  # noqa: PLC0415
    from gonogo.deploy.host.registry_api import Registry as Session  # noqa: PLC0415
    from gonogo.deploy.host.registry_api import Way  # noqa: PLC0415

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
