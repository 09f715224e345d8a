"""What a target file may leave out, and to what its paths are relative."""

from __future__ import annotations

from pathlib import Path

from gonogo.deploy.target.target_file import parse
from tests.unit.target.test_target_file import BASE, FILE


def test_what_is_left_out_is_derived_or_default():
    target = parse(BASE, FILE)
    assert (target.name, target.source, target.file) == ("demo", Path("/targets"), FILE)
    assert target.env_path is None
    assert str(target.deploy_path) == "/srv/chat/.deploy"


def test_local_paths_are_relative_to_the_file_and_remote_ones_to_path():
    target = parse({**BASE, "source": "../chat", "ssh": {"config_file": "c"}, "env_file": "a/.env"}, FILE)
    assert (target.source, target.ssh.config_file) == (Path("/chat"), Path("/targets/c"))
    assert str(target.env_path) == "/srv/chat/a/.env"
    beside = parse({**BASE, "env_file": "../shared/x.env"}, FILE)
    assert str(beside.env_path) == "/srv/shared/x.env"
