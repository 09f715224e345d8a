"""Whether ssh on this machine verifies that a host is the one it is taken for. See ssh_config(5)."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.ssh import openssh

LOCAL = "local"
"""What a target file calls the machine that deploys."""
PATIENCE_S = 10
NOWHERE = ("/dev/null", "none")
LENIENT = "accept-new"


@dataclass(frozen=True)
class Trust:
    """How ssh judges a host's key: ``strict`` is StrictHostKeyChecking, ``files`` the user's known_hosts.

    ``address``: the host name that ssh connects to. ``known``: the fingerprints in those files.
    """

    strict: str
    files: tuple[str, ...]
    address: str
    known: tuple[str, ...] = ()

    @property
    def gap(self) -> str:
        """What keeps the key from being verified; empty when nothing does."""
        if self.strict in ("no", "off", "false"):
            return "StrictHostKeyChecking is off"
        # Then a key that is accepted is forgotten at once; keys in the system's own file still count.
        forgets = not [file for file in self.files if file not in NOWHERE]
        if forgets and (self.strict == LENIENT or "/dev/null" in self.files):
            return f"UserKnownHostsFile is {' '.join(self.files) or 'empty'}"
        return ""


class HostKey(Noun):
    """The key of a host, as ssh on this machine judges it.

    >>> host.host_key.trust.known
    ('ED25519 SHA256:W4WphQZwWEYSs5+Zy+Me8abxifdDI5EZ4IW+IGHvO2U',)
    """

    @asked("ssh.host_key")
    def trust(self) -> Trust | None:
        """How ssh judges the key; None where the host is this machine. It is not asked anything.

        Raises GonogoError where ssh refuses its configuration.
        """
        address = self._host.address
        return None if address == LOCAL else trust(address, self._host.config_file)


def trust(host: str, config_file: Path | None) -> Trust:
    """Return how ssh judges the key of ``host``, as it stands in a target file; raises GonogoError."""
    settings = parse(_said(openssh.query(openssh.parse(host), config_file)))
    files = tuple(settings.get("userknownhostsfile", "").split())
    address = settings.get("hostname", "")
    name = settings.get("hostkeyalias") or known_name(address, settings.get("port", "22"))
    paths = [Path(file).expanduser() for file in files]
    known = [found for path in paths if path.is_file() for found in _prints(name, path)]
    return Trust(settings.get("stricthostkeychecking", ""), files, address, tuple(dict.fromkeys(known)))


def parse(text: str) -> dict[str, str]:
    """Return the settings that ``ssh -G`` printed, one a line; of a key that comes twice, the first."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        found.setdefault(key.lower(), value.strip())
    return found


def known_name(address: str, port: str) -> str:
    """Return the name under which known_hosts has a host (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT)."""
    return address if port == "22" else f"[{address}]:{port}"


def fingerprints(text: str) -> list[str]:
    """Return what ``ssh-keygen -l -F`` found, such as ``ED25519 SHA256:…``."""
    words = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return [f"{line[-2]} {line[-1]}" for line in words if len(line) > 2 and line[-1].startswith("SHA256:")]


def _prints(name: str, file: Path) -> list[str]:
    try:
        return fingerprints(_said(["ssh-keygen", "-l", "-F", name, "-f", str(file)]))
    except GonogoError:
        return []  # ssh-keygen(1) ends with 1 where the file does not have the host


def _said(argv: list[str]) -> str:
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GonogoError(f"`{argv[0]}` does not work on this machine: {error}") from None
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise GonogoError(f"`{argv[0]}` refuses its configuration: {last}")
    return done.stdout
