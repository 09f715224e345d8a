"""Trial starts: whether the engine can set up what a service asks for, before its container is stopped.

The new image is started with the service's configuration and a program that does not exist. The engine sets
up devices, limits, sysctls, mounts, networks and logging; that the program is missing is the pass.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from gonogo.deploy.compose import command_line
from gonogo.deploy.compose.mounts import binds_of
from gonogo.deploy.compose.trial_model import PROGRAM, There, trial
from gonogo.deploy.errors import GonogoError, cause
from gonogo.deploy.host.docker import THROWAWAY
from gonogo.deploy.release import resolved
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.switch.course import Course
from gonogo.deploy.switch.goal import Goal
from gonogo.deploy.target.target import Target

TRIAL_S = 120.0
OCI = "runc"
AT_ONCE = 4
JOINED = ("bridge", "overlay")
"""The drivers of networks that a trial joins: in another, its address may be that of a machine."""
NOT_FOUND = ("missing", "unseen")
INTERFACE = "com.docker.network.bridge.name"
"""The option of a network that no two can have alike."""
FULL = re.compile(r"no available IPv[46] addresses")
"""What a container says that came before the one it replaces gave its address back."""
POOLS = re.compile(r"address pool")
"""What a network says that came before the one it replaces gave its addresses back."""
LACKING = re.compile(r"bind source path does not exist: (.+)")
"""What a mount says whose source Docker would otherwise make."""
PASSED = re.compile(rf"{re.escape(PROGRAM)}\b")
"""Of all that can be wrong with a start, only that there is no program is said with its name."""
BEGUN = re.compile(r"^\s*Container \S+\s+Creat|Error response from daemon", re.MULTILINE)
SHOWN = re.compile(r"\s*(?:Container|Network|Volume) \S+\s")
"""How the lines begin by which Compose shows how far it is."""
WRAPPED = re.compile(
    r"Error response from daemon: |failed to create (?:shim )?task(?: for container)?: |: unknown$"
    r"|(?:OCI runtime|runc) create failed: |unable to start container process: |error during container init: "
    r"|\S*starting container process caused: |process_linux\.go:\d+: |container_linux\.go:\d+: "
)
"""What engine and runtime say around the cause."""
KEYS = {
    "devices": r"custom device|device (?:information|node)|cdi device",
    "gpus": r"device driver .* with capabilities",
    "sysctls": r"sysctl",
    "logging": r"log opt|log(?:ging)? driver|logger",
    "cap_add": r"capability|CapAdd|CapDrop",
    "cpus": r"\bCPUs\b|cpuset|cpu\.",
    "mem_limit": r"memory",
    "ulimits": r"rlimit|ulimit",
    "runtime": r"runtime (?:name|specified)",
    "security_opt": r"seccomp|apparmor|selinux|security.opt",
    "user": r"unable to find (?:user|group)|no matching entries",
    "networks": r"\bnetwork\b|address pool|endpoint",
    "image": r"no such image",
    "working_dir": r"cannot mkdir",
    "volumes": r"mount|volume|bind source|not a directory|no such file",
}
"""By which words of the engine it is told which key of a service it refused."""
# Started, a container that was made with --rm ends at once and takes its anonymous volumes along.
CLEAR = (
    "mine() {{ docker $1 ls $2 -q --filter label={label}; }}; "
    'for id in $(mine container -a); do docker start "$id"; docker kill "$id"; docker rm -f "$id"; done '
    '>/dev/null 2>&1; for id in $(mine network); do docker network rm "$id"; done >/dev/null 2>&1; '
    "left=$(mine container -a; mine network) || exit; "
    '[ -z "$left" ] || {{ echo "containers or networks of a trial start are left: $left" >&2; exit 1; }}'
)


@dataclass(frozen=True)
class Trial:
    """How the trial start of a service ended: what the engine ``refused``, or why it was ``not_tried``."""

    service: str
    refused: str = ""
    not_tried: str = ""


def label(target: Target) -> str:
    """Return what marks containers and networks of trial starts of a target's project."""
    return f"{THROWAWAY}=gonogo-trial-{target.project}"


def clear(connection: Connection, target: Target) -> None:
    """Remove what trial starts left, also those of a run that was cut off; raises GonogoError."""
    connection.check(CLEAR.format(label=shlex.quote(label(target))), mutates=True, timeout=TRIAL_S)


def trials(release: Release, course: Course) -> list[Trial]:
    """Try what a course starts anew, some side by side, and return how it went; raises GonogoError.

    Nothing of it is left but networks, which ``clear`` removes.
    """
    connection, goal, names = release.connection, course.goal, [one.service for one in course.started]
    answer = resolved.config(connection, goal.target, goal.files, None)
    if not answer.ok:
        raise GonogoError(f"{connection.host}: {command_line.complaint(answer.error_text)}")
    raw = json.loads(answer.text)
    here = _there(release, goal)
    made, wrong = _networks(connection, goal.target, _wanted(release, course, raw, names))
    wrong = {key: why for key, why in wrong.items() if not (_anew(course, key) and POOLS.search(why))}
    there = replace(here, networks={**here.networks, **made})
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="gonogo-trial") as pool:
        found = list(pool.map(lambda name: tried(connection, goal.target, raw, name, there), names))
    return [*(Trial(f"the network {key}", refused=why) for key, why in wrong.items()), *found]


def _there(release: Release, goal: Goal) -> There:
    """Return what of the model is on the target; no network in which services have addresses of their own."""
    assert goal.model
    host = release.host
    host.networks.refresh()
    host.volumes.refresh()
    drivers = {one.name: one.driver for one in host.networks.all}
    fixed = {key for one in goal.model.services.values() for key in one.addressed}
    networks = {
        key: name
        for key, name in goal.model.networks.items()
        if drivers.get(name) in JOINED and key not in fixed
    }
    sources = host.paths(*sorted(binds_of(goal.model))).binds
    missing, unseen = ({path for path, one in sources.items() if one.kind == kind} for kind in NOT_FOUND)
    return There(networks, {one.name for one in host.volumes.all}, missing, unseen)


def _anew(course: Course, key: str) -> bool:
    """Whether a network, by its key in the compose file, is made anew."""
    assert course.goal.model
    return course.goal.model.networks.get(key) in {one.name for one in course.anew}


def _wanted(release: Release, course: Course, raw: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return the networks that services need and that Compose would make, or make anew, by their keys.

    Of those with a subnet, which could hide a route, the check of address space tells; of those of another
    driver nothing is known before.
    """
    goal, anew = course.goal, {one.name for one in course.anew}
    assert goal.model
    there = ({one.name for one in release.host.networks.all} - anew) | goal.model.external_networks
    used = {key for name in names for key in goal.model.services[name].networks}
    given = {key: (raw.get("networks") or {}).get(key) or {} for key in used}
    return {
        key: one
        for key, one in sorted(given.items())
        if goal.model.networks.get(key) not in there
        and one.get("driver", "bridge") == "bridge"
        and not (one.get("ipam") or {}).get("config")
    }


def _networks(
    connection: Connection, target: Target, wanted: Mapping[str, dict[str, Any]]
) -> tuple[dict[str, str], dict[str, str]]:
    """Make a throwaway network like each; return their names by their keys, and why others were refused."""
    made, wrong = {}, {}
    for key, given in wanted.items():
        name = f"gonogo-trial-{target.project}-{key}"
        given_options = (given.get("driver_opts") or {}).items()
        options = [f"--opt={option}={value}" for option, value in given_options if option != INTERFACE]
        options += [f"--{flag}" for flag in ("internal", "attachable") if given.get(flag)]
        options += ["--ipv6"] if given.get("enable_ipv6") else []
        line = shlex.join(["docker", "network", "create", f"--label={label(target)}", *options, name])
        result = connection.run(line, mutates=True)
        if result.ok:
            made[key] = name
        else:
            wrong[key] = _bare(cause(result.error_text))
    return made, wrong


def tried(connection: Connection, target: Target, raw: dict[str, Any], name: str, there: There) -> Trial:
    """Return how the trial start of one service of a model went; raises GonogoError."""
    if raw["services"][name].get("provider"):
        return Trial(name, not_tried="it is made by its provider, and not by the engine")
    found = _once(connection, target, raw, name, there)
    while less := _less(found.refused, there):
        there, found = less, _once(connection, target, raw, name, less)
    return found


def _less(why: str, there: There) -> There | None:
    """Return with what a trial that was refused is tried again, since the real start lacks nothing there."""
    if FULL.search(why) and there.networks:
        return replace(there, networks={})
    lacking = LACKING.search(why)
    if lacking and lacking[1].strip() in there.unseen:
        path = lacking[1].strip()
        return replace(there, missing={*there.missing, path}, unseen={*there.unseen} - {path})
    return None


def _once(connection: Connection, target: Target, raw: dict[str, Any], name: str, there: There) -> Trial:
    project = f"gonogo-trial-{target.project}"
    # Of two -p the last counts: in a project of its own, Compose finds nothing of the stack.
    words = ["-p", project, "run", "--rm", "--no-deps", "-T", "--name", f"{project}-{name}", name]
    line = command_line.command(target, *words, profiles=())
    text = json.dumps(trial(raw, name, there, label(target))).encode()
    result = connection.run(line, stdin=text, timeout=TRIAL_S, mutates=True, private=True)
    told = connection.redact(f"{result.error_text}\n{result.text}")
    return read(name, told, raw["services"][name].get("runtime") or OCI)


def read(name: str, said: str, runtime: str = OCI) -> Trial:
    """Return how a trial start went, by what Compose and the engine said.

    Another runtime than the engine's own may say in words of its own that there is no program.
    """
    lines = [line.strip() for line in said.splitlines() if line.strip() and not SHOWN.match(line)]
    if any(PASSED.search(line) for line in lines):
        return Trial(name)
    why = _bare(cause("\n".join(lines)))
    key = next((key for key, words in KEYS.items() if re.search(words, why, re.IGNORECASE)), "")
    if not BEGUN.search(said) or (runtime != OCI and key in ("", "volumes")):
        return Trial(name, not_tried=why)
    return Trial(name, refused=f"{key}: {why}" if key else why)


def _bare(line: str) -> str:
    return WRAPPED.sub("", line)
