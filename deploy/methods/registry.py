"""The registry method: images are pushed from here, and pulled on the target by digest."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gonogo.deploy.connection import Connection
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import identities, images
from gonogo.deploy.host.image_name import misnamed
from gonogo.deploy.methods import pulling, tar
from gonogo.deploy.methods.client import Given, docker, drawn, last_line, logged_in
from gonogo.deploy.methods.meter import Meter
from gonogo.deploy.release import Image, repository, tagged

_DIGEST = re.compile(r"digest: (sha256:[0-9a-f]{64})")


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
    say: Callable[[str], object] = str,
    meter: Meter | None = None,
) -> Pushed:
    """Bring the images that the target lacks there through a registry, prove them by id, tag them.

    ``wanted``: the images of this machine by service. Those named in the registry ``host`` are pushed as
    ``NAME:VERSION`` and pulled by the digest that the push told, so that nobody's later push can be what
    runs; the others are sent by the tar method. ``given``: the login, else each machine's own holds.
    ``meter`` hears of all ways. Raises GonogoError; nothing on the target was changed then but that images
    arrived.
    """
    ids = {image.id for image in wanted.values()}
    there = identities.counterparts(connection, ids)
    lacking = ids - there.keys()
    ours = {one.id: one.name for one in wanted.values() if not misnamed(one.name, host)}
    done = Pushed(host, ids=there)
    through, meter = sorted(lacking & ours.keys()), meter or Meter()
    if through:
        with logged_in(host, given) as folder:
            for one in through:
                say(f"pushing {tagged(ours[one], version)}")
                done.names[one] = push(one, tagged(ours[one], version), folder, meter)
        say(f"pulling {', '.join(sorted(done.names.values()))}")
        done.ids |= _pull(connection, host, done.names, given, meter)
    rest = {name: image for name, image in wanted.items() if image.id not in ours}
    done.rest = tar.send(connection, rest, version, meter.add, meter.expect)
    done.ids |= done.rest.ids
    tar.tag(connection, {n: i for n, i in wanted.items() if i.id in ours}, version, done.ids)
    return done


def fetch(
    connection: Connection, host: str, names: Collection[str], given: Given | None, meter: Meter | None = None
) -> dict[str, str]:
    """Have the target pull images that are in the registry already; return their ids by name.

    Raises GonogoError.
    """
    pulling.pull(connection, names, meter, host=host, given=given)
    found = images.images(connection, names)
    if missing := sorted(set(names) - set(found)):
        raise GonogoError(f"{connection.host}: docker pull ended well, and yet lacks {', '.join(missing)}")
    return found


def push(image: str, name: str, folder: Path | None, meter: Meter | None = None) -> str:
    """Push an image of this machine as ``name``; return ``REPOSITORY@DIGEST``. Raises GonogoError."""
    done = docker("tag", image, name)
    status, said = done.returncode, last_line(done.stderr, done.stdout)
    reader = meter or Meter()
    before = len(reader.lines)
    if status == 0:
        status = drawn("push", name, to=reader.feed, folder=folder)
        reader.end()
        said = last_line("\n".join(reader.lines[before:]))
    if status != 0:
        raise GonogoError(f"docker push {name} failed on this machine: {said}; the target was not touched")
    digests = _DIGEST.findall("\n".join(reader.lines[before:]))
    if not digests:
        raise GonogoError(f"docker push {name} ended well and told no digest: {said}")
    return f"{repository(name)}@{digests[-1]}"


def _pull(
    connection: Connection, host: str, names: Mapping[str, str], given: Given | None, meter: Meter
) -> dict[str, str]:
    pulling.pull(connection, names.values(), meter, host=host, given=given)
    arrived = identities.counterparts(connection, names, names.values())
    if missing := sorted(set(names) - arrived.keys()):
        told = ", ".join(f"{names[one]} is not {one} there" for one in missing)
        raise GonogoError(f"{connection.host}: docker pull ended well, and yet {told}: nothing was deployed")
    return arrived
