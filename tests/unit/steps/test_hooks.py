"""Hooks: which file is run when, what it is given, and how its failure is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.steps import hooks, subprocesses
from gonogo.deploy.target.target import Target
from tests.unit.stacks import target


@pytest.fixture
def there(tmp_path: Path) -> Target:
    (tmp_path / "hooks").mkdir()
    return target(source=str(tmp_path), hooks={"folder": "hooks"})


def write(there: Target, name: str, script: str, mode: int = 0o755) -> None:
    file = there.source / "hooks" / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(mode)


def test_a_hook_runs_in_the_source_with_what_it_is_given(there: Target) -> None:
    write(there, "before-switch", 'echo "$GONOGO_SERVICE in $(pwd)"; cat; echo done')
    said: list[str] = []
    assert hooks.run(there, "before", "switch api", {"GONOGO_SERVICE": "api"}, said.append)
    assert said == [f"api in {there.source}", "done"]


def test_without_a_file_or_a_folder_nothing_runs(there: Target) -> None:
    assert not hooks.run(there, "after", "switch api", {})
    assert not hooks.run(target(), "before", "build", {})
    write(there, "before-lock", "exit 1")
    assert not hooks.run(there, "before", "lock", {}), "stray says that no step will ever run it"
    assert hooks.stray(target()) == []


@pytest.mark.parametrize(
    ("script", "mode", "told"),
    [
        ("echo one; echo two >&2; exit 3", 0o755, "the hook after-restore-proof ended with 3: one / two"),
        ("exit 1", 0o755, "the hook after-restore-proof ended with 1: it said nothing"),
        ("exit 0", 0o644, "cannot be run: make it executable"),
    ],
)
def test_a_hook_that_fails(there: Target, script: str, mode: int, told: str) -> None:
    write(there, "after-restore-proof", f"exec 2>&1; {script}", mode)
    with pytest.raises(GonogoError, match=told):
        hooks.run(there, "after", "restore proof", {})


def test_a_hook_that_prints_elsewhere_has_its_time(
    there: Target, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(subprocesses, "GRACE_S", 0.05)
    script = f"exec >{tmp_path}/log 2>&1\nsleep 0.3\ntouch {tmp_path}/done"
    write(there, "before-switch", script)
    assert hooks.run(there, "before", "switch api", {})
    assert (tmp_path / "done").exists()


def test_a_hook_that_does_not_end_is_stopped(tmp_path: Path, there: Target) -> None:
    write(there, "after-restore-proof", "exec sleep 60")
    quick = target(source=str(tmp_path), hooks={"folder": "hooks", "timeout_s": 0.1})
    with pytest.raises(GonogoError, match=r"after-restore-proof did not end within 0\.1 s and was stopped"):
        hooks.run(quick, "after", "restore proof", {})


def test_of_a_hook_that_prints_too_much_the_end_is_kept(
    there: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocesses, "MOST", 20)
    write(there, "after-restore-proof", "seq 100000; echo done")
    said: list[str] = []
    assert hooks.run(there, "after", "restore proof", {}, said.append)
    assert said[0] == "[… cut, 588900 bytes in all …]"
    assert said[-1] == "done"
    assert len(said) == 5


def test_a_file_that_no_step_will_run_is_known(there: Target) -> None:
    write(there, "before-swich", "exit 0")
    write(there, "after-verify", "exit 0")
    assert hooks.stray(there) == ["before-swich"]
