"""Drafts made through the real Compose; they need its command line, but no engine and no host."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gonogo.deploy.compose import default_files
from gonogo.deploy.errors import UsageError
from gonogo.deploy.target.init import drafting
from gonogo.deploy.target.target import Target
from gonogo.deploy.target.target_file import load

pytestmark = pytest.mark.lab

STACK = Path(__file__).resolve().parents[2] / "lab" / "stack" / "docker-compose.yml"


def draft(folder: Path, *files: Path) -> Target:
    text = drafting.draft(files, host="ssh://deploy@web", path="/srv/x", folder=folder)
    return load(drafting.write(text, folder / "drafted.toml"))


def lay(folder: Path, **files: str) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    return [folder / f"{name}.yml" for name in files]


def test_the_example_stack(tmp_path):
    target = draft(tmp_path, STACK)
    assert (target.project, target.env_file, target.source) == ("chat", ".env", STACK.parent)
    assert [health.url for health in target.health] == [
        "http://127.0.0.1:8001/api/health",
        "http://127.0.0.1:3000/",
    ]
    assert target.mongodb and (target.mongodb.service, target.mongodb.database) == ("mongodb", "chat")


EVERYTHING = """
x-check: &check {test: [CMD, curl, "http://localhost:80/ok"]}
include: [more.yml]
services:
  web:
    extends: {file: base.yml, service: base}
    healthcheck: *check
    env_file: ["${ENV_FILE:-.env}", {path: other.env, required: false}]
    environment: {A: "${A:?set it}", B: $$B}
    ports: ["${PORT:-8001}:80", "[::1]:8080:80", 3000, "53:53/udp", "8100-8102:90-92", "22:22"]
    volumes: [/data, "./x:/x"]
    deploy: {replicas: 2}
  raw:
    image: busybox
    network_mode: host
    healthcheck: {test: "curl http://127.0.0.1:9000/raw || exit 1"}
  debug:
    image: busybox
    profiles: [debug]
"""


MORE = """
services:
  off:
    image: busybox
    healthcheck: {disable: true}
    ports: [{target: 1, published: 2}]
"""


def test_an_ordinary_file_of_every_kind(tmp_path):
    files = lay(tmp_path / "shop", base="services: {base: {image: nginx}}", more=MORE, compose=EVERYTHING)
    target = draft(tmp_path, files[-1])
    assert target.project == "shop"
    assert {health.url for health in target.health} == {
        "http://127.0.0.1:8001/ok",
        "http://127.0.0.1:9000/raw",
    }
    assert '#url = "http://127.0.0.1:2/"' in target.file.read_text()


def test_reset_and_override_in_a_second_file(tmp_path):
    first = "services: {a: {image: busybox, ports: ['1:80'], healthcheck: {test: curl http://localhost/x}}}"
    second = "services: {a: {ports: !override ['2:80'], image: !reset null, build: .}}"
    files = lay(tmp_path / "b", first=first, second=second)
    target = draft(tmp_path, *files)
    assert target.compose_files == ["first.yml", "second.yml"]
    assert [health.url for health in target.health] == ["http://127.0.0.1:2/x"]


@pytest.mark.parametrize(
    ("text", "words"),
    [("services: [", "did not find expected node content"), ("services: {a: {imge: x}}", "imge")],
)
def test_what_compose_refuses_is_told_in_its_words(tmp_path, text, words):
    (file,) = lay(tmp_path / "bad", compose=text)
    with pytest.raises(UsageError) as caught:
        draft(tmp_path, file)
    assert words in str(caught.value)
    assert "compose.yml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", range(4))
def test_the_files_found_are_those_that_compose_takes(tmp_path, missing):
    marked = "services: {{a: {{image: busybox, labels: {{{kind}: {name}}}}}}}"
    for kind, names in (("base", default_files.NAMES), ("over", default_files.OVERRIDES)):
        for name in names[missing:]:
            (tmp_path / name).write_text(marked.format(kind=kind, name=name))
    argv = ["docker", "compose", "config"]
    taken = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    first, second = default_files.default_files(tmp_path)
    assert f"base: {first.name}\n" in taken
    assert f"over: {second.name}\n" in taken


@pytest.mark.parametrize("name", ["Chat", "My Shop", "a.b_c-d", "-x", "_x9"])
def test_the_project_is_the_one_that_compose_would_take(tmp_path, name):
    (file,) = lay(tmp_path / name, compose="services: {a: {image: busybox}}")
    argv = ["docker", "compose", "config"]
    taken = subprocess.run(argv, cwd=file.parent, capture_output=True, text=True, check=True).stdout
    assert f"name: {draft(tmp_path, file).project}\n" in taken
