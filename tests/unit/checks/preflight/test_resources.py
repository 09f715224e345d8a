"""What services limit and ask for, beside what a host has."""

from __future__ import annotations

from gonogo.checks.preflight.test_resources import lacking, refused, surpassing, unlisted
from gonogo.deploy.compose.needs import Needs
from gonogo.deploy.host.binds import Bind, Kind
from gonogo.deploy.host.engine import EngineInfo
from tests.unit.stacks import model
from tests.unit.tables import every

ENGINE = EngineInfo("26.1.5", "1.45", "linux/amd64", cpus=2, memory=4_000, runtimes=("runc",))


@every(
    "needs, keys, warned",
    [
        (Needs(cpus=2, cpuset="0-1", memory=4_000, cpus_reserved=2), [], []),
        (Needs(cpus=2.5), ["cpus"], []),
        (Needs(cpuset="0,2"), [], ["cpuset"]),
        (Needs(memory=4_001, cpus_reserved=3), [], ["reservations.cpus", "memory"]),
    ],
)
def test_limits_beyond_the_host(needs: Needs, keys: list[str], warned: list[str]) -> None:
    assert [key for key, _ in refused(needs, ENGINE)] == keys
    assert [key for key, _ in surpassing(needs, ENGINE)] == warned


@every(
    "kind, says",
    [
        ("other", []),
        ("folder", []),
        ("unseen", []),
        ("missing", ["/dev/x is not there"]),
        ("file", ["/dev/x is a file, and no device"]),
    ],
)
def test_devices(kind: Kind, says: list[str]) -> None:
    found = lacking(Needs(devices=("/dev/x",)), {"/dev/x": Bind(kind)}, ENGINE)
    assert [wrong for _, wrong in found] == says


@every(
    "needs, keys",
    [
        (Needs(gpus=("",)), ["gpus"]),
        (Needs(gpus=("nvidia",)), ["gpus"]),
        (Needs(gpus=("another",)), []),
        (Needs(runtime="runc"), []),
        (Needs(runtime="runsc"), ["runtime"]),
        (Needs(runtime="io.containerd.runsc.v1"), []),
        (Needs(runtime="/opt/containerd-shim-mine-v1"), []),
    ],
)
def test_gpus_and_runtimes(needs: Needs, keys: list[str]) -> None:
    assert [key for key, _ in lacking(needs, {}, ENGINE)] == keys


def test_log_drivers() -> None:
    def logging(driver: str) -> dict[str, object]:
        return {"image": "a", "logging": {"driver": driver}}

    drivers = {"a": "json-file", "b": "none", "c": "loki:latest", "d": "gelf", "e": "gelf"}
    stack = model(**{name: logging(driver) for name, driver in drivers.items()}, f={"image": "a"})
    assert unlisted(stack.services.values(), ["json-file", "loki:latest"]) == {"gelf": ["d", "e"]}
    assert unlisted(stack.services.values(), ["json-file", "gelf"]) == {"loki": ["c"]}
