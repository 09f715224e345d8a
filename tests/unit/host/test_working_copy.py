"""What git tracks beside the compose files, and what Compose would add to them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gonogo.deploy.host import working_copy
from tests.unit.stacks import target


def test_overrides_beside_compose_files_that_are_not_deployed(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    for name in ("compose.yaml", "compose.override.yaml", "parts/docker-compose.override.yml"):
        (tmp_path / name).write_text("services: {}\n")
    assert working_copy.override_files(tmp_path, ["compose.yaml"]) == ("compose.override.yaml",)
    assert working_copy.override_files(tmp_path, ["compose.yaml", "./compose.override.yaml"]) == ()
    assert working_copy.override_files(tmp_path, ["parts/x.yaml"]) == ("parts/docker-compose.override.yml",)
    assert not working_copy.read(target(tmp_path, source=str(tmp_path))).repository


@pytest.mark.parametrize(
    ("lines", "secret"),
    [
        (["JWT_SECRET=9c1f-a-real-one"], True),
        (["MODE=production", "# JWT_SECRET=x"], False),
        (["JWT_SECRET=change-me", "DB_PASSWORD='your-password-here'", "API_KEY="], False),
    ],
)
def test_env_files_that_hold_secrets(lines: list[str], secret: bool) -> None:
    assert working_copy.holds_secrets(lines) is secret


def test_an_env_file_of_an_include_that_git_does_not_track(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("compose.yaml", "sub/known.env", "sub/.env"):
        (tmp_path / name).write_text("A=1\n")
    for words in (["init", "-q"], ["add", "compose.yaml", "sub/known.env"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    env_files = [tmp_path / "sub/known.env", tmp_path / "sub/.env"]
    found = working_copy.read(target(tmp_path, source=str(tmp_path)), env_files)
    assert (found.tracked, found.untracked) == (("compose.yaml",), ("sub/.env",))
