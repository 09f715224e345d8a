"""Whole deployments of a small stack by each method, one over the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lab import host, registry
from lab.kind import NEWEST, OLDEST
from tests.lab.chat import typed
from tests.lab.secrecy import leaks

pytestmark = pytest.mark.lab
NAME = f"t-ways-{os.getpid()}"
BASE = "gonogo-lab/redis:latest"
ROOM, CLONE = "/srv/shop", "/srv/shop/repo"
USER, PASSWORD = "lab", "s3cret-of-the-lab!$"
LOGIN = {"REGISTRY_USERNAME": USER, "REGISTRY_PASSWORD": PASSWORD}


@dataclass
class Stack:
    """A stack of one built service in a repository here, of which the host has a clone."""

    made: host.Host
    here: Path
    registry: registry.Registry
    outputs: list[str] = field(default_factory=list)

    def there(self, script: str) -> str:
        done = host.execute(NAME, script)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def commit(self, content: str, dockerfile: str = "") -> str:
        """Commit another release, which the host's bare repository has too; return its id."""
        service = {"image": f"{self.registry.host}/team/app:1.0", "build": "./app"}
        (self.here / "app").mkdir(exist_ok=True)
        (self.here / "compose.yaml").write_text(json.dumps({"services": {"app": service}}))
        (self.here / "app" / "content").write_text(content)
        (self.here / "app" / "Dockerfile").write_text(dockerfile or f"FROM {BASE}\nCOPY content /\n")
        git = ["git", "-C", str(self.here), "-c", "user.name=lab", "-c", "user.email=lab@localhost"]
        bundle = self.here.parent / "bundle"
        lines = ["init -q -b main", "add -A", "commit -q -m Change", f"bundle create -q {bundle} main"]
        for line in [*lines, "update-ref refs/remotes/origin/main HEAD"]:
            subprocess.run([*git, *line.split()], check=True, capture_output=True)
        host.put(NAME, "/tmp/bundle", bundle.read_bytes())
        self.there(f"git -C {ROOM}/origin.git fetch -q /tmp/bundle +main:main")
        head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
        return head.stdout.strip()

    def deploy(self, method: str, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
        file = self.here.parent / f"{method}.toml"
        file.write_text(
            f'host = "{self.made.alias}"\npath = "{ROOM}"\nsource = "{self.here}"\nproject = "shop"\n'
            f'compose_files = ["compose.yaml"]\nmethod = "{method}"\n'
            f'[registry]\nhost = "{self.registry.host}"\n'
            'username_variable = "REGISTRY_USERNAME"\npassword_variable = "REGISTRY_PASSWORD"\n'
            f'[on_server]\ncheckout = "{CLONE}"\n[ssh]\nconfig_file = "{self.made.config}"\n'
            "[thresholds]\nlatency_ms = 5000\n"
        )
        argv = [sys.executable, "-m", "gonogo.deploy", "deploy", str(file), "--yes"]
        argv += ["--reports", str(self.here.parent / "r"), *options]
        authority = self.here.parent / "ca.crt"
        authority.write_text(self.registry.authority)
        done = typed(argv, **{**LOGIN, "SSL_CERT_FILE": str(authority), **more})
        self.outputs += [done.stdout, done.stderr]
        return done

    def content(self) -> str:
        """What the running container holds of the release."""
        return self.there("docker exec shop-app-1 cat /content")


@pytest.fixture(scope="module", params=[OLDEST, NEWEST], ids=str)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if os.geteuid() != 0:
        pytest.skip("this machine's engine trusts an authority only where root says so")
    made = host.up(NAME, [BASE], request.param)
    try:
        host.execute(NAME, f"install -d -o deploy -g deploy {ROOM}", user="root")
        here = tmp_path_factory.mktemp("ways") / "repo"
        here.mkdir()
        with registry.running(NAME, USER, PASSWORD) as running, running.trusted_here():
            running.trusted()
            found = Stack(made, here, running)
            found.there(f"git init -q --bare -b main {ROOM}/origin.git")
            found.commit("first")
            found.there(f"git clone -q {ROOM}/origin.git {CLONE}")
            yield found
            named = ["docker", "image", "ls", "-q", f"{running.host}/team/app"]
            ids = set(subprocess.run(named, capture_output=True, text=True, check=True).stdout.split())
            subprocess.run(["docker", "image", "rm", "-f", *ids], capture_output=True, check=False)
    finally:
        host.down(NAME)


@pytest.mark.parametrize(
    ("method", "says"),
    [
        ("tar", "layers were there already"),
        ("registry", "/team/app@sha256:"),
        ("on-server", "every image is there already"),
    ],
)
def test_a_release_by_each_method(stack: Stack, method: str, says: str) -> None:
    commit = stack.commit(f"by {method}")
    done = stack.deploy(method)
    assert done.returncode == 0, done.stdout + done.stderr
    assert says in done.stdout
    assert stack.content() == f"by {method}"
    form = "docker inspect -f '{{.Image}}' shop-app-1 | xargs docker image inspect -f"
    label = stack.there(form + " '{{index .Config.Labels \"org.opencontainers.image.revision\"}}'")
    assert label == commit


@pytest.mark.tried("tar", "registry", "on-server")
def test_a_build_on_the_server_that_fails_changes_nothing(stack: Stack) -> None:
    stack.commit("fine")
    assert stack.deploy("on-server").returncode == 0
    look = f"docker ps -aq; docker image ls -q; git -C {CLONE} rev-parse HEAD; ls {ROOM}/.deploy/releases"
    before = stack.there(look)
    stack.commit("broken", f"FROM {BASE}\nRUN exit 7\n")
    done = stack.deploy("on-server")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "building app failed, nothing that runs was touched" in done.stdout
    assert stack.there(look) == before


def test_changes_on_the_server_are_a_no_go(stack: Stack) -> None:
    stack.commit("fine again")
    stack.there(f"echo hotfix > {CLONE}/app/content")
    done = stack.deploy("on-server")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "git.server" in done.stdout and "app/content" in done.stdout
    assert stack.there(f"cat {CLONE}/app/content") == "hotfix"
    stack.there(f"git -C {CLONE} checkout -q -- .")


def test_a_wrong_password_for_the_registry_is_a_no_go(stack: Stack) -> None:
    done = stack.deploy("registry", REGISTRY_PASSWORD="another-password")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "registry.login" in done.stdout


def test_no_password_is_in_any_output_or_report(stack: Stack) -> None:
    texts = {str(number): text for number, text in enumerate(stack.outputs)}
    files = [file for file in (stack.here.parent / "r").rglob("*") if file.is_file()]
    texts |= {str(file): file.read_text(errors="replace") for file in files}
    texts["there"] = stack.there(f"cat {ROOM}/.deploy/journal.jsonl {ROOM}/.deploy/releases/*/*")
    assert len(texts) > 10
    assert leaks([PASSWORD], texts) == []
