"""What breaks the checks of the host: of the way there, of its engine, its ports, its names, the hours."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gonogo.deploy.compose.model import Given
from gonogo.deploy.compose.needs import Needs
from gonogo.deploy.compose.service import Port, Service
from gonogo.deploy.host.binds import Bind, Kind
from gonogo.deploy.host.certificate import Shown
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.networks import Network
from gonogo.deploy.host.sockets import Listener
from gonogo.deploy.target.sections.values import Day
from tests.unit.mutations import CONTAINERS, LISTENING, Mutation, World

DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SERVER = "chat.example.com:443"


def _engine(world: World, **changed: Any) -> None:
    world.set({"host.engine.info": replace(world.get("host.engine.info"), **changed)})


def _way(world: World, **changed: float) -> None:
    world.set({"host.clock.reading": replace(world.get("host.clock.reading"), **changed)})


def _key(world: World, **changed: Any) -> None:
    world.set({"host.host_key.trust": replace(world.get("host.host_key.trust"), **changed)})


def _service(world: World, name: str, **changed: Any) -> None:
    resolved = world.get("resolved")
    services: dict[str, Service] = resolved.model.services
    model = replace(resolved.model, services={**services, name: replace(services[name], **changed)})
    world.set(resolved=replace(resolved, model=model))


def _given(world: World, *given: Given, kind: Kind = "missing") -> None:
    resolved = world.get("resolved")
    world.set(resolved=replace(resolved, model=replace(resolved.model, given=given)))
    files = world.release.model.given_files
    world.set({world.release.host.paths(*files).key("binds"): dict.fromkeys(files, Bind(kind))})


def an_external_network(world: World) -> None:
    resolved = world.get("resolved")
    _service(world, "web", networks=("proxy",))
    world.set({"host.networks.all": [Network("bridge")]})
    model = replace(world.get("resolved").model, networks={"proxy": "edge"}, external_networks={"edge"})
    world.set(resolved=replace(resolved, model=model))


def a_network_over_another(world: World) -> None:
    resolved = world.get("resolved")
    world.set(resolved=replace(resolved, model=replace(resolved.model, subnets={"new": ("172.30.1.0/24",)})))
    world.set({"host.networks.all": [Network("old", subnets=("172.30.0.0/16",))], "host.networks.routes": []})


def _needs(**given: Any) -> Callable[[World], None]:
    def change(world: World) -> None:
        _service(world, "web", needs=Needs(**given))
        paths = world.release.model.devices
        world.set({world.release.host.paths(*paths).key("binds"): dict.fromkeys(paths, Bind("missing"))})

    return change


def _stranger(world: World, **given: Any) -> None:
    one = Container(id="77", name="legacy-1", image="sha256:77", named="legacy", project="legacy", **given)
    world.set({CONTAINERS: [*world.get(CONTAINERS), one]})


def _listener(world: World, *ports: int, protocol: str = "tcp") -> None:
    found = [Listener(protocol, "0.0.0.0", port, "nginx (pid 77)") for port in ports]
    world.set({LISTENING: [*world.get(LISTENING), *found]})


def _range(world: World, *taken: int) -> None:
    ports = tuple(Port("", number, 9000, "tcp") for number in (9000, 9001))
    _service(world, "api", ranges=(ports,))
    _listener(world, *taken)


def _taken(world: World) -> None:
    _service(world, "api", ports=(Port("", 9000, 8001, "tcp"),))
    _listener(world, 9000)


def _udp(world: World) -> None:
    _service(world, "api", ports=(Port("", 9000, 8001, "udp"),))
    _listener(world, 9000, protocol="udp")


def _rootless(world: World) -> None:
    world.amend(mongodb=None)
    _engine(world, rootless=True, lowest_port=5000)


def _certificate(world: World, days: float | None) -> None:
    world.amend(tls={"hosts": [SERVER], "days": 14})
    ends = (
        None if days is None else world.get("controller.clock.now") + datetime.timedelta(days=days, hours=1)
    )
    shown = Shown(SERVER, ends, "" if ends else "nothing answers there, or it hangs up")
    world.set({f'host.certificate("{SERVER}").shown': shown})


def _names(world: World, *addresses: str) -> None:
    world.amend(dns={"names": ["chat.example.com"], "addresses": ["192.0.2.1"]})
    world.set({'controller.dns("chat.example.com").addresses': list(addresses)})


def _another_day(world: World) -> None:
    today = world.get("controller.clock.now").weekday()
    world.amend(window={"days": [day for number, day in enumerate(DAYS) if number != today]})


def _past_hour(world: World) -> None:
    past = world.get("controller.clock.now") - datetime.timedelta(hours=1)
    world.amend(window={"start": f"{past - datetime.timedelta(hours=1):%H:%M}", "end": f"{past:%H:%M}"})


def _waiver(world: World, check: str, days: int) -> None:
    until = world.get("controller.clock.now").date() + datetime.timedelta(days=days)
    world.amend(waivers=[{"check": check, "reason": "it is known", "until": until}])


def _no_login(check: str, blocks_on: str = "") -> Mutation:
    says = blocks_on or "cannot reach web"
    return Mutation(check, lambda world: world.fail("host.login.name", check, says), says, blocks=True)


MUTATIONS = [
    Mutation("resources.available", _needs(cpus=3.5), "web: cpus: 3.5 processors, and the host has 2"),
    Mutation("resources.available", _needs(cpuset="0-2"), "web: cpuset: the processors 0-2"),
    Mutation("resources.available", _needs(memory=10**10), "web: memory: a limit of 10000 MB"),
    Mutation("devices.present", _needs(devices=("/dev/x",)), "web: devices: /dev/x is not there"),
    Mutation("devices.present", _needs(gpus=("",)), "web: gpus: the engine has no GPU driver"),
    Mutation("devices.present", _needs(runtime="runsc"), "web: runtime: runsc is unknown"),
    Mutation("logging.driver", _needs(logging="loki"), "web: logging: the engine has no log driver"),
    Mutation(
        "networks.address_space", a_network_over_another, "new: 172.30.1.0/24 overlaps 172.30.0.0/16 of"
    ),
    Mutation("networks.exist", an_external_network, "the external network edge (web) does not exist"),
    Mutation(
        "secrets.present",
        lambda world: _given(world, Given("secret", "key", ("api", "web"), "/srv/chat/key")),
        "the secret key (api, web): there is no /srv/chat/key on the target",
    ),
    Mutation(
        "secrets.present",
        lambda world: _given(world, Given("config", "conf", ("api",), environment="NOT_SET")),
        "the config conf (api): its variable NOT_SET is not set in the env file",
    ),
    Mutation(
        "secrets.present",
        lambda world: _given(world, Given("secret", "key", ("api",), external=True)),
        "it is external, and only a swarm has such",
    ),
    Mutation(
        "secrets.present",
        lambda world: _given(world, Given("secret", "key", ("api",), "/root/key"), kind="unseen"),
        "the login may not look at /root/key",
    ),
    _no_login("ssh.reachable"),
    _no_login("ssh.host_key", "its host key is not the one in known_hosts"),
    Mutation(
        "ssh.host_key",
        lambda world: _key(world, strict="false"),
        "StrictHostKeyChecking is off",
    ),
    Mutation(
        "ssh.host_key",
        lambda world: _key(world, files=("/dev/null",)),
        "UserKnownHostsFile is /dev/null",
    ),
    Mutation("ssh.latency", lambda world: _way(world, milliseconds=900.0, blur_s=0.45), "900 ms"),
    Mutation("ssh.clock", lambda world: _way(world, skew_s=61.5), "61.5 s ahead of"),
    Mutation("ssh.clock", lambda world: _way(world, skew_s=-61.5), "61.5 s behind"),
    Mutation("docker.access", lambda world: world.fail("host.engine.info", "docker.access"), blocks=True),
    Mutation("docker.engine", lambda world: world.fail("host.engine.info", "docker.engine"), blocks=True),
    Mutation("docker.healthy", lambda world: world.fail("host.engine.info", "docker.healthy"), blocks=True),
    Mutation("docker.engine", lambda world: _engine(world, version="19.03.15"), "engine 19.03.15"),
    Mutation("docker.engine", lambda world: _engine(world, api="1.40"), "API 1.40"),
    Mutation("docker.engine", lambda world: _engine(world, driver="vfs"), "vfs"),
    Mutation("docker.engine", lambda world: _engine(world, rootless=True), "a rootless engine, whose"),
    Mutation("docker.healthy", lambda world: _engine(world, read_only=True), "mounted read-only"),
    Mutation("docker.healthy", lambda world: _engine(world, free=0), "not one byte free"),
    Mutation("docker.healthy", lambda world: _engine(world, inodes=0), "no inode free"),
    Mutation("docker.healthy", lambda world: _stranger(world, status="dead"), "legacy-1 is dead"),
    Mutation("docker.compose", lambda world: world.set({"host.compose.version": "2.5.0"}), "Compose 2.5.0"),
    Mutation(
        "docker.compose", lambda world: world.set({"host.compose.version": "2.26.1-4"}), "Compose 2.26.1-4"
    ),
    Mutation("ports.free", _taken, "*:9000/tcp for api is held by nginx (pid 77)"),
    Mutation("ports.free", _udp, "*:9000/udp for api is held by nginx"),
    Mutation(
        "ports.free",
        lambda world: _stranger(world, status="running", bound=(Port("0.0.0.0", 8001, 80, "tcp"),)),
        "held by the container legacy-1 of the project legacy",
    ),
    Mutation(
        "ports.free", lambda world: _range(world, 9000), "held by nginx (pid 77): the engine may choose it"
    ),
    Mutation(
        "ports.free",
        lambda world: _range(world, 9000, 9001),
        "0 of 1 ports free, the rest is held by nginx (pid 77)",
    ),
    Mutation("ports.privileged", _rootless, "*:3000/tcp for web below 5000"),
    Mutation("tls.expiry", lambda world: _certificate(world, 13), "ends in 13 days"),
    Mutation("tls.expiry", lambda world: _certificate(world, -3), "ended 3 days ago"),
    Mutation("tls.expiry", lambda world: _certificate(world, None), "nothing answers there"),
    Mutation("dns.target", _names, "chat.example.com does not resolve"),
    Mutation("dns.target", lambda world: _names(world, "192.0.2.1", "192.0.2.9"), "leads to 192.0.2.9"),
    Mutation("time.window", _another_day, "in UTC"),
    Mutation("time.window", _past_hour, "in UTC"),
    Mutation(
        "waivers.valid", lambda world: _waiver(world, "git.clean", -1), "the waiver of git.clean ended on"
    ),
    Mutation("waivers.valid", lambda world: _waiver(world, "git.claen", 9), "did you mean git.clean"),
]
