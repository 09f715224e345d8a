"""Compose files that Compose made one without knowing their variables, with what it took for granted undone.

It makes short forms long before variables are in place, so that ``${DATA}:/data`` is a volume of that name
for it, whatever DATA is; and it drops the env files that ``include`` names.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence

import yaml

from gonogo.deploy.compose.included import KINDS, PART, File
from gonogo.deploy.compose.interpolation import interpolated, with_defaults

_LISTS = ("networks", "depends_on")
"""What Compose makes a table, and may be written as a list whose entries are variables."""
_STARTED = {"condition": "service_started", "required": "true"}
_TEXT = "tag:yaml.org,2002:str"
_NULL = "tag:yaml.org,2002:null"


def restored(flat: str, files: Sequence[File]) -> str:
    """Return flattened compose files so that they resolve to what ``files`` do, of which they are made."""
    modes = [mount for one in files for mount in one.modes()]
    if not modes and "$" not in flat and not any(one.included for one in files):
        return flat
    root = yaml.compose(flat, yaml.SafeLoader)
    before = _written(root)
    for name, service in _children(_child(root, "services")):
        _shorten(service, modes)
        _list(service)
        _bare(service, name, files)
    for kind in KINDS:
        for name, node in _children(_child(root, kind)):
            for file in files:
                if file.values and name in file.names(kind):
                    _fill(node, file)
    after = _written(root)
    return flat if after == before else after


def placed(flat: str, files: Sequence[File], values: Mapping[str, str]) -> str:
    """Return restored compose files whose paths that begin with a variable lead where Compose looks.

    A relative one is relative to the folder of its ``include`` or ``extends``, so ``values`` decide.
    """
    apart = [one for one in files if one.folder not in ("", ".")]
    if "$" not in flat or not apart:
        return flat
    root = yaml.compose(flat, yaml.SafeLoader)
    before = _written(root)
    for file in apart:
        for kind in KINDS:
            for name in file.names(kind):
                node = _child(_child(root, kind), name)
                env_files = [_child(one, "path") for one in _items(_child(node, "env_file"))]
                for path in [*env_files, _child(_child(node, "build"), "context")]:
                    _place_blank(path, file, values)
                for path in _paths(node):
                    _place(path, file, (kind, name), values)
    after = _written(root)
    return flat if after == before else after


def _paths(node: yaml.Node | None) -> Iterator[yaml.Node | None]:
    """Yield what may be a path in a service, a config or a secret."""
    build = _child(node, "build")
    yield from (_child(build, "context"), _child(node, "file"))
    yield from (one for _, one in _children(_child(build, "additional_contexts")))
    yield from (_child(one, "path") for one in _items(_child(node, "env_file")))
    for one in _items(_child(node, "volumes")):
        yield one if isinstance(one, yaml.ScalarNode) else _child(one, "source")


def _place(node: yaml.Node | None, file: File, owner: tuple[str, str], values: Mapping[str, str]) -> None:
    text = str(node.value) if isinstance(node, yaml.ScalarNode) else ""
    # Compose has put its folder before a path already, but not before a volume, which this may be.
    own = text.removeprefix(f"{file.folder}/")
    part = PART.match(own)
    if node is None or not part or not own.startswith("$") or not file.has(*owner, part[1]):
        return
    path = interpolated(own, values)
    if own == text and path.startswith("."):
        node.value = f"./{file.folder}/{text}"
    elif own != text and path.startswith(("/", "~")):
        node.value = own


def _place_blank(path: yaml.Node | None, file: File, values: Mapping[str, str]) -> None:
    """Take the folder from an env file or a context whose path is blank, for Compose passes over it."""
    own = str(path.value).removeprefix(f"{file.folder}/") if isinstance(path, yaml.ScalarNode) else ""
    if path is not None and own.startswith("$") and not interpolated(own, values):
        path.value = own


def _shorten(service: yaml.Node, modes: Sequence[tuple[str, str, str]]) -> None:
    """Write those mounts and devices in short form again of whose kind a variable decides."""
    for key in ("volumes", "devices"):
        found = _items(_child(service, key))
        for at, one in enumerate(found):
            if text := _mount(one, modes) if key == "volumes" else _device(one):
                found[at] = _text(text)


def _mount(node: yaml.Node, modes: Sequence[tuple[str, str, str]]) -> str:
    """Return the short form of a mount; empty where it was not written so, or no variable decides of it."""
    source, place, volume = _word(node, "source"), _word(node, "target"), _child(node, "volume")
    for written, target, mode in modes:
        if target == place and source.endswith(written):
            is_path = _word(node, "type") == "bind" and not source.startswith((".", "/", "~", "$"))
            return f"{'./' * is_path}{source}:{place}:{mode}"
    # Compose writes a `volume` without options for a short form alone.
    options = {name for name, _ in _children(volume)}
    if volume is None or options - {"nocopy"} or "$" not in (source or place):
        return ""
    kept = ["ro"] * (_word(node, "read_only") == "true") + ["nocopy"] * (_word(volume, "nocopy") == "true")
    kept += [word for key in ("selinux", "propagation") if (word := _word(_child(node, "bind"), key))]
    return ":".join(part for part in (source, place, ",".join(kept)) if part)


def _device(node: yaml.Node) -> str:
    """Return a device that is one variable, which may hold its place in the container too."""
    source = _word(node, "source")
    return source if source.startswith("$") and source == _word(node, "target") else ""


def _list(service: yaml.Node) -> None:
    """Make a table a list again where a variable is one of its keys, for Compose leaves keys as they are."""
    for at, (key, node) in enumerate(service.value if isinstance(service, yaml.MappingNode) else ()):
        entries = dict(_children(node)) if key.value in _LISTS else {}
        if any("$" in name for name in entries) and all(_plain(one) for one in entries.values()):
            names = yaml.SequenceNode("tag:yaml.org,2002:seq", [_text(one) for one in entries])
            service.value[at] = (key, names)


def _plain(entry: yaml.Node) -> bool:
    return entry.tag == _NULL or {key: str(one.value) for key, one in _children(entry)} == _STARTED


def _bare(service: yaml.Node, name: str, files: Sequence[File]) -> None:
    """Take back the values of this machine for what an included service is given by name alone."""
    environment = _child(service, "environment")
    for file in (one for one in files if one.included):
        for variable in file.bare(name):
            here = interpolated(file.values.get(variable, ""), {}) or os.environ.get(variable, "")
            known = variable in file.values
            for at, one in enumerate(_items(environment)):
                if str(one.value) in (variable, f"{variable}={here}"):
                    _items(environment)[at] = _text(f"{variable}=${{{variable}}}" if known else variable)
            for at, (key, one) in enumerate(_pairs(environment)):
                if key.value == variable and (one.tag == _NULL or str(one.value) == here):
                    node = _text(f"${{{variable}}}") if known else yaml.ScalarNode(_NULL, "null")
                    _pairs(environment)[at] = (key, node)


def _fill(node: yaml.Node, file: File) -> None:
    """Give the variables in what a file defines the values of its own env files."""
    if isinstance(node, yaml.ScalarNode):
        node.value = with_defaults(node.value, file.values)
    for inner in [*(value for _, value in _pairs(node)), *_items(node)]:
        _fill(inner, file)


def _written(root: yaml.Node | None) -> str:
    if root is None:
        return ""
    return str(yaml.serialize(root, Dumper=yaml.SafeDumper, width=math.inf, allow_unicode=True))


def _pairs(node: yaml.Node | None) -> list[tuple[yaml.Node, yaml.Node]]:
    return node.value if isinstance(node, yaml.MappingNode) else []


def _children(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    return ((str(key.value), value) for key, value in _pairs(node))


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    return next((value for name, value in _children(node) if name == key), None)


def _items(node: yaml.Node | None) -> list[yaml.Node]:
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _word(node: yaml.Node | None, key: str) -> str:
    found = _child(node, key)
    return str(found.value) if isinstance(found, yaml.ScalarNode) else ""


def _text(value: str) -> yaml.ScalarNode:
    return yaml.ScalarNode(_TEXT, value, style="'")
