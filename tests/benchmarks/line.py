"""A target behind a line of a given round trip, and the ways of asking it that are compared."""

from __future__ import annotations

import base64
import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target import target_file
from lab import demo, host, state
from lab.relay import Relay
from tests.benchmarks import asked
from tests.benchmarks.asked import Question

CACHE = state.ROOT / ".pytest_cache"
ANSIBLE = "ansible-core==2.19.3"


@dataclass(frozen=True)
class Line:
    """One target behind a line: its ssh_config, its alias in it, its target file, the round trip in ms."""

    rtt_ms: int
    alias: str
    config: Path
    file: Path
    relay: Relay

    @property
    def crossed(self) -> int:
        """The bytes that crossed the line so far, both ways."""
        return self.relay.passed + self.relay.came

    @property
    def record(self) -> Path:
        """Where it is written down what preflight asks of this target."""
        return self.file.with_suffix(".json")

    def questions(self) -> list[Question]:
        """What preflight asks, each question once; see ``note``."""
        return asked.load(self.record)


@contextlib.contextmanager
def line(
    made: host.Host, source: Path, folder: Path, rtt_ms: int, bytes_per_s: float | None = None
) -> Iterator[Line]:
    """Give a line to the host with half of the round trip added each way; ``bytes_per_s``: see Relay."""
    with Relay(made.port, rtt_ms / 2000, bytes_per_s) as relay:
        alias, config = f"bench-{rtt_ms}", folder / f"ssh_config-{rtt_ms}"
        text = made.config.read_text().replace(f"Host {made.alias}", f"Host {alias}")
        config.write_text(
            text.replace(f"Port {made.port}", f"Port {relay.port}\n    HostKeyAlias [127.0.0.1]:{made.port}")
        )
        file = folder / f"bench-{rtt_ms}.toml"
        target = demo.target_text(made, source).replace(f'host = "{made.alias}"', f'host = "{alias}"')
        file.write_text(target.replace(str(made.config), str(config)))
        yield Line(rtt_ms, alias, config, file, relay)


def preflight(at: Line, environment: dict[str, str] | None = None, *by: str) -> None:
    """Run the whole suite as a user does, whose Python keeps what it compiled; ``by``: what runs pytest."""
    argv = [sys.executable, "-m", *(by or ["pytest"]), "checks/preflight", "--target", str(at.file), "-q"]
    _ran(argv, {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(environment or {})})


def note(at: Line) -> None:
    """Run the suite once, and write down what it asks."""
    preflight(at, None, asked.__name__, str(at.record))


def first(at: Line) -> None:
    """Run the suite where no run of pytest has left anything behind."""
    shutil.rmtree(CACHE, ignore_errors=True)
    preflight(at)


@contextlib.contextmanager
def master(at: Line) -> Iterator[dict[str, str]]:
    """Hold a master open, and give the variables with which a run rides on it."""
    with Connection.open(target_file.load(at.file)) as connection:
        yield connection.environment


def one_call(at: Line, *, together: bool = False) -> None:
    """Ask all questions in one fresh ssh call: one after the other, or all ``together``."""
    lines = []
    for question in at.questions():
        given = base64.b64encode(question.stdin.encode()).decode()
        source = f"printf %s '{given}' | base64 -d | " if question.stdin else ""
        ask = f"{source}sh -c {shlex.quote(question.command)}"
        lines.append(f"{{ {ask}; }} </dev/null 2>&1{' &' if together else ''}\n")
    script = "LC_ALL=C; export LC_ALL\n" + "".join(lines) + "wait\n"
    _ran([*_ssh(at), "sh -s"], stdin=script.encode(), may_fail=True)


def single_calls(at: Line) -> None:
    """Ask each question in an ssh call of its own, as a bash script would."""
    for question in at.questions():
        argv = [*_ssh(at), question.command]
        _ran(argv, stdin=question.stdin.encode(), may_fail=True)


def testinfra(at: Line) -> None:
    """Ask each question in a test of testinfra as it comes; standard input goes as testinfra lets it: not."""
    file = at.file.parent / "test_as_it_comes.py"
    commands = [question.command for question in at.questions()]
    file.write_text(
        "import pytest\n\n\n"
        f"@pytest.mark.parametrize('command', {commands!r}, ids=range({len(commands)}))\n"
        "def test_it(host, command):\n    assert host.run(command + ' </dev/null').rc is not None\n"
    )
    argv = [sys.executable, "-m", "pytest", str(file), "-q", "-c", os.devnull, "-p", "no:cacheprovider"]
    _ran([*argv, f"--hosts=ssh://{at.alias}", f"--ssh-config={at.config}"])


def ansible(at: Line) -> None:
    """Ask each question in a task of Ansible with pipelining over its own persistent connection."""
    folder = at.file.parent
    tasks = "".join(
        "    - ansible.builtin.shell:\n"
        f"        {{cmd: {_yaml(question.command)}, stdin: {_yaml(question.stdin)}}}\n"
        "      failed_when: false\n"
        for question in at.questions()
    )
    play = folder / "play.yml"
    play.write_text(f"- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}")
    options = f"-F {at.config} -o ControlMaster=auto -o ControlPersist=60 -o ControlPath={folder}/a-%C"
    environment = {
        **os.environ,
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_SSH_ARGS": options,
        "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
        "ANSIBLE_HOME": str(folder / "ansible"),
    }
    try:
        _ran([str(ansible_home() / "bin" / "ansible-playbook"), "-i", f"{at.alias},", str(play)], environment)
    finally:
        exit_master = [
            "ssh",
            "-F",
            str(at.config),
            "-o",
            f"ControlPath={folder}/a-%C",
            "-O",
            "exit",
            at.alias,
        ]
        subprocess.run(exit_master, capture_output=True, check=False)


def ansible_home() -> Path:
    """Return a virtual environment with Ansible, kept in the lab's cache, for nothing but the comparison."""
    home = state.cache() / ANSIBLE
    if not (home / "bin" / "ansible-playbook").exists():
        print(f"installing {ANSIBLE} for comparison", flush=True)
        _ran([sys.executable, "-m", "venv", str(home)])
        _ran([str(home / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", ANSIBLE])
    return home


def seconds(ask: Callable[[], None], runs: int, *, last: int = 0) -> float:
    """Return the median of the durations of ``runs`` runs, or of the ``last`` of them, in seconds."""
    taken: list[float] = []
    for _ in range(runs):
        begun = time.monotonic()
        ask()
        taken.append(time.monotonic() - begun)
    counted = sorted(taken[-last:])
    return counted[len(counted) // 2]


def busy(ask: Callable[[], None]) -> float:
    """Return the seconds for which the processors of this machine, on which the target is too, were busy.

    Divided by their number it is the least that such a run can take here. See /proc/stat in proc(5).
    """
    before = _busy()
    ask()
    return _busy() - before


def _busy() -> float:
    user, nice, system, _, _, irq, softirq, *_ = Path("/proc/stat").read_text().split()[1:]
    return sum(map(int, (user, nice, system, irq, softirq))) / os.sysconf("SC_CLK_TCK")


def _ssh(at: Line) -> list[str]:
    return ["ssh", "-F", str(at.config), "-o", "BatchMode=yes", at.alias]


def _yaml(text: str) -> str:
    return (
        '"'
        + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("{{", "{{ '{{' }}")
        + '"'
    )


def _ran(
    argv: list[str],
    environment: dict[str, str] | None = None,
    *,
    stdin: bytes = b"",
    may_fail: bool = False,
) -> None:
    done = subprocess.run(
        argv, input=stdin, capture_output=True, cwd=state.ROOT, env=environment, check=False
    )
    if done.returncode != 0 and not may_fail:
        raise SystemExit(
            f"{' '.join(argv[:4])} ended with {done.returncode}:\n{done.stdout.decode()[-3000:]}"
        )
