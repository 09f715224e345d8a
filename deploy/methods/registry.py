"""The registry method: images are pushed from here, and pulled on the target by digest."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.connection import Connection
from deploy.errors import GonogoError
from deploy.methods import tar
from deploy.methods.client import Given, docker, last_line, logged_in
from deploy.probes import images
from deploy.probes.registry import misnamed
from deploy.release import Image, repository, tagged

PULL_TIMEOUT_S = 3600.0
NO_LOGIN, NO_PULL = 3, 4
_DIGEST = re.compile(r"digest: (sha256:[0-9a-f]{64})")


@dataclass
class Pushed:
    """What went through the registry: its ``host``, and by image id the name with the digest.

    ``rest``: what was sent past it, since it does not belong there.
    """

    host: str
    names: dict[str, str] = field(default_factory=dict)
    rest: tar.Sent = field(default_factory=tar.Sent)

    @property
    def told(self) -> str:
        """It in one line."""
        told = [f"{', '.join(sorted(self.names.values()))} through {self.host}"] if self.names else []
        told += [f"past it {self.rest.told}"] if self.rest.images else []
        return "; ".join(told) or "every image is there already"


def send(  # noqa: PLR0913, PLR0917  who is asked, what is wanted, and who hears of it
    connection: Connection,
    wanted: Mapping[str, Image],
    version: str,
    host: str,
    given: Given | None,
    say: Callable[[str], object] = str,
    on_bytes: Callable[[int], None] | None = None,
) -> Pushed:
    """Bring the images that the target lacks there through a registry, prove them by id, tag them.

    ``wanted``: the images of this machine by service. Those named in the registry ``host`` are pushed as
    ``NAME:VERSION`` and pulled by the digest that the push told, so that nobody's later push can be what
    runs; the others are sent by the tar method. ``given``: the login, else each machine's own holds. Raises
    GonogoError; nothing on the target was changed then but that images arrived.
    """
    ids = {image.id for image in wanted.values()}
    lacking = ids - set(images.images(connection, ids))
    ours = {one.id: one.name for one in wanted.values() if not misnamed(one.name, host)}
    done = Pushed(host)
    through = sorted(lacking & ours.keys())
    if through:
        with logged_in(host, given) as folder:
            for one in through:
                say(f"pushing {tagged(ours[one], version)}")
                done.names[one] = push(one, tagged(ours[one], version), folder)
        _pull(connection, host, done.names, given)
    rest = {name: image for name, image in wanted.items() if image.id not in ours}
    done.rest = tar.send(connection, rest, version, on_bytes)
    tar.tag(connection, {n: i for n, i in wanted.items() if i.id in ours}, version)
    return done


def fetch(connection: Connection, host: str, names: Collection[str], given: Given | None) -> dict[str, str]:
    """Have the target pull images that are in the registry already; return their ids by name.

    Raises GonogoError.
    """
    _pulled(connection, host, names, given)
    found = images.images(connection, names)
    if missing := sorted(set(names) - set(found)):
        raise GonogoError(f"{connection.host}: docker pull ended well, and yet lacks {', '.join(missing)}")
    return found


def push(image: str, name: str, folder: Path | None) -> str:
    """Push an image of this machine as ``name``; return ``REPOSITORY@DIGEST``. Raises GonogoError."""
    done = docker("tag", image, name)
    if done.returncode == 0:
        done = docker("push", name, folder=folder)
    if done.returncode != 0:
        raise GonogoError(
            f"docker push {name} failed on this machine: {last_line(done.stderr, done.stdout)}; the target "
            "was not touched"
        )
    digests = _DIGEST.findall(done.stdout)
    if not digests:
        raise GonogoError(f"docker push {name} ended well and told no digest: {last_line(done.stdout)}")
    return f"{repository(name)}@{digests[-1]}"


def pulling(host: str, names: list[str], user: str = "") -> str:
    """Return the shell line that pulls images; with ``user``, the password is on its standard input.

    The login is kept in a folder of its own, which is gone when the line ends, however it does.
    """
    each = f"for name in {shlex.join(names)}; do docker pull -q -- $name || exit {NO_PULL}; done"
    if not user:
        return each
    words = f"docker login -u {shlex.quote(user)} --password-stdin {shlex.quote(host)}"
    leave = f"docker logout {shlex.quote(host)} >/dev/null 2>&1; rm -rf -- $DOCKER_CONFIG"
    # With a registry in it, Docker looks for no helper of the user's to keep the login in.
    empty = shlex.quote(f'{{"auths":{{"{host}":{{}}}}}}')
    return (
        "umask 077; DOCKER_CONFIG=$(mktemp -d) || exit 1; export DOCKER_CONFIG; "
        f"trap '{leave}' EXIT; trap 'exit 1' HUP INT TERM; echo {empty} > $DOCKER_CONFIG/config.json; "
        f'said=$({words} 2>&1) || {{ echo "$said" >&2; exit {NO_LOGIN}; }}; {each}'
    )


def _pulled(connection: Connection, host: str, names: Iterable[str], given: Given | None) -> None:
    line = pulling(host, sorted(set(names)), given.user if given else "")
    secret = given.password.encode() if given else None
    result = connection.run(line, stdin=secret, timeout=PULL_TIMEOUT_S, mutates=True)
    if not result.ok:
        what = "docker login" if result.exit_status == NO_LOGIN else "docker pull"
        said = last_line(result.error_text, result.text)
        raise GonogoError(connection.redact(f"{connection.host}: {what} for {host} failed: {said}"))


def _pull(connection: Connection, host: str, names: Mapping[str, str], given: Given | None) -> None:
    _pulled(connection, host, names.values(), given)
    arrived = set(images.images(connection, names).values())
    if missing := sorted(set(names) - arrived):
        told = ", ".join(f"{names[one]} is not {one} there" for one in missing)
        raise GonogoError(f"{connection.host}: docker pull ended well, and yet {told}: nothing was deployed")
