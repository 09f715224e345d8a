"""Argument lists for the OpenSSH client, and what its last words mean. See ssh(1) and ssh_config(5)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from deploy.errors import UsageError

CAUSES = {
    "REMOTE HOST IDENTIFICATION HAS CHANGED": "its host key is not the one in known_hosts; if the host was "
    "rebuilt, remove the old key with ssh-keygen -R, else do not go on: somebody may be in between",
    "Host key verification failed": "its host key is not known yet; connect once by hand with ssh and "
    "compare the fingerprint",
    "Could not resolve hostname": "its name does not resolve; mend `host` in the target file or ssh_config",
    "Connection refused": "nothing listens at that address and port; see that sshd runs and the port is "
    "right",
    "Permission denied": "the key was refused; add your public key to ~/.ssh/authorized_keys of that user, "
    "or load the right key into the agent",
    "timed out": "it did not answer in time; see the address, the firewall and the network",
    "No route to host": "there is no route to it; see the address and the network",
}


def destination(host: str) -> list[str]:
    """Return the ssh arguments that name ``host`` (``ssh://user@host:port`` or an alias).

    Raises UsageError for one that ssh could take for an option.
    """
    if host.startswith("-") or not host.strip() or any(c.isspace() for c in host):
        raise UsageError(
            f"host {host!r} is no host: expected ssh://user@host:port, an ssh_config alias or local"
        )
    if not host.startswith("ssh://"):
        return ["--", host]
    parts = urlsplit(host)
    if not parts.hostname or parts.hostname.startswith("-") or (parts.username or "").startswith("-"):
        raise UsageError(f"host {host!r} has no host name: expected ssh://user@host:port")
    port = ["-p", str(parts.port)] if parts.port else []
    user = ["-l", parts.username] if parts.username else []
    return [*port, *user, "--", parts.hostname]


def options(config_file: Path | None, control_path: Path, connect_timeout: float) -> list[str]:
    """Return the options all our ssh calls share; host-key checking is left as the user has it, never off."""
    config = ["-F", str(config_file)] if config_file else []
    settings = {
        "BatchMode": "yes",
        "ConnectTimeout": f"{max(1, round(connect_timeout))}",
        "ServerAliveInterval": "5",
        "ServerAliveCountMax": "3",
        "ControlPath": str(control_path),
        "StreamLocalBindUnlink": "yes",
        "LogLevel": "ERROR",
    }
    return [*config, *(part for key, value in settings.items() for part in ("-o", f"{key}={value}"))]


def diagnosis(host: str, words: str) -> str:
    """Return one sentence for ssh's last words: which host, what happened, what to do."""
    for sign, meaning in CAUSES.items():
        if sign.lower() in words.lower():
            return f"cannot reach {host}: {meaning}"
    last = words.strip().splitlines()[-1] if words.strip() else "the connection closed without a word"
    return f"cannot reach {host}: {last}"
