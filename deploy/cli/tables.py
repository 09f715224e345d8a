"""Tables for people, in which names are never cut: they are there to be typed."""

from __future__ import annotations

from collections.abc import Collection

from rich.console import Console
from rich.table import Table

UNBOUNDED = 10_000
"""Columns of what is no terminal: whoever reads a pipe wants whole lines."""


def show(table: Table, whole: Collection[str]) -> None:
    """Print a table; the columns called ``whole`` are as wide as what is in them."""
    # What servers and people wrote is text: no markup, whatever brackets are in it.
    console = Console(markup=False)
    for column in table.columns:
        if column.header in whole:
            column.no_wrap = True
            column.min_width = max((len(str(cell)) for cell in column.cells), default=0)
    if not console.is_terminal:
        console = Console(markup=False, width=UNBOUNDED)
    console.print(table)
