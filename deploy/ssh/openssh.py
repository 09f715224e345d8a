"""Argument lists for the OpenSSH client, and what its last words mean. See ssh(1) and ssh_config(5)."""

from __future__ import annotations

import hashlib
import math
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gonogo.deploy.errors import UsageError, cause
from gonogo.deploy.ssh.framing import SESSION

KEEPALIVES = 3
"""Unanswered keep-alives after which ssh gives a connection up; they are spread over the connect timeout."""

_HOST = re.compile(r"[A-Za-z0-9_.:%\[\]][A-Za-z0-9_.:%\[\]-]*")
_USER = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.@+\\-]*\$?")
_FORMS = "expected ssh://user@host:port, a Host alias of ssh_config, or local"


@dataclass(frozen=True)
class Destination:
    """Whom to connect to: a host name or ssh_config alias, and what overrides the configuration."""

    host: str
    user: str | None = None
    port: int | None = None

    @property
    def arguments(self) -> list[str]:
        """The ssh arguments that name it; ``--`` keeps a host from being read as an option."""
        user = ["-l", self.user] if self.user else []
        port = ["-p", str(self.port)] if self.port else []
        return [*user, *port, "--", self.host]

    def by_hand(self, config_file: Path | None) -> str:
        """Return what a person types to connect to it."""
        config = ["-F", str(config_file)] if config_file else []
        port = ["-p", str(self.port)] if self.port else []
        return shlex.join(["ssh", *config, *port, f"{self.user}@{self.host}" if self.user else self.host])


def parse(host: str) -> Destination:
    """Return the Destination of ``ssh://[user@]host[:port]``, ``[user@]host`` or an alias.

    Raises UsageError for anything else, above all for what ssh could take for an option.
    """
    user: str | None = None
    port: int | None = None
    if host.startswith("ssh://"):
        try:
            parts = urlsplit(host)
            name, user, port = parts.hostname or "", parts.username, parts.port
        except ValueError as error:
            raise UsageError(f"host {host!r}: {error}; {_FORMS}") from None
        if parts.password is not None:
            raise UsageError("host holds a password, which ssh does not take there: remove it and use a key")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise UsageError(f"host {host!r} has something after the port: {_FORMS}")
    else:
        before, at, name = host.rpartition("@")
        user = before if at else None
    if not _HOST.fullmatch(name) or (user is not None and not _USER.fullmatch(user)):
        raise UsageError(f"host {host!r} is not a host: {_FORMS}")
    return Destination(name, user, port)


def identity(host: str, config_file: Path | None) -> str:
    """Return a short name of the target, so that a master is never ridden on to another host."""
    config = str(config_file.resolve()) if config_file else ""
    return hashlib.sha256(f"{host}\0{config}".encode()).hexdigest()[:12]


def master(
    destination: Destination, config_file: Path | None, control_path: Path, log: Path, seconds: float
) -> list[str]:
    """Return the argv of the master, which is also the first shell. Host-key checking stays as configured."""
    interval = max(1, math.ceil(seconds / KEEPALIVES))
    options = {
        "BatchMode": "yes",
        "ConnectTimeout": str(max(1, math.ceil(seconds))),
        "ServerAliveInterval": str(interval),
        "ServerAliveCountMax": str(KEEPALIVES),
        "ControlMaster": "yes",
        "ControlPath": str(control_path),
        "ControlPersist": "no",
        "StreamLocalBindUnlink": "yes",
        # What a user's configuration sets for logins by hand has no place in ours.
        "ClearAllForwardings": "yes",
        "RemoteCommand": "none",
        "RequestTTY": "no",
        "PermitLocalCommand": "no",
        "EscapeChar": "none",
        "LogLevel": "INFO",
    }
    config = ["-F", str(config_file)] if config_file else []
    return ["ssh", *config, "-E", str(log), *_options(options), "-T", *destination.arguments, "exec sh"]


def query(destination: Destination, config_file: Path | None) -> list[str]:
    """Return the argv that prints the settings which ssh would connect with (ssh(1), -G); it connects not."""
    return ["ssh", *(["-F", str(config_file)] if config_file else []), "-G", *destination.arguments]


def client(control_path: Path, command: str = SESSION) -> list[str]:
    """Return the argv of one more session over the master; it never connects on its own."""
    return [*_over(control_path), "-T", "--", "target", command]


def control(control_path: Path, action: str, *arguments: str) -> list[str]:
    """Return the argv that asks the master something: ``check``, ``forward`` or ``cancel``."""
    return [*_over(control_path), "-O", action, *arguments, "--", "target"]


def _over(control_path: Path) -> list[str]:
    # No configuration is read here: the master has all of it. Without a master, ssh would connect by itself.
    options = {"ControlMaster": "no", "ProxyCommand": "exit 1", "BatchMode": "yes", "LogLevel": "ERROR"}
    return ["ssh", "-F", "none", "-S", str(control_path), *_options(options)]


def _options(options: dict[str, str]) -> list[str]:
    return [part for key, value in options.items() for part in ("-o", f"{key}={value}")]


CAUSES = (
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED|host key .* has changed",
        "its host key is not the one in known_hosts: if the host was rebuilt, remove the old key with "
        "`ssh-keygen -R`, else stop here, for somebody may sit in between",
    ),
    (
        r"Host key verification failed|No .* host key is known",
        "its host key is not known here yet: connect once with `{by_hand}` and compare the fingerprint",
    ),
    (
        r"Could not resolve hostname",
        "its name does not resolve: correct `host` in the target file, or HostName in ssh_config",
    ),
    (
        r"Connection refused",
        "nothing listens at that address and port: check the port, and that sshd runs on the host",
    ),
    (
        r"Permission denied \(|Too many authentication failures",
        "it refused the login: add your public key to ~/.ssh/authorized_keys of that user there, or load "
        "the right key into your agent, and try `{by_hand}`",
    ),
    (
        r"timed out|Timeout, server .* not responding|banner exchange: .*invalid format",
        "it did not answer within {seconds:g} s: check the address, the firewall and the network",
    ),
    (
        r"No route to host|Network is unreachable",
        "no route leads to it: check the address and the network",
    ),
    (
        r"[Bb]ad configuration option|Can't open user config file|[Bb]ad owner or permissions on",
        "the ssh configuration is not usable ({last}): correct that file",
    ),
    (
        r"Connection (to \S+ )?(closed|reset) by|kex_exchange_identification|Broken pipe",
        "it closed the connection ({last}): look at the log of sshd on the host, and at its "
        "limits (MaxStartups)",
    ),
)


def judged_by(cause: str) -> str:
    """Return the id of the check that fails for a connection that failed for this cause (see CAUSES)."""
    return "ssh.host_key" if cause.startswith("its host key is") else "ssh.reachable"


def session_words(words: str) -> str:
    """Return one clause for the last words of a session whose master is well."""
    if "Session open refused" in words:
        return "the server allows no further session: raise MaxSessions in its sshd_config to 10, its default"
    return cause(words)


def diagnosis(words: str, by_hand: str, seconds: float) -> str:
    """Return one clause for ssh's last words: what happened, what to do; ``seconds``: connect timeout."""
    last = cause(words, "ssh ended without a word")
    for sign, meaning in CAUSES:
        if re.search(sign, words):
            return meaning.format(by_hand=by_hand, seconds=seconds, last=last)
    return f"{last}: see whether `{by_hand}` works by hand"
