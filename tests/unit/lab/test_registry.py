"""The lab's registry: this machine trusts it for as long as it is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from lab import registry
from lab.registry import MADE, Registry


def test_trust_that_a_killed_process_left_is_replaced_and_nobody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "HERE", tmp_path)
    folder = tmp_path / "172.17.0.9:5000"
    folder.mkdir()
    for name in (MADE, "ca.crt"):
        (folder / name).write_text("the first")
    with Registry("lab", folder.name, "the second").trusted_here():
        assert (folder / "ca.crt").read_text() == "the second"
    assert not folder.exists()
    folder.mkdir()
    (folder / "ca.crt").write_text("somebody's")
    with pytest.raises(GonogoError, match="cannot be made"), Registry("lab", folder.name, "x").trusted_here():
        pass
    assert (folder / "ca.crt").read_text() == "somebody's"
    assert not (folder / MADE).exists()
