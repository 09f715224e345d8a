"""What an engine says of images, by name and by id; the same question for the target's and for this one's."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gonogo.deploy.compose import healthcheck
from gonogo.deploy.compose.development import VARIABLES
from gonogo.deploy.compose.healthcheck import Healthcheck
from gonogo.deploy.errors import GonogoError, Unknown
from gonogo.deploy.host.docker import unreachable
from gonogo.deploy.host.engine import SNAPSHOTTER
from gonogo.deploy.host.local import HERE, here
from gonogo.deploy.redaction.secret_values import command_values
from gonogo.deploy.ssh.connection import Connection, Result

LOCAL_TIMEOUT_S = 30
KEPT = (*VARIABLES, "MONGO_VERSION")
"""The variables of an image that are asked for: what others hold may be secret."""
REVISION = "org.opencontainers.image.revision"
"""The label of the OCI image specification that is asked for: what others hold may be secret."""
MISSING = re.compile(r"no such (image|object)|invalid reference", re.IGNORECASE)

# .ID, not the .Id of the JSON: at an unknown name docker falls back to maps, which lack what is empty. Docker
# 20.10 knows no StartInterval, so that of an image is not asked for.
_IF = 'eq (index (split . "=") 0) ' + " ".join(f'"{name}"' for name in KEPT)
FORM = (
    '{"id":{{json .ID}},"tags":{{json .RepoTags}},"digests":{{json .RepoDigests}},"os":{{json .Os}},'
    '"architecture":{{json .Architecture}},"variant":{{json .Variant}},"size":{{json .Size}},'
    '"created":{{json .Created}},"layers":{{json .RootFS.Layers}}{{with .Config}},'
    f'"labels":{{ {{{{with .Labels}}}}"{REVISION}":{{{{json (index . "{REVISION}")}}}}{{{{end}}}}}},'
    '"user":{{json .User}},"command":{{json .Cmd}},"entrypoint":{{json .Entrypoint}},'
    '{{with .Healthcheck}}"healthcheck":{"interval":{{json .Interval}},"timeout":{{json .Timeout}},'
    '"start_period":{{json .StartPeriod}},"retries":{{json .Retries}},'
    '"off":{{with .Test}}{{eq (index . 0) "NONE"}}{{else}}false{{end}}},{{end}}'
    f'"variables":[{{{{range .Env}}}}{{{{if {_IF}}}}}{{{{json .}}}},{{{{end}}}}{{{{end}}}}null]{{{{end}}}}}}'
)


@dataclass(frozen=True)
class ImageInfo:
    """An image as an engine has it.

    ``platform`` is such as ``linux/amd64``; ``size`` is in bytes, unpacked; ``created`` in ISO 8601;
    ``labels`` the one named REVISION, if it has it; ``layers`` the digests of its layers, unpacked, the
    lowest first; ``variables`` those named in KEPT; ``healthcheck`` its own, which its containers inherit.
    """

    id: str
    platform: str
    size: int = 0
    created: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    layers: tuple[str, ...] = ()
    user: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    healthcheck: Healthcheck | None = None


def inspect(
    connection: Connection,
    names: Iterable[str],
    ids: Iterable[str] = (),
    record: str = "",
    timeout: float | None = None,
) -> dict[str, ImageInfo]:
    """Return the images of a host by the names and ids that were asked for; those missing are left out.

    ``record``: a file there, if it is there, of which every image id is asked for too. Each image is found
    under its own id as well. ``timeout``: seconds, where it is not that of the target. Raises Unknown when
    docker refuses.
    """
    asked = [*sorted(set(names)), *sorted(set(ids))]
    if not asked:
        return {}
    more = f" $(grep -aohE 'sha256:[0-9a-f]{{64}}' -- {shlex.quote(record)} 2>/dev/null)" if record else ""
    line = f"docker image inspect --format '{FORM}' -- {shlex.join(asked)}{more}"
    result = connection.run(line, timeout=timeout)
    if not result.ok and not _only_missing(result):
        raise unreachable(connection.host, result)
    return parse(asked, result.text)


def secrets_of(found: Iterable[ImageInfo]) -> list[str]:
    """Return what redaction has to know of images: what their commands hold and may not be shown."""
    return [
        secret for one in found for words in (one.command, one.entrypoint) for secret in command_values(words)
    ]


def images(connection: Connection, names: Iterable[str]) -> dict[str, str]:
    """Return the ids of those images that a host has, by the names or ids asked for; else as inspect."""
    asked = set(names)
    return {name: image.id for name, image in inspect(connection, asked).items() if name in asked}


def local(names: Iterable[str], by: Connection | None = None) -> dict[str, ImageInfo]:
    """Return the images of this machine by name and by id, those that are there; raises GonogoError.

    ``by``: the way to it, where what is asked is evidence.
    """
    try:
        return inspect(by or here(), names, timeout=LOCAL_TIMEOUT_S)
    except Unknown as refused:
        raise GonogoError(str(refused)) from None  # the checks of docker are about the target's


def local_containerd() -> bool:
    """Return whether this machine's engine keeps images in containerd's store; raises GonogoError."""
    return SNAPSHOTTER in (json.loads(_docker("info --format '{{json .DriverStatus}}'")) or [])


def parse(asked: Iterable[str], text: str) -> dict[str, ImageInfo]:
    """Return what FORM printed, by those names of ``asked`` that an image goes by, and by each one's id.

    Raises GonogoError for what FORM cannot have printed.
    """
    found: dict[str, ImageInfo] = {}
    known: dict[str, ImageInfo] = {}
    for line in text.split("\n"):
        if line.startswith("{"):
            try:
                raw = json.loads(line)
                image = found[raw["id"]] = _info(raw)
                known |= dict.fromkeys(_known_as(raw), image)
            except (ValueError, KeyError, TypeError, AttributeError):
                raise GonogoError(
                    f"docker described an image in no way that can be read: {line[:80]}"
                ) from None
    return found | {name: known[key] for name in asked if (key := familiar(name)) in known}


def familiar(name: str) -> str:
    """Return an image's name as an engine lists it: without docker.io/library, and with its tag or digest.

    A name with both is listed by its digest (the reference grammar of the OCI distribution specification).
    """
    name = re.sub(r"^(index\.)?docker\.io/(library/)?", "", name)
    bare, at, digest = name.partition("@")
    repository, colon, tag = bare.rpartition(":")
    tagged = bool(colon) and "/" not in tag
    if at:
        return f"{repository if tagged else bare}@{digest}"
    return bare if tagged else f"{bare}:latest"


def pullable(connection: Connection, names: Iterable[str], timeout: float = 20) -> dict[str, bool]:
    """Return whether a registry would give the target each image: only its manifest is asked for.

    All are asked side by side, for at most ``timeout`` seconds.
    """
    asked = sorted(set(names))
    if not asked:
        return {}
    asking = enumerate(map(shlex.quote, asked))
    each = [f"{{ docker manifest inspect -- {name} >/dev/null 2>&1 && echo {n}; }} &" for n, name in asking]
    said = connection.run(f"{' '.join(each)} wait", timeout=timeout).text.split()
    return {name: str(number) in said for number, name in enumerate(asked)}


def _known_as(raw: dict[str, Any]) -> Iterator[str]:
    yield familiar(raw["id"])
    for name in (*(raw["tags"] or ()), *(raw["digests"] or ())):
        yield familiar(name)


def _info(raw: dict[str, Any]) -> ImageInfo:
    given = [text for text in raw.get("variables") or () if text]
    parts = (raw["os"], raw["architecture"], raw["variant"] or "")
    return ImageInfo(
        id=raw["id"],
        platform="/".join(part for part in parts if part),
        size=int(raw["size"] or 0),
        created=str(raw["created"] or ""),
        labels={key: text for key, text in (raw.get("labels") or {}).items() if key == REVISION and text},
        layers=tuple(raw["layers"] or ()),
        user=raw.get("user") or "",
        variables=dict(text.split("=", 1) for text in given if "=" in text),
        command=tuple(raw.get("command") or ()),
        entrypoint=tuple(raw.get("entrypoint") or ()),
        healthcheck=healthcheck.of_engine(raw.get("healthcheck")),
    )


def _only_missing(result: Result) -> bool:
    words = [line for line in result.error_text.splitlines() if line.strip()]
    return bool(words) and all(MISSING.search(line) for line in words)


def _docker(question: str) -> str:
    result = here().run(f"docker {question}", timeout=LOCAL_TIMEOUT_S)
    if not result.ok:
        raise GonogoError(str(unreachable(HERE, result)))
    return result.text
