"""The model of a trial start: one service with its whole configuration, and a program that does not exist.

What the service is to others is left out: its ports, its names, its labels. What a container of it would
change is left out too: a volume or a folder that is not there yet is memory, one that is there is not filled
from the image nor relabelled, and no process or network space of another container is entered.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from gonogo.deploy.compose.service import OF, SPACES

PROGRAM = "/gonogo-trial-start/no-such-program"
"""No image has it, so that all is set up and nothing runs."""
LEFT_OUT = (
    *("attach", "build", "command", "container_name", "depends_on", "deploy", "develop"),
    *("domainname", "env_file", "external_links", "hostname", "label_file", "links", "mac_address", "models"),
    *("networks", "ports", "post_start", "pre_stop", "profiles", "scale", "stdin_open", "tty", "volumes"),
)
FIXED: dict[str, Any] = {
    "entrypoint": [PROGRAM],
    "healthcheck": {"disable": True},
    # An init of the engine's would start, and only then miss the program.
    "init": False,
    "pull_policy": "never",
    "restart": "no",
}
OF_CONTAINER = "container:"
FOLLOWING = {"shared": "slave", "rshared": "rslave"}
"""Propagation that mounts nothing on the host, and asks the same of what is mounted (mount_namespaces(7))."""


@dataclass(frozen=True)
class There:
    """What of a model is on the host: ``networks`` that a trial may join, their real names by their keys.

    ``volumes``: the real names of those that exist; ``missing``: the sources of bind mounts that do not;
    ``unseen``: those at which the login may not look.
    """

    networks: Mapping[str, str] = field(default_factory=dict)
    volumes: Collection[str] = ()
    missing: Collection[str] = ()
    unseen: Collection[str] = ()


def trial(raw: dict[str, Any], name: str, there: There, label: str) -> dict[str, Any]:
    """Return the model of a trial start of one service of ``raw``, which Compose resolved.

    ``label``: what marks the container.
    """
    given = raw["services"][name]
    service = {key: value for key, value in given.items() if key not in LEFT_OUT} | FIXED
    key, _, value = label.partition("=")
    service["labels"] = {key: value}
    if resources := (given.get("deploy") or {}).get("resources"):
        service["deploy"] = {"resources": resources}
    for space in SPACES:
        if _joins(str(service.get(space) or ""), service):
            del service[space]
    service["volumes_from"] = [one for one in given.get("volumes_from") or [] if one.startswith(OF_CONTAINER)]
    joined = {key: there.networks[key] for key in given.get("networks") or {} if key in there.networks}
    if joined:
        service["networks"] = dict.fromkeys(joined)
    else:
        service.setdefault("network_mode", "none")
    named = {key: (value or {}).get("name") or key for key, value in (raw.get("volumes") or {}).items()}
    mounts = [_mount(one, named, there) for one in given.get("volumes") or []]
    used = {one["source"] for one in mounts if one["type"] == "volume" and one.get("source")}
    return {
        "services": {name: {**service, "volumes": mounts}},
        "networks": {key: {"external": True, "name": real} for key, real in joined.items()},
        "volumes": {key: {"external": True, "name": named[key]} for key in sorted(used)},
        **{kind: _given(raw, given, kind) for kind in ("secrets", "configs")},
    }


def _given(raw: dict[str, Any], service: Mapping[str, Any], kind: str) -> dict[str, Any]:
    used = {one if isinstance(one, str) else one["source"] for one in service.get(kind) or []}
    return {key: value for key, value in (raw.get(kind) or {}).items() if key in used}


def _joins(space: str, service: Mapping[str, Any]) -> bool:
    """Whether a space is of another container, which may not be there yet, or whose sysctls would change."""
    return space.startswith(OF) or (space.startswith(OF_CONTAINER) and bool(service.get("sysctls")))


def _mount(given: dict[str, Any], named: Mapping[str, str], there: There) -> dict[str, Any]:
    kind, source = given.get("type", "volume"), given.get("source") or ""
    memory = {"type": "tmpfs", "target": given["target"]}
    if kind == "volume":
        if source and named.get(source, source) not in there.volumes:
            return memory
        return {**given, "type": kind, "volume": {**(given.get("volume") or {}), "nocopy": True}}
    if kind != "bind":
        return given
    bind = dict(given.get("bind") or {})
    if source in there.missing and bind.get("create_host_path", True):
        return memory
    bind.pop("selinux", None)
    if spread := FOLLOWING.get(bind.get("propagation", "")):
        bind["propagation"] = spread
    return {**given, "bind": {**bind, "create_host_path": False}}
