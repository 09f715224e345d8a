"""The plan: what a release changes, service by service, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from gonogo.deploy.compose.model import Model
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.container import Container
from gonogo.deploy.release.records import Image
from gonogo.deploy.target.target import Target

Action = Literal["unchanged", "replaced", "created", "removed"]


@dataclass(frozen=True)
class Change:
    """What happens to one service; images are ids, empty where there is none.

    ``anew``: its containers are made anew although Compose sees no difference.
    """

    service: str
    action: Action
    why: str
    before: str = ""
    after: str = ""
    anew: bool = False

    @property
    def touched(self) -> bool:
        """Whether containers of the service are made anew."""
        return self.action in ("replaced", "created")


def plan(  # noqa: PLR0913, PLR0917  all that a stack is compared by
    model: Model,
    images: Mapping[str, Image],
    hashes: Mapping[str, str],
    running: Iterable[Container],
    only: Collection[str] | None = None,
    reasons: Mapping[str, str] = MappingProxyType({}),
) -> list[Change]:
    """Return the changes in dependency order; services that are in the way of nothing are left alone (L10).

    ``hashes``: by service, the config hashes (separated by spaces) with which a container is as it should be.
    ``only``: the services that may be touched, and with them those that follow; None for all. ``reasons``:
    why services are replaced whose image and hash are the same, by service.
    """
    found: dict[str, list[Container]] = {}
    for one in running:
        found.setdefault(one.service, []).append(one)
    changes: list[Change] = []
    for name in model.order():
        change = _change(name, images, hashes, found.get(name, []), model, reasons.get(name, ""))
        if change.touched and only is not None and name not in only:
            why = "this run has not touched it"
            change = replace(change, action="unchanged", why=why, after=change.before, anew=False)
        touched = {one.service for one in changes if one.touched}
        service = model.services[name]
        if not change.touched and found.get(name) and (anew := service.follows & touched):
            # A container in another's network stays in the network of the one that is gone.
            made = "made with the container of" if service.joins & anew else "to be started again with"
            why = f"it is {made} {', '.join(sorted(anew))}, which is replaced"
            change = replace(change, action="replaced", why=why)
        changes.append(change)
    for name in sorted(set(found) - set(model.services)):
        before = found[name][0].image
        why = "no longer in the compose files; its container is left as it is"
        changes.append(Change(name, "unchanged", why, before, before))
    return changes


def chosen(
    model: Model,
    built: Mapping[str, str],
    there: Mapping[str, str],
    local: Mapping[str, str],
    offered: Collection[str] = (),
) -> dict[str, Image]:
    """Return the image that each service will run; without an id where the target has yet to pull it.

    ``built``: the ids of what was built, by service; ``there``, ``local``: those of the target's and of this
    machine's images, by name. What is built or is not there is this machine's. ``offered``: the services
    whose image, built already, a registry has. Raises GonogoError.
    """
    images = {}
    for name, service in model.services.items():
        own = service.build is not None or service.image not in there
        found = built.get(name) or (local.get(service.image) if own else there[service.image])
        if found is None and service.build is not None and name not in offered:
            raise GonogoError(f"{service.image} (service {name}) is not on this machine: build it first")
        images[name] = Image(name=service.image, id=found or "")
    return images


def _change(  # noqa: PLR0913, PLR0917  all that one service is compared by
    name: str,
    images: Mapping[str, Image],
    hashes: Mapping[str, str],
    found: list[Container],
    model: Model,
    reason: str,
) -> Change:
    after, scale = images[name].id, model.services[name].scale
    if not found:
        new = Change(name, "created", "it has no container yet", "", after)
        return new if scale else Change(name, "unchanged", "its scale is 0", "", after)
    before = found[0].image
    why = _difference(after, hashes.get(name, "").split(), found)
    if why or reason:
        return Change(name, "replaced", why or reason, before, after, anew=not why)
    why = _state(found, scale)
    if why:
        return Change(name, "replaced", why, before, after)
    return Change(name, "unchanged", "image and configuration are the same", before, after)


def _difference(image: str, hashes: Collection[str], found: list[Container]) -> str:
    """Return why Compose makes containers anew; empty where it does not."""
    if any(one.image != image for one in found):
        return "its image changed"
    return "its configuration changed" if any(one.hash not in hashes for one in found) else ""


def _state(found: list[Container], scale: int) -> str:
    if len(found) != scale:
        return f"it has {len(found)} containers instead of {scale}"
    stopped = [one.told for one in found if not one.running and not one.completed]
    return f"it does not run: {', '.join(stopped)}" if stopped else ""


def ours(container: Container, target: Target) -> bool:
    """Return whether a container was made from the files of a release, by hand from the current one too."""
    files = [file for file in container.files.split(",") if file]
    places = tuple(f"{target.deploy_path}/{name}/" for name in ("releases", "current"))
    return bool(files) and all(file.startswith(places) for file in files)
