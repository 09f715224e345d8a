"""How OpenSSH reaches a host of the lab: its key, its known_hosts and its ssh_config."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab import state
from lab.docker import check, run


def make_key(folder: Path) -> str:
    """Return the public half of the host's ed25519 key, made on first use."""
    key = folder / "id_ed25519"
    if not key.exists():
        check(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", _comment(folder), "-f", str(key)])
        key.with_suffix(".pub").chmod(0o600)
    return key.with_suffix(".pub").read_text()


def authorize(container: str, public_key: str) -> None:
    """Let the key, and no other, log in as ``deploy``."""
    script = "umask 077; cat > ~deploy/.ssh/authorized_keys; chown deploy: ~deploy/.ssh/authorized_keys"
    check(["docker", "exec", "-i", container, "sh", "-c", script], stdin=public_key.encode())


def write_config(folder: Path, container: str, port: int) -> Path:
    """Write known_hosts and ssh_config for the host and return the latter; its alias is the container's name.

    The host keys are read through the engine, not the network, so the first connection is verified too.
    """
    keys = check(["docker", "exec", container, "sh", "-c", "cat /etc/ssh/ssh_host_*_key.pub"])
    lines = [f"[127.0.0.1]:{port} {' '.join(line.split()[:2])}\n" for line in keys.splitlines()]
    known_hosts = state.write(folder / "known_hosts", "".join(lines))
    options = {
        "HostName": "127.0.0.1",
        "Port": port,
        "User": "deploy",
        "IdentityFile": f'"{folder / "id_ed25519"}"',
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": f'"{known_hosts}"',
        "StrictHostKeyChecking": "yes",
    }
    text = f"Host {container}\n" + "".join(f"    {key} {value}\n" for key, value in options.items())
    return state.write(folder / "ssh_config", text)


def answers(config: Path, alias: str) -> bool:
    """Tell whether one login with the key works."""
    ssh = ["ssh", "-F", str(config), "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", alias, "true"]
    return run(ssh, timeout=15).returncode == 0


def kept() -> list[Path]:
    """Return the folders that hold a key of the lab, whether or not their host is there."""
    return sorted(each for each in state.folder().iterdir() if _is_ours(each))


def forget(folder: Path) -> bool:
    """Remove a host's folder where its key is the lab's, and tell whether it was; other folders are left."""
    if not _is_ours(folder):
        return False
    shutil.rmtree(folder)
    return True


def _is_ours(folder: Path) -> bool:
    public = folder / "id_ed25519.pub"
    return public.is_file() and public.read_text().split()[2:] == [_comment(folder)]


def _comment(folder: Path) -> str:
    return f"gonogo-lab-{folder.name}"
