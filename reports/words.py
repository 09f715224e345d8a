"""How a report says things: verdicts and statuses in words, durations, moments and ids."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from reports.model import CheckStatus, DataCount, StepStatus, Verdict

_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])|\r(?=\n)")
_INVISIBLE = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\N{REPLACEMENT CHARACTER}")
_CONTROL = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"} | {0x7F: 0x2421}
_DIGEST = re.compile(r"\b(?:sha256:)?([0-9a-f]{12})[0-9a-f]{20,}\b")


@dataclass(frozen=True)
class Said:
    """A word for a verdict or status, its tone (which gives colour and sign) and what it means."""

    word: str
    tone: str
    meaning: str = ""


VERDICTS: dict[Verdict, Said] = {
    "deployed": Said("Deployed", "good", "The new version runs and was verified."),
    "go": Said("Go", "good", "Nothing stands in the way of this deployment."),
    "no-go": Said("No-go", "bad", "This deployment must not start. Nothing was touched."),
    "failed-unchanged": Said("Failed, nothing changed", "bad", "It failed before anything was changed."),
    "rolled-back": Said(
        "Rolled back", "warn", "The new version failed. What ran before runs again, and was verified."
    ),
    "rollback-failed": Said(
        "Rollback failed",
        "bad",
        "The new version failed, and so did going back. It needs your hands now.",
    ),
    "interrupted": Said("Interrupted", "warn", "Cut short. The journal on the target says how far it came."),
    "locked": Said("Locked", "calm", "Another release holds this target. Nothing was touched."),
}
STATUSES: dict[CheckStatus, Said] = {
    "failed": Said("failed", "bad"),
    "blocked": Said("blocked", "block"),
    "warning": Said("warning", "warn"),
    "waived": Said("waived", "calm"),
    "skipped": Said("skipped", "mute"),
    "passed": Said("passed", "good"),
}
STEPS: dict[StepStatus, Said] = {
    "done": Said("done", "good"),
    "failed": Said("failed", "bad"),
    "skipped": Said("skipped", "mute"),
    "undone": Said("undone", "warn"),
    "interrupted": Said("interrupted", "warn"),
}


def duration(seconds: float) -> str:
    """Return seconds as a person says them: ``0.42 s``, ``12.3 s``, ``3 min 05 s``, ``1 h 02 min``."""
    if seconds < 59.95:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def short_id(image: str) -> str:
    """Return an image's name or id with every long digest cut to its first twelve digits."""
    return _DIGEST.sub(r"\1", image)


def parse_moment(text: str) -> datetime | None:
    """Return an ISO 8601 time in UTC (one without a zone is taken for UTC), or None when it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def moment(text: str) -> str:
    """Return an ISO 8601 time as ``2026-01-31 08:05:59 UTC``; any other text as it is."""
    found = parse_moment(text)
    return text if found is None else f"{found:%Y-%m-%d %H:%M:%S} UTC"


def difference(count: DataCount) -> str:
    """Return how many documents more or fewer there are: ``+3``, ``−2``, ``0``; a dash when not known."""
    if count.before is None or count.after is None:
        return "–"
    change = count.after - count.before
    return f"+{change}" if change > 0 else f"−{-change}" if change else "0"


def plain(text: str) -> str:
    """Return a text without terminal colours and changes of direction, its control characters visible."""
    return _TERMINAL.sub("", text).translate(_CONTROL).translate(_INVISIBLE)
