"""When a health check says whether its container is well, and how long that may take.

Without a value of its own, Docker's holds (Dockerfile reference, HEALTHCHECK). The first check comes after
one ``interval``, also while ``start_period`` lasts. An engine of API 1.44 (25.0) or later checks every
``start_interval`` meanwhile, where there is one; earlier ones take no notice of it, nor does Compose say so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|us|µs|ns|s|d|w)")
UNITS = {"w": 604800.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6}
INTERVAL_S, TIMEOUT_S, RETRIES = 30.0, 30.0, 3
OFTEN = (1, 44)
"""The API of the first engine that heeds ``start_interval`` (Docker's API version history)."""


@dataclass(frozen=True)
class Healthcheck:
    """A health check's times in seconds, each None where it says nothing; ``off``: there is to be none.

    ``tested``: it has a command of its own, so it is one by itself.
    """

    interval: float | None = None
    timeout: float | None = None
    start_period: float | None = None
    start_interval: float | None = None
    retries: int | None = None
    tested: bool = False
    off: bool = False

    def over(self, image: Healthcheck | None) -> Healthcheck | None:
        """Return what a container has whose image brings a check along; None where it has none.

        The engine takes each value from the image that the container's own check does not give.
        """
        if self.off:
            return None
        below = image if image and not image.off else Healthcheck()
        if not (self.tested or below.tested):
            return None
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(below, **{key: value for key, value in given.items() if value})

    def first(self, api: tuple[int, ...]) -> float:
        """Return the seconds from the start of a container to its first check."""
        if self.start_period and self.start_interval and api >= OFTEN:
            return self.start_interval
        return self.interval or INTERVAL_S

    def settled(self, api: tuple[int, ...]) -> float:
        """Return the seconds within which a container that is well when its start period ends was seen so."""
        return max(self.first(api), self.after_start) + (self.timeout or TIMEOUT_S)

    @property
    def after_start(self) -> float:
        """The seconds within which the first check begins that counts, after the start period."""
        return (self.start_period or 0.0) + (self.interval or INTERVAL_S)

    @property
    def unhealthy(self) -> float:
        """The seconds after which a container that never gets well is called unhealthy, at the earliest."""
        return (self.start_period or 0.0) + (self.retries or RETRIES) * (self.interval or INTERVAL_S)

    def told(self, *keys: str) -> str:
        """Return some of its values by their keys in a compose file, with Docker's where it gives none."""
        default = {"interval": INTERVAL_S, "timeout": TIMEOUT_S, "retries": RETRIES}
        parts = []
        for key in keys:
            value = getattr(self, key)
            if value or key in default:
                unit = "" if key == "retries" else "s"
                parts.append(f"{key} {value or default[key]:g}{unit}{'' if value else ' by default'}")
        return ", ".join(parts)


def of_compose(raw: Mapping[str, Any] | None) -> Healthcheck | None:
    """Return the health check of a service, as Compose prints it; None where the compose file has none."""
    if not raw:
        return None
    words = raw.get("test")
    off = bool(raw.get("disable")) or words in (["NONE"], "NONE")
    times = {key: seconds(raw.get(key)) for key in ("interval", "timeout", "start_period", "start_interval")}
    written = str(raw.get("retries") or "")
    retries = int(written) if written.isdecimal() else None
    return Healthcheck(**times, retries=retries, tested=bool(words) and not off, off=off)


def of_engine(raw: Mapping[str, Any] | None) -> Healthcheck | None:
    """Return the check of a container or an image, whose engine counts in nanoseconds; None for none."""
    if not raw:
        return None
    times = {key: (raw.get(key) or 0) / 1e9 or None for key in ("interval", "timeout", "start_period")}
    more = (raw.get("start_interval") or 0) / 1e9 or None
    off = bool(raw.get("off"))
    return Healthcheck(
        **times, start_interval=more, retries=raw.get("retries") or None, tested=not off, off=off
    )


def seconds(written: object) -> float | None:
    """Return a duration of a compose file such as ``1m30s`` in seconds; None for what is none."""
    text = str(written or "")
    parts = DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * UNITS.get(unit, 1e-9) for number, unit in parts)
