"""Parts of a text: where each begins, and where it ends."""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int]


def joined(found: Iterable[Span]) -> list[Span]:
    """Return spans in order, those that overlap or touch as one."""
    kept: list[Span] = []
    for first, last in sorted(found):
        if kept and first <= kept[-1][1]:
            kept[-1] = kept[-1][0], max(last, kept[-1][1])
        else:
            kept.append((first, last))
    return kept
