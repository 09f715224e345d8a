"""How a report says things: verdicts and statuses in words, durations, moments and ids."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from gonogo.reports.model import CheckStatus, DataCount, StepStatus, Verdict

_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])|\r(?=\n)")
# All that is shown as it is. Left out are controls, marks that change the direction of a text, surrogates and
# what Unicode says is no character: HTML and XML do not allow it, or a reader would not see it.
_SHOWN = (
    r"\n\t -~\xa0-\u061b\u061d-\u200d\u2010-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd"
    + "".join(f"\\U{plane:04x}0000-\\U{plane:04x}fffd" for plane in range(1, 0x11))
)
_UNSHOWN = re.compile(f"[^{_SHOWN}]")
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
        "The new version failed, and so did going back. Somebody has to act now.",
    ),
    "interrupted": Said("Interrupted", "warn", "Interrupted. The journal on the target says how far it got."),
    "locked": Said("Locked", "calm", "Another release holds this target. Nothing was touched."),
}
BACK, RESUMED = "rollback-", "resume-"
"""How the versions of those runs begin that somebody started to go back, or to bring a run to its end."""
WENT_BACK = Said("Went back", "good", "An earlier release runs again, as it was asked for, and was verified.")
BROUGHT_ON = Said("Resumed", "good", "A run that was cut off was brought to its end, and was verified.")
FIRST_FAILED = Said(
    "Failed and removed",
    "warn",
    "This first release failed, and what it had made was removed; volumes stay. Nothing ran before it.",
)
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


def size(number: float) -> str:
    """Return bytes as a person says them, in powers of 1000: ``512 B``, ``3.1 kB``, ``371 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 999.5:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def days_left(until: str, at: str) -> str:
    """Return how far a day lies after a moment: ``1 day left``, ``its last day``; empty where one is none."""
    last, now = parse_moment(until), parse_moment(at)
    if last is None or now is None:
        return ""
    days = (last.date() - now.date()).days
    return "expired" if days < 0 else "its last day" if days == 0 else f"{days} day{'s' * (days > 1)} left"


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
    """Return a text without terminal colours, what controls or turns it made visible.

    Every character of it may stand in HTML and in XML 1.0.
    """
    return _UNSHOWN.sub(_visible, _TERMINAL.sub("", text))


def _visible(match: re.Match[str]) -> str:
    """Return the picture that Unicode has of an ASCII control character; of all else there is none."""
    code = ord(match.group())
    if code == 0x7F:
        return "\N{SYMBOL FOR DELETE}"
    return chr(0x2400 + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"


def verdict(given: Verdict, version: str, *, first: bool = False) -> Said:
    """Return the word for how a run ended; ``first``: nothing ran before it."""
    if given == "deployed" and version.startswith(BACK):
        return WENT_BACK
    if given == "deployed" and version.startswith(RESUMED):
        return BROUGHT_ON
    return FIRST_FAILED if first and given == "rolled-back" else VERDICTS[given]


def counted(statuses: Iterable[CheckStatus]) -> str:
    """Return how many checks came to which end, such as ``34 passed, 28 not applicable``."""
    number = Counter(statuses)
    order: tuple[CheckStatus, ...] = ("passed", "failed", "blocked", "warning", "waived", "skipped")
    told = {"warning": "with a warning", "skipped": "not applicable"}
    parts = [f"{number[one]} {told.get(one, one)}" for one in order if number[one] or one == "passed"]
    return ", ".join(parts)
