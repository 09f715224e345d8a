"""Tables for people: what servers and people wrote is shown as it is."""

from __future__ import annotations

import pytest
from rich.table import Table

from gonogo.deploy.cli import tables


def test_brackets_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("version", "what became of it")
    table.add_row("v1", "unlocked: see [/var/log] and [red]")
    tables.show(table, ["version"])
    assert "unlocked: see [/var/log] and [red]" in capsys.readouterr().out
