"""What is read from the words of Compose and the engine at a trial start."""

from __future__ import annotations

import json
from typing import Any, cast

from gonogo.deploy.compose.trial_model import PROGRAM, There
from gonogo.deploy.ssh.connection import Connection, Result
from gonogo.deploy.switch.trial import Trial, read, tried
from tests.unit import stacks
from tests.unit.tables import every

CREATED = " Container gonogo-trial-shop-api Creating \n Container gonogo-trial-shop-api Created \n"
DAEMON = "Error response from daemon: "
TASK = f"{DAEMON}failed to create task for container: failed to create shim task: OCI runtime create failed: "
RUNC = f"{TASK}runc create failed: unable to start container process: "
OLD = (
    f"{DAEMON}failed to create shim task: OCI runtime create failed: runc create failed: unable to start "
    "container process: "
)


@every(
    "said",
    [
        f'{RUNC}exec: "{PROGRAM}": stat {PROGRAM}: no such file or directory: unknown',
        f'{OLD}exec: "{PROGRAM}": stat {PROGRAM}: no such file or directory: unknown',
        f"{TASK}crun: executable file `{PROGRAM}` not found: No such file or directory: unknown",
        f'{TASK}creating container: error finding executable "{PROGRAM}" in PATH []: no such file',
        f"[FATAL tini (7)] exec {PROGRAM} failed: No such file or directory",
    ],
)
def test_that_there_is_no_program_is_the_pass(said: str) -> None:
    assert read("api", CREATED + said) == Trial("api")


@every(
    "said, told",
    [
        (
            f'{DAEMON}error gathering device information while adding custom device "/dev/x": no such file',
            'devices: error gathering device information while adding custom device "/dev/x": no such file',
        ),
        (
            f'{DAEMON}could not select device driver "" with capabilities: [[gpu]]',
            'gpus: could not select device driver "" with capabilities: [[gpu]]',
        ),
        (
            f'{TASK}runc create failed: sysctl "vm.swappiness" is in no separate namespace: unknown',
            'sysctls: sysctl "vm.swappiness" is in no separate namespace',
        ),
        (
            f"{DAEMON}failed to create task for container: failed to initialize logging driver: dial tcp",
            "logging: failed to initialize logging driver: dial tcp",
        ),
        (
            f"{RUNC}error during container init: error setting rlimits: operation not permitted",
            "ulimits: error setting rlimits: operation not permitted",
        ),
        (
            f"{DAEMON}Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available",
            "cpus: Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available",
        ),
        (
            f'{RUNC}error during container init: error mounting "/a" to rootfs: not a directory: unknown',
            'volumes: error mounting "/a" to rootfs: not a directory',
        ),
        (f"{DAEMON}some words that nobody knew", "some words that nobody knew"),
        (
            "opening seccomp profile (/x) failed: open /x: no such file",
            "security_opt: opening seccomp profile (/x)",
        ),
    ],
)
def test_a_refusal_is_told_with_its_key_and_without_what_stands_around_it(said: str, told: str) -> None:
    found = read("api", f"{CREATED} Container gonogo-trial-shop-api {said} \n{said}\n")
    assert found.refused.startswith(told)
    assert found.not_tried == ""


@every(
    "said, runtime",
    [
        ("services.api.volumes.0 additional properties 'x' not allowed", "runc"),
        (
            "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?",
            "runc",
        ),
        (f"{CREATED}{TASK}ENOENT: No such file or directory: unknown", "kata"),
        ("", "runc"),
    ],
)
def test_what_was_not_tried_is_no_pass_and_no_refusal(said: str, runtime: str) -> None:
    found = read("api", said, runtime)
    assert (found.refused, bool(found.not_tried)) == ("", True)


def test_another_runtime_is_refused_what_the_engine_refuses() -> None:
    said = f'{CREATED}{DAEMON}error gathering device information while adding custom device "/dev/x": no'
    assert read("api", said, "kata").refused.startswith("devices: ")


HIDDEN = "/root/data"


class Engine:
    """Stands in for a connection to an engine that has no address left in any network, nor HIDDEN."""

    def __init__(self) -> None:
        self.given: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self.redact = str

    def run(self, line: str, *, stdin: bytes, **_: Any) -> Result:
        service = json.loads(stdin)["services"]["api"]
        self.given.append(service)
        self.lines.append(line)
        said = f"exec: {PROGRAM}: no such file"
        if service.get("networks"):
            said = "no available IPv4 addresses on this network's address pools: shop_default (0123)"
        elif lacking := [one["source"] for one in service["volumes"] if one["type"] == "bind"]:
            said = f'invalid mount config for type "bind": bind source path does not exist: {lacking[0]}'
        return Result("asked", 1, b"", f"{CREATED}{DAEMON}{said}".encode(), 0.0)


def attempt(**given: Any) -> tuple[Trial, Engine]:
    engine = Engine()
    raw = {"services": {"api": {"image": "a", "networks": {"default": None}, **given}}}
    there = There({"default": "shop_default"}, unseen={HIDDEN})
    return tried(cast(Connection, engine), stacks.target(), raw, "api", there), engine


def test_an_address_that_the_container_of_now_gives_back_is_not_missing() -> None:
    found, engine = attempt()
    assert found == Trial("api")
    assert [one.get("networks") for one in engine.given] == [{"default": None}, None]
    assert engine.lines[0].endswith(
        "-p shop -p gonogo-trial-shop run --rm --no-deps -T --name gonogo-trial-shop-api api"
    )


def test_a_folder_that_the_engine_would_make_is_not_missing() -> None:
    bind = {"type": "bind", "source": HIDDEN, "target": "/data"}
    found, engine = attempt(volumes=[bind])
    assert found == Trial("api")
    assert [one["volumes"][0]["type"] for one in engine.given] == ["bind", "bind", "tmpfs"]
    strict, _ = attempt(volumes=[{**bind, "bind": {"create_host_path": False}}])
    assert strict.refused.endswith(f"bind source path does not exist: {HIDDEN}")
    seen, _ = attempt(volumes=[{**bind, "source": "/srv/gone"}])
    assert seen.refused.endswith("bind source path does not exist: /srv/gone"), "it vanished meanwhile"


def test_what_a_provider_makes_is_not_tried() -> None:
    found, engine = attempt(provider={"type": "model"})
    assert (found.not_tried, engine.given) == ("it is made by its provider, and not by the engine", [])
