"""One compose file as Compose would resolve it, for a machine without Compose: short forms made long.

It follows the Compose specification as far as the checks of a repository ask. What needs Compose itself
(several files, ``extends``, ``include``) is refused. Env files of services are not read, networks and limits
are left out, numbers stay as they are written, and nothing is said of a file that Compose would refuse.
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Mapping
from typing import Any

from gonogo.deploy.compose import command_line, unresolved
from gonogo.deploy.compose.interpolation import interpolated
from gonogo.deploy.compose.unresolved import as_list
from gonogo.deploy.target.target import Target

_PORT = re.compile(
    r"(?:(?:(?P<ip>\[[^\]]+\]|[\d.]+):)?(?P<published>[\d-]*):)?(?P<target>[\d-]+)(?:/(?P<protocol>\w+))?"
)
_TAKEN = ("container_name", "network_mode", "ipc", "pid", "restart", "user", "platform", "volumes_from")


def needs_compose(text: str) -> list[str]:
    """Return what a compose file uses that only Compose can make out, sorted; empty when nothing is."""
    raw = unresolved.read(text, "the compose file")
    extending = {"extends"} & {key for service in unresolved.services(raw).values() for key in service}
    return sorted(extending | ({"include"} & raw.keys()))


def resolve(text: str, target: Target, values: Mapping[str, str]) -> str:
    """Return the model of a compose file as JSON, in the form of ``docker compose config --format json``.

    ``values``: its variables. Raises UsageError for what is no compose file, ValueError for unknown forms.
    """
    known = {**values, command_line.PROJECT: target.project}
    raw = _filled(unresolved.read(text, "the compose file"), known)
    services = {
        name: _service(service, target, known)
        for name, service in unresolved.services(raw).items()
        if _wanted(service, target.profiles)
    }
    volumes = {name: _volume(volume or {}) for name, volume in (raw.get("volumes") or {}).items()}
    model = {"name": target.project, "services": services, "volumes": volumes}
    return json.dumps(model).replace("$", "$$")


def _volume(raw: dict[str, Any]) -> dict[str, Any]:
    return {**raw, "external": _holds(raw.get("external"))}


def _holds(value: Any) -> bool:
    return bool(value) and str(value).lower() != "false"


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {str(key): _filled(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, values) for inner in value]
    return interpolated(value, values) if isinstance(value, str) else value


def _wanted(service: dict[str, Any], profiles: list[str]) -> bool:
    own = [str(one) for one in as_list(service.get("profiles"))]
    return not own or not set(profiles).isdisjoint({*own, "*"})


def _service(raw: dict[str, Any], target: Target, values: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {name: raw[name] for name in _TAKEN if raw.get(name) is not None}
    found |= {"image": raw.get("image"), "environment": _pairs(raw.get("environment"), values)}
    if raw.get("build") is not None:
        found["build"] = _build(raw["build"], target, values)
    for name in ("command", "entrypoint"):
        if raw.get(name) is not None:
            words = raw[name]
            found[name] = shlex.split(words) if isinstance(words, str) else [str(word) for word in words]
    needs = raw.get("depends_on") or {}
    started = {"condition": "service_started"}
    found["depends_on"] = needs if isinstance(needs, dict) else {str(need): started for need in needs}
    health = dict(raw.get("healthcheck") or {})
    found["healthcheck"] = {**health, "disable": _holds(health.get("disable"))} if health else {}
    found["scale"] = raw.get("scale") or (raw.get("deploy") or {}).get("replicas") or 1
    found["ports"] = [port for one in as_list(raw.get("ports")) for port in _ports(one)]
    found["volumes"] = [_mount(one, target) for one in as_list(raw.get("volumes"))]
    return found


def _build(raw: Any, target: Target, values: Mapping[str, str]) -> dict[str, Any]:
    build = {"context": raw} if isinstance(raw, str) else dict(raw)
    context = str(build.get("context") or ".")
    build["context"] = context if _is_url(context) else _absolute(context, target)
    build.setdefault("dockerfile", "Dockerfile")
    if build.get("args"):
        # A bare name without a variable is left to the default of the Dockerfile.
        build["args"] = _pairs(build["args"], values, bare=False)
    return build


def _is_url(context: str) -> bool:
    return "://" in context or context.startswith(("git@", "github.com/"))


def _pairs(given: Any, values: Mapping[str, str], *, bare: bool = True) -> dict[str, str]:
    """Return names and values of a list of ``NAME=value`` or of a mapping; a bare name takes its variable.

    ``bare``: whether one without a variable counts, and is empty then.
    """
    if isinstance(given, dict):
        pairs = {str(name): value for name, value in given.items()}
    else:
        split = (str(one).partition("=") for one in as_list(given))
        pairs = {name: value if equals else None for name, equals, value in split}
    found = {name: values.get(name) if value is None else str(value) for name, value in pairs.items()}
    return {name: value or "" for name, value in found.items() if bare or value is not None}


def _ports(given: Any) -> list[dict[str, str]]:
    if isinstance(given, dict):
        return [{key: str(value) for key, value in given.items()}]
    match = _PORT.fullmatch(str(given))
    if match is None:
        raise ValueError(f"the port {given}")
    ip, published = (match["ip"] or "").strip("[]"), match["published"] or ""
    base = {"host_ip": ip, "protocol": match["protocol"] or "tcp"}
    inside, outside = _numbers(match["target"]), _numbers(published)
    if len(inside) == 1:
        return [{**base, "target": str(inside[0]), "published": published}]
    outside = outside or [0] * len(inside)
    pairs = zip(inside, outside, strict=True)
    return [{**base, "target": str(here), "published": str(there)} for here, there in pairs]


def _numbers(text: str) -> list[int]:
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1)) if first else []


def _mount(given: Any, target: Target) -> dict[str, Any]:
    if isinstance(given, dict):
        mount = dict(given)
        mount["read_only"] = str(mount.get("read_only")).lower() == "true"
    else:
        source, colon, rest = str(given).partition(":")
        inside, _, mode = rest.partition(":")
        mount = {"source": source, "target": inside} if colon else {"source": "", "target": source}
        mount["type"] = "bind" if colon and source.startswith((".", "/", "~")) else "volume"
        mount["read_only"] = "ro" in mode.split(",")
    if mount.get("type") == "bind":
        mount["source"] = _absolute(str(mount.get("source") or ""), target)
    return mount


def _absolute(path: str, target: Target) -> str:
    return posixpath.normpath(posixpath.join(str(target.path), path))
