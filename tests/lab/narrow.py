"""A stack of one image that is deployed over a narrow line, which breaks in the middle of the transfer."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from gonogo.deploy.ssh.connection import Connection
from lab.host import Host
from lab.relay import Relay
from lab.state import ROOT
from tests.forkserver import GONOGO
from tests.lab.any_stack import Stack, ran
from tests.lab.connecting import other_config

BASE = "gonogo-lab/redis:latest"


class Narrow:
    """A stack of one image whose releases come over a line that a test can break while they do."""

    def __init__(self, folder: Path, connection: Connection, made: Host) -> None:
        (folder / "narrow").mkdir()
        self.stack = Stack("narrow", folder / "narrow", made)
        self._connection, self._folder = connection, folder
        self.release()
        self.stack.there({})
        assert self.stack.init().code == 0
        self.stack.reachable()
        self._direct = self.stack.file.read_text()

    def release(self) -> None:
        """Lay a release whose image has a layer of its own of 3 MB."""
        (self.stack.folder / "noise").write_bytes(os.urandom(3_000_000))
        steps = f"FROM {BASE}\nCOPY noise /noise\n"
        self.stack.lay({"Dockerfile": steps, "compose.yaml": "services:\n  app: {build: ., init: true}\n"})

    def deploy(self) -> tuple[int, str]:
        self.stack.file.write_text(self._direct)
        done = self.stack.deploy()
        return done.code, done.output

    def resume(self) -> tuple[int, str]:
        self.stack.file.write_text(self._direct)
        argv = [GONOGO, "resume", str(self.stack.file), "--reports", str(self._folder / "reports")]
        done = ran(argv, ROOT)
        return done.code, done.output

    def broken(self, how: Callable[[Relay], None]) -> tuple[int, str]:
        """Deploy over a line that is broken in the middle of the transfer."""
        with Relay(self.stack.made.port, bytes_per_s=1_000_000) as relay:
            config = other_config(self.stack.made, self._folder, Port=relay.port)
            text = self._direct.replace(str(self.stack.made.config), str(config))
            self.stack.file.write_text(text.replace(f'"{self.stack.made.alias}"', '"other"'))
            argv = [GONOGO, "deploy", str(self.stack.file), "--yes"]
            argv += ["--reports", str(self._folder / "reports")]
            with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout
                told = ""
                for line in process.stdout:
                    told += line
                    if line.startswith("transfer …"):
                        before = relay.passed
                        while relay.passed - before < 1_000_000 and process.poll() is None:
                            time.sleep(0.01)
                        how(relay)
            return process.wait(60), told

    def state(self) -> tuple[str, str]:
        """The images, and the containers with when they were started."""
        look = self._connection.check("docker image ls -aq --no-trunc | sort -u", mutates=True).text
        ids = "docker ps -aq --no-trunc | xargs -r docker inspect -f '{{.Id}} {{.State.StartedAt}}'"
        return look, self._connection.check(ids, mutates=True).text

    def clean(self) -> None:
        """Remove from this machine's engine what the releases were built to."""
        argv = ["docker", "image", "ls", "-q", "narrow-app"]
        listed = subprocess.run(argv, capture_output=True, check=True)
        if ids := set(listed.stdout.decode().split()):
            subprocess.run(["docker", "image", "rm", "-f", *ids], capture_output=True, check=False)
