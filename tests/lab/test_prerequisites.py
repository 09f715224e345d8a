"""What services ask of their host: all that is missing is told before anything is changed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import host
from tests.forkserver import GONOGO
from tests.lab.any_stack import Ran, Stack, ran

pytestmark = pytest.mark.lab
NAME = f"t-prerequisites-{os.getpid()}"
REDIS = "gonogo-lab/redis:latest"
COMPOSE = "docker-compose.yml"
LACKING: dict[str, Any] = {
    "services": {
        "bus": {"networks": ["edge"]},
        "vault": {"secrets": ["key", "token"], "configs": ["rules"]},
        "solver": {"cpus": 64, "cpuset": "0-63", "mem_limit": "900g"},
        "meter": {"devices": ["/dev/ttyUSB9:/dev/meter"], "gpus": "all", "runtime": "runsc"},
        "audit": {"logging": {"driver": "loki"}},
        "lan": {"networks": ["inner"]},
    },
    "networks": {
        "edge": {"external": True},
        "inner": {"ipam": {"config": [{"subnet": "10.99.7.0/24"}]}},
    },
    "secrets": {"key": {"file": "./key"}, "token": {"environment": "ABSENT"}},
    "configs": {"rules": {"file": "./rules"}},
}
TOLD = {
    "networks.exist": ["the external network edge (bus) does not exist"],
    "secrets.present": [
        "the secret key (vault): there is no /srv/wanting/key on the target",
        "the secret token (vault): its variable ABSENT is not set in the env file",
        "the config rules (vault): there is no /srv/wanting/rules on the target",
    ],
    "resources.available": [
        "solver: cpus: 64 processors, and the host has",
        "solver: cpuset: the processors 0-63, and the host has ",
        "solver: memory: a limit of 966368 MB, which never holds: the host has",
    ],
    "devices.present": [
        "meter: devices: /dev/ttyUSB9 is not there",
        "meter: gpus: the engine has no GPU driver",
        "meter: runtime: runsc is unknown to the engine, which has",
    ],
    "logging.driver": ["audit: logging: the engine has no log driver loki"],
    "networks.address_space": ["wanting_inner: 10.99.7.0/24 overlaps 10.99.0.0/16 of the network lab-taken"],
}


@pytest.fixture(scope="module")
def made() -> Iterator[host.Host]:
    """A host with the image that the stacks use."""
    made = host.up(NAME, [REDIS])
    yield made
    host.down(NAME)


@pytest.fixture
def stack(made: host.Host, tmp_path: Path) -> Iterator[Stack]:
    (tmp_path / "wanting").mkdir()
    found = Stack("wanting", tmp_path / "wanting", made)
    yield found
    found.down()


def drafted(stack: Stack, model: dict[str, Any], env: str = "A=b\n") -> None:
    """Lay the compose file here, every service with the same image, and have the target file drafted."""
    services = {name: {"image": REDIS, **given} for name, given in model["services"].items()}
    stack.lay({COMPOSE: json.dumps({**model, "services": services})})
    stack.there({".env": env})
    stack.file.unlink(missing_ok=True)
    done = stack.init(COMPOSE)
    assert done.code == 0, done.output
    stack.reachable()


def plan(stack: Stack) -> Ran:
    return ran([GONOGO, "plan", str(stack.file), "--json"], stack.folder)


def test_a_plan_lists_all_that_is_missing_in_one_run(stack: Stack) -> None:
    drafted(stack, LACKING)
    host.execute(NAME, "docker network create --subnet 10.99.0.0/16 lab-taken")
    done = plan(stack)
    assert done.code == 1, done.output
    (record,) = [row for row in map(json.loads, done.output.splitlines()) if row["event"] == "release"]
    failed = {one["id"]: one["message"] for one in record["checks"] if one["status"] == "failed"}
    assert {name: said for name, said in failed.items() if name not in TOLD} == {}
    lacking = [
        (name, text) for name, texts in TOLD.items() for text in texts if text not in failed.get(name, "")
    ]
    assert lacking == [], failed
    # All of it put right, as far as a host can be: where it cannot, the service goes without.
    host.execute(NAME, "docker network rm lab-taken; docker network create edge")
    stack.there({"key": "k", "rules": "r"})
    services = LACKING["services"] | {
        "solver": {"cpus": 0.5, "cpuset": "0", "mem_limit": "100m"},
        "meter": {"devices": ["/dev/null:/dev/meter"], "runtime": "runc"},
        "audit": {"logging": {"driver": "local"}},
    }
    drafted(stack, {**LACKING, "services": services}, "ABSENT=a-value-of-some-length\n")
    found = stack.preflight()
    assert {one: found.found(one) for one in found.of("failed")} == {}
    assert set(TOLD) <= found.of("passed")


def left(stack: Stack) -> list[str]:
    """What trial starts left on the host."""
    asked = (
        "docker ps -aq --filter label=gonogo.throwaway; docker network ls -q --filter label=gonogo.throwaway"
    )
    return host.execute(stack.made.name, asked).stdout.decode().split()


def volumes(stack: Stack) -> list[str]:
    return host.execute(stack.made.name, "docker volume ls -q").stdout.decode().split()


def test_what_the_engine_refuses_is_known_before_a_container_is_stopped(stack: Stack) -> None:
    fine: dict[str, Any] = {"volumes": ["kept:/kept", "/scratch"], "networks": ["inner"]}
    fixed = {"networks": {"fixed": {"ipv4_address": "10.98.0.9"}}}
    tight = {"networks": ["tight"]}  # its container has the only address
    others: dict[str, Any] = {
        "namesake": {"network_mode": "service:web", "command": ["redis-server", "--port", "7001"]},
        "whole": {"network_mode": "host", "command": ["redis-server", "--port", "7002"]},
        "watcher": {"pid": "service:web", "ipc": "service:web"},
        "fixed": fixed,
        "tight": tight,
    }
    top = {
        "networks": {
            "inner": {},
            "fixed": {"ipam": {"config": [{"subnet": "10.98.0.0/24"}]}},
            "tight": {"ipam": {"config": [{"subnet": "10.97.0.0/30"}]}},
        },
        "volumes": {"kept": {}},
    }
    shared = fine | {"ipc": "shareable"}
    drafted(stack, {**top, "services": {"web": shared, **others}})
    done = stack.deploy()
    assert done.code == 0, done.output
    assert "the engine can set up" in done.output
    assert left(stack) == []
    before, held = stack.containers(), volumes(stack)
    mark = "--label gonogo.throwaway=gonogo-trial-wanting"
    cut_off = f"docker network create {mark} cut-off && docker create --rm {mark} -v /x --network cut-off"
    host.execute(stack.made.name, f"{cut_off} --entrypoint /none {REDIS}")
    assert len(left(stack)) == 2
    assert len(volumes(stack)) == len(held) + 2, (
        "a run that was cut off left two: that of -v, that of the image"
    )
    wrong = {
        "web": shared | {"sysctls": {"vm.max_map_count": 262144}},
        "log": {"logging": {"driver": "syslog", "options": {"syslog-address": "tcp://127.0.0.1:9"}}},
        "option": {"logging": {"driver": "json-file", "options": {"max-sizes": "1m"}}},
        "able": {"cap_add": ["NONSENSE"]},
        "who": {"user": "nobody-at-all"},
        "limit": {"environment": {"CHANGED": "yes"}, "volumes": ["new:/new"], "networks": ["later"]},
    }
    anew = {"driver_opts": {"com.docker.network.driver.mtu": "wide"}}
    more = {
        "networks": {**top["networks"], "inner": anew, "later": {}},
        "volumes": {"kept": {}, "new": {}},
    }
    changed = {name: one | {"environment": {"CHANGED": "yes"}} for name, one in others.items()}
    drafted(stack, {**more, "services": {**changed, **wrong}})
    done = stack.deploy()
    assert done.code == 3, done.output
    for said in (
        'web: sysctls: sysctl "vm.max_map_count" is not in a separate kernel namespace',
        "log: logging: failed to initialize logging driver: dial tcp 127.0.0.1:9: connect: connection",
        "option: logging: unknown log opt 'max-sizes' for json-file log driver",
        'able: cap_add: invalid CapAdd: unknown capability: "CAP_NONSENSE"',
        "who: user: unable to find user nobody-at-all",
    ):
        assert said in done.output, done.output
    refused = done.output.partition("would not set up ")[2].partition(": put it right")[0].split("; ")
    expected = {*wrong, "the network inner"} - {"limit"}
    assert {one.partition(":")[0] for one in refused} == expected, done.output
    assert stack.containers() == before
    assert left(stack) == []
    assert volumes(stack) == held
    releases = host.execute(stack.made.name, f"ls {stack.path}/.deploy/releases").stdout.decode().split()
    assert len(releases) == 1, "that of the deployment that failed is removed"
