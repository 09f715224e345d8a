"""How ssh judges the key of a host, asked of ssh itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.host_key import Trust, trust
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.release import Release
from tests.unit import stacks
from tests.unit.tables import every


@every(
    "strict, files, gap",
    [
        ("true", ("/h/known_hosts",), ""),
        ("ask", ("/h/known_hosts", "/h/known_hosts2"), ""),
        ("accept-new", ("/h/known_hosts",), ""),
        ("ask", ("none",), ""),
        ("false", ("/h/known_hosts",), "StrictHostKeyChecking is off"),
        ("true", ("/dev/null",), "UserKnownHostsFile is /dev/null"),
        ("accept-new", ("none",), "UserKnownHostsFile is none"),
        ("accept-new", ("/dev/null", "/h/known_hosts"), ""),
    ],
)
def test_what_keeps_a_host_key_from_being_verified(strict: str, files: tuple[str, ...], gap: str) -> None:
    assert Trust(strict, files, "web").gap == gap


def config(folder: Path, *lines: str) -> Path:
    file = folder / "ssh_config"
    file.write_text(
        "Host web\n  HostName 192.0.2.1\n  Port 2222\n" + "".join(f"  {line}\n" for line in lines)
    )
    return file


def test_the_settings_are_those_of_ssh_itself(tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    public = key.with_suffix(".pub").read_text().split()[1]
    (tmp_path / "known").write_text(f"[192.0.2.1]:2222 ssh-ed25519 {public}\n")
    found = trust("web", config(tmp_path, f"UserKnownHostsFile {tmp_path}/known {tmp_path}/none"))
    assert (found.address, found.files) == ("192.0.2.1", (f"{tmp_path}/known", f"{tmp_path}/none"))
    assert [one.split(":")[0] for one in found.known] == ["ED25519 SHA256"]
    assert found.gap == ""


@pytest.mark.parametrize("value", ["no", "off"])
def test_a_check_that_is_switched_off_is_seen(tmp_path: Path, value: str) -> None:
    found = trust("web", config(tmp_path, f"StrictHostKeyChecking {value}"))
    assert found.gap == "StrictHostKeyChecking is off"


def test_a_configuration_that_ssh_refuses(tmp_path: Path) -> None:
    with pytest.raises(GonogoError, match=r"`ssh` refuses its configuration: .*terminating"):
        trust("web", config(tmp_path, "Prot 22"))


def test_this_machine_has_no_key_to_be_known_by() -> None:
    release = Release(stacks.target(), None, Redactor())
    assert release.host.host_key.trust is None
    assert release.controller.host_key.trust is None
