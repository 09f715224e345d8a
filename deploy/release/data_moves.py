"""Data that a release would find at another place, and what the target file says of that."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from gonogo.deploy.host.container import Container
from gonogo.deploy.host.data_mounts import Move
from gonogo.deploy.release.host import Host
from gonogo.deploy.target.sections.data import Moved
from gonogo.deploy.target.target import Target


def meant(move: Move, target: Target) -> Moved | None:
    """Return what the target file says of a move; None where it says nothing, or that it goes elsewhere."""
    return next((one for one in target.data.moved if _fits(one, move) and _same(one.to, move.new)), None)


def refused(moves: Iterable[Move], target: Target) -> list[str]:
    """Return a sentence for each move that the target file does not say."""
    return [_refused(one, target) for one in moves if meant(one, target) is None]


def told(moves: Iterable[Move], target: Target) -> list[str]:
    """Return a sentence for each move that the target file says: for the plan and the report."""
    found = ((one, key) for one in moves if (key := meant(one, target)))
    return [f"data is moved as the target file says ({key.reason}): {one.told}" for one, key in found]


def keys(moves: Iterable[Move], target: Target) -> str:
    """Return the keys of the target file that say what the moves do; empty where none can."""
    lines = [
        f'[[data.moved]] with service = "{one.service}", from = "{one.old}", to = "{one.new}" and a reason'
        for one in moves
        if one.new is not None and meant(one, target) is None
    ]
    said = " and ".join(dict.fromkeys(lines))
    return (
        f"If the data is meant to move, copy it there and say so in the target file: {said}." if said else ""
    )


def idle(moves: Iterable[Move], target: Target, running: Iterable[Container]) -> list[str]:
    """Return a sentence for each key of the target file that fits nothing that the release would do."""
    found, mounted = list(moves), list(running)
    return [
        f"[[data.moved]] of {key.service} from {key.before} {_why(key, mounted)}"
        for key in target.data.moved
        if not any(_fits(key, move) for move in found)
    ]


def vacant(host: Host, move: Move) -> bool | None:
    """Return whether the new place of a move holds nothing; None where nobody can tell. Raises Unknown."""
    if not move.new:
        return None
    volume = next((one for one in host.volumes.all if one.name == move.new), None)
    if move.kind == "volume" and volume is None:
        return True
    path = move.new if move.kind == "bind" else volume.device if volume else ""
    return host.paths(path).empty.get(path) if path else host.volumes.empty.get(move.new)


def _fits(key: Moved, move: Move) -> bool:
    return key.service == move.service and _same(key.before, move.old)


def _same(written: str, place: str | None) -> bool:
    if place is None or not (written and place):
        return place is not None and written == place
    return posixpath.normpath(written) == posixpath.normpath(place)


def _refused(move: Move, target: Target) -> str:
    key = next((one for one in target.data.moved if _fits(one, move)), None)
    said = key and (key.to or "nowhere")
    return f"{move.told}, and the target file says that it goes to {said}" if key else move.told


def _why(key: Moved, running: Iterable[Container]) -> str:
    mine = [source for one in running if one.service == key.service for _, source, _ in one.mounts]
    if key.to and any(_same(key.to, source) for source in mine):
        return f"has happened already: its container has {key.to}; remove it"
    has = ", ".join(mine) or "nothing"
    return f"fits nothing that this release would do: its container has {has} mounted; correct or remove it"
