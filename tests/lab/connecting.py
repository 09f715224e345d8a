"""What the tests of the connection share: a target without a target file, and a look at what is left over."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

from gonogo.deploy.ssh.connection import Connection
from lab import host
from lab.kind import NEWEST, Kind


def reachable(to: str, config_file: Path | None, connect: float = 5, command: float = 20) -> SimpleNamespace:
    return SimpleNamespace(
        host=to,
        ssh=SimpleNamespace(config_file=config_file),
        thresholds=SimpleNamespace(connect_timeout_s=connect, command_timeout_s=command),
    )


@contextmanager
def connected(name: str, kind: Kind = NEWEST) -> Iterator[Connection]:
    """Give a connection to a host of its own, which is removed at the end."""
    made = host.up(name, kind=kind)
    try:
        with Connection.open(reachable(made.alias, made.config, command=60)) as found:
            yield found
    finally:
        host.down(name)


def other_config(made: host.Host, folder: Path, **changed: object) -> Path:
    """Write an ssh_config for the alias ``other``: the host's own, but for the options given."""
    options = {
        "HostName": "127.0.0.1",
        "Port": made.port,
        "User": "deploy",
        "IdentityFile": made.folder / "id_ed25519",
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": made.folder / "known_hosts",
        "HostKeyAlias": f"[127.0.0.1]:{made.port}",
        **changed,
    }
    file = folder / "ssh_config"
    file.write_text("Host other\n" + "".join(f"  {key} {value}\n" for key, value in options.items()))
    return file


def ssh_processes(folder: Path) -> list[str]:
    """The command lines of processes that mention a folder of a connection."""
    found = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in found.splitlines() if str(folder) in line]


def folder_of(connection: Connection) -> Path:
    return Path(connection.environment["GONOGO_CONTROL_PATH"]).parent
