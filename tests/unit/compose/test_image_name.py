"""The parts of an image's name, and what a registry takes."""

from __future__ import annotations

from gonogo.deploy.compose.image_name import loopback, misnamed, repository, split
from gonogo.deploy.release.records import tagged
from tests.unit.tables import every


@every(
    "name, bare",
    [
        ("redis", "redis"),
        ("redis:7", "redis"),
        ("localhost:5000/app", "localhost:5000/app"),
        ("localhost:5000/team/app:1.2", "localhost:5000/team/app"),
        ("app@sha256:aa", "app"),
        ("host:5000/app:1@sha256:aa", "host:5000/app"),
    ],
)
def test_a_name_without_tag_and_digest(name: str, bare: str) -> None:
    assert repository(name) == bare
    assert tagged(name, "v1") == f"{bare}:v1"


@every(
    "name, parts",
    [
        ("redis", ("docker.io", "library/redis", "latest")),
        ("team/app:1", ("docker.io", "team/app", "1")),
        ("localhost/app", ("localhost", "app", "latest")),
        ("127.0.0.1:5000/app", ("127.0.0.1:5000", "app", "latest")),
        ("registry.example.com/team/app:1.0", ("registry.example.com", "team/app", "1.0")),
        ("registry.example.com/app:1@sha256:aa", ("registry.example.com", "app", "1@sha256:aa")),
    ],
)
def test_the_parts_of_a_name(name: str, parts: tuple[str, str, str]) -> None:
    assert split(name) == parts


@every(
    "name, said",
    [
        ("registry.example.com/team/app:1.0", ""),
        ("Registry.Example.com/a__b/c--d.e", ""),
        ("app", "app lies in docker.io"),
        ("other.example.com/app", "lies in other.example.com"),
        ("registry.example.com:5000/app", "lies in registry.example.com:5000"),
        ("registry.example.com/App", "is no valid name"),
        ("registry.example.com/a/../b", "is no valid name"),
        ("registry.example.com/app:-x", "is no valid name"),
        ("registry.example.com/app:" + "x" * 129, "is no valid name"),
        ("registry.example.com/" + "x" * 256, "is no valid name"),
        ("registry.example.com/app@sha256:" + "a" * 64, "is fixed to a digest"),
    ],
)
def test_a_name_that_fits_a_registry_or_not(name: str, said: str) -> None:
    found = misnamed(name, "registry.example.com")
    assert said in found and bool(said) == bool(found)


@every(
    "host, yes",
    [
        ("localhost", True),
        ("localhost:5000", True),
        ("127.0.0.1:5000", True),
        ("127.8.9.1", True),
        ("10.0.0.1:5000", False),
        ("localhost.example.com", False),
        ("registry:5000", False),
    ],
)
def test_which_hosts_are_this_machine(host: str, yes: bool) -> None:
    assert loopback(host) is yes
