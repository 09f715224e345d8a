"""What Docker holds under the lab's names, and whose it is: told by labels, never by a name alone."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from gonogo.deploy.errors import GonogoError
from lab import state
from lab.docker import LABEL, check, run

HOST_LABEL = f"{LABEL}.host"
PORT_LABEL = f"{LABEL}.port"
STATE_LABEL = f"{LABEL}.state"
SEED_LABEL = f"{LABEL}.seed"
PREFIX, VOLUME_SUFFIX = "gonogo-lab-", "-docker"


@dataclass(frozen=True)
class Container:
    """A container of the lab: the host it is, its id and name to Docker, its state and its sshd's port."""

    host: str
    id: str
    name: str
    state: str
    port: int


def marks(host: str) -> list[str]:
    """Return the options that mark what Docker makes: this lab, this host, this state folder."""
    labels = {LABEL: "1", HOST_LABEL: host, STATE_LABEL: str(state.folder())}
    return [part for key, value in labels.items() for part in ("--label", f"{key}={value}")]


def containers() -> list[Container]:
    """Return the hosts of this state folder, sorted; raises GonogoError where Docker does not answer."""
    found = [each for where, each in _containers() if where == str(state.folder()) and each.host]
    return sorted(found, key=lambda each: each.host)


def container(host: str) -> Container | None:
    """Return the host's container, None where there is none.

    Raises GonogoError where Docker does not answer, and where a container of its name is not this host.
    """
    for where, each in _containers():
        if each.name == container_name(host):
            if each.host != host:
                raise _foreign("container", each.name, f"{HOST_LABEL}={host}", host)
            _check_state("container", each.name, host, where)
            return each
    return None


def volumes() -> list[str]:
    """Return the hosts of this state folder that have a volume; raises GonogoError as ``containers``."""
    here = str(state.folder())
    return [
        name.removeprefix(PREFIX).removesuffix(VOLUME_SUFFIX)
        for mark, where, name in _volumes()
        if mark and where == here and name.startswith(PREFIX) and name.endswith(VOLUME_SUFFIX)
    ]


def volume(host: str) -> str | None:
    """Return the name of the host's volume, None where there is none; raises GonogoError as ``container``."""
    for mark, where, name in _volumes():
        if name == volume_name(host):
            if not mark:
                raise _foreign("volume", name, LABEL, host)
            _check_state("volume", name, host, where)
            return name
    return None


def seed_marks() -> list[str]:
    """Return the options that mark a seed: this lab, this state folder, and no host."""
    labels = {LABEL: "1", SEED_LABEL: "1", STATE_LABEL: str(state.folder())}
    return [part for key, value in labels.items() for part in ("--label", f"{key}={value}")]


def seed_name(kind: str, key: str) -> str:
    """Return the name of a seed, of the volume and of the container that makes it."""
    return f"{PREFIX}seed-{kind}-{key}"


def seeds() -> list[str]:
    """Return the seeds of this state folder by name; raises GonogoError as ``containers``."""
    rows = _rows(["volume", "ls"], _label(SEED_LABEL), _label(STATE_LABEL), "{{.Name}}")
    return sorted(name for mark, where, name in rows if mark and where == str(state.folder()))


def discard(name: str) -> None:
    """Remove the container of this name where this state folder made it; raises GonogoError."""
    marked = ["--filter", f"name=^/?{name}$", "--filter", f"label={STATE_LABEL}={state.folder()}"]
    for (found,) in _rows(["ps", "-a", *marked], "{{.ID}}"):
        check(["docker", "rm", "-f", "-v", found])


def container_name(host: str) -> str:
    """Return the name of the host's container."""
    return f"{PREFIX}{host}"


def volume_name(host: str) -> str:
    """Return the name of the volume that holds the data of the host's engine."""
    return f"{container_name(host)}{VOLUME_SUFFIX}"


def _foreign(kind: str, name: str, label: str, host: str) -> GonogoError:
    return GonogoError(
        f"the {kind} {name} is not the lab's host {host}: it lacks the label {label}, and was left alone; "
        f"choose another --name, or remove it with 'docker {kind} rm {name}'"
    )


def _check_state(kind: str, name: str, host: str, where: str) -> None:
    if where not in ("", str(state.folder())):  # a host from before the label was written has none
        raise GonogoError(
            f"the {kind} {name} belongs to the lab whose state is in {where}, and was left alone: choose "
            f"another --name, or run 'GONOGO_LAB_STATE={shlex.quote(where)} python -m lab down --name {host}'"
        )


def _containers() -> list[tuple[str, Container]]:
    fields = [_label(STATE_LABEL), _label(HOST_LABEL), "{{.ID}}", "{{.Names}}", "{{.State}}"]
    rows = _rows(["ps", "-a", "--no-trunc"], *fields, _label(PORT_LABEL))
    return [
        (where, Container(host, id, names.split(",")[-1], status, int(port or 0)))
        for where, host, id, names, status, port in rows
    ]


def _volumes() -> list[list[str]]:
    return _rows(["volume", "ls"], _label(LABEL), _label(STATE_LABEL), "{{.Name}}")


def _label(label: str) -> str:
    return '{{.Label "' + label + '"}}'


def _rows(listing: list[str], *fields: str) -> list[list[str]]:
    result = run(["docker", *listing, "--format", "\t".join(fields)], timeout=60)
    if result.returncode != 0:
        said = result.stderr.decode(errors="replace").strip().splitlines() or ["no answer"]
        raise GonogoError(
            f"the lab cannot ask Docker what it holds, and changed nothing ({said[-1]}): start the engine, "
            "or run 'python -m lab prepare'"
        )
    return [line.split("\t") for line in result.stdout.decode(errors="replace").splitlines()]
