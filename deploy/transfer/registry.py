"""The registry method: images are pushed from here, and pulled on the target by digest."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from gonogo.deploy.compose.image_name import misnamed, repository, split
from gonogo.deploy.errors import GonogoError, explained
from gonogo.deploy.host import identities, images
from gonogo.deploy.host import layers as sized
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.records import Image, tagged
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.transfer import pulling, tar
from gonogo.deploy.transfer.client import CLIENT_ONLY, Given, docker, logged_in
from gonogo.deploy.transfer.progress import TransferProgress, pushed_digest

PUSHING = "pushing"


@dataclass
class Pushed:
    """What went through the registry: its ``host``, and by image id the name with the digest.

    ``ids``: by the id here, the id that each image has there, which another store makes another one.
    ``rest``: what was sent past it, since it does not belong there.
    """

    host: str
    names: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
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
    progress: TransferProgress | None = None,
) -> Pushed:
    """Bring the images that the target lacks there through a registry, prove them by id, tag them.

    ``wanted``: the images of this machine by service. Those named in the registry ``host`` are pushed as
    ``NAME:VERSION`` and pulled by the digest that the push told, so that nobody's later push can be what
    runs; the others are sent by the tar method. ``given``: the login, else each machine's own holds.
    ``progress`` hears of all ways. Raises GonogoError; nothing on the target was changed then but that images
    arrived.
    """
    ids = {image.id for image in wanted.values()}
    there = identities.counterparts(connection, ids)
    lacking = ids - there.keys()
    ours = {one.id: one.name for one in wanted.values() if not misnamed(one.name, host)}
    done = Pushed(host, ids=there)
    through, progress = sorted(lacking & ours.keys()), progress or TransferProgress()
    sizes = sized.local(through)
    for one in through:
        progress.phase(PUSHING, sum(sizes.get(one, {}).values()))
        progress.say(f"pushing {tagged(ours[one], version)}")
        done.names[one] = push(one, tagged(ours[one], version), given, progress)
        progress.complete()
    if through:
        progress.say(f"pulling {', '.join(sorted(done.names.values()))}")
        done.ids |= _pull(connection, host, done.names, given, progress)
    rest = {name: image for name, image in wanted.items() if image.id not in ours}
    done.rest = tar.send(connection, rest, version, progress)
    done.ids |= done.rest.ids
    tar.tag(connection, {n: i for n, i in wanted.items() if i.id in ours}, version, done.ids)
    return done


def fetch(
    connection: Connection,
    host: str,
    names: Collection[str],
    given: Given | None,
    progress: TransferProgress | None = None,
) -> dict[str, str]:
    """Have the target pull images that are in the registry already; return their ids by name.

    Raises GonogoError.
    """
    pulling.pull(connection, names, progress, host=host, given=given)
    found = images.images(connection, names)
    if missing := sorted(set(names) - set(found)):
        raise GonogoError(f"{connection.host}: docker pull ended well, and yet lacks {', '.join(missing)}")
    return found


def push(image: str, name: str, given: Given | None, progress: TransferProgress | None = None) -> str:
    """Push an image of this machine as ``name``; return ``REPOSITORY@DIGEST``. Raises GonogoError.

    ``given``: the login, else the user's own holds. Neither is kept anywhere.
    """
    done = docker("tag", image, name)
    if done.returncode != 0:
        raise _failed(name, explained(done.stderr, done.stdout))
    progress = progress or TransferProgress()
    try:
        digest = _by_sdk(name, given, progress)
    except _NoSdk as error:
        progress.warn(f"{error}: Docker's client pushes {name}, which tells no bytes")
        digest = _by_client(name, given)
    if not digest:
        raise GonogoError(f"docker push {name} ended well and told no digest")
    return f"{repository(name)}@{digest}"


class _NoSdk(GonogoError):
    """The SDK cannot do it; the message tells why. Nothing was pushed."""


def _failed(name: str, said: str) -> GonogoError:
    return GonogoError(f"docker push {name} failed on this machine: {said}; the target was not touched")


def _by_sdk(name: str, given: Given | None, progress: TransferProgress) -> str:
    # It takes long to import, and no other way needs it.
    from gonogo.deploy.host.docker_sdk import local_engine  # noqa: PLC0415
    from gonogo.deploy.host.logins import Login, login_of  # noqa: PLC0415
    from gonogo.deploy.transfer import engine_api  # noqa: PLC0415

    if known := [one for one in CLIENT_ONLY if os.environ.get(one)]:
        raise _NoSdk(f"{', '.join(known)} is set here, which no other client knows")
    try:
        login = Login(given.user, given.password) if given else login_of(split(name)[0])
        engine = local_engine()
    except (GonogoError, ValueError) as error:
        raise _NoSdk(str(error)) from None
    with contextlib.closing(engine):
        try:
            return engine_api.push(engine, name, login, progress)
        except GonogoError as error:
            secrets = Redactor([login.password, login.token] if login else [])
            raise _failed(name, secrets(str(error))) from None


def _by_client(name: str, given: Given | None) -> str:
    with logged_in(split(name)[0], given) as folder:
        done = docker("push", name, folder=folder)
    if done.returncode != 0:
        raise _failed(name, explained(done.stderr, done.stdout))
    return pushed_digest(done.stdout)


def _pull(
    connection: Connection,
    host: str,
    names: Mapping[str, str],
    given: Given | None,
    progress: TransferProgress,
) -> dict[str, str]:
    pulling.pull(connection, list(names.values()), progress, host=host, given=given)
    arrived = identities.counterparts(connection, names, names.values())
    if missing := sorted(set(names) - arrived.keys()):
        told = ", ".join(f"{names[one]} is not {one} there" for one in missing)
        raise GonogoError(f"{connection.host}: docker pull ended well, and yet {told}: nothing was deployed")
    return arrived
