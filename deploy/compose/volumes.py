"""The volumes of a stack as the compose file defines them, and whether an engine's volume is such a one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gonogo.deploy.compose.networks import Definition, text

PROJECT = "com.docker.compose.project"
LATEST = ":latest"


def unlike(wanted: Definition, there: Mapping[str, Any]) -> list[str]:
    """Return in what an engine's volume is another than a definition says, sorted.

    ``there``: as ``docker volume inspect`` prints it. Of options the names alone are told: their values may
    be a login. Labels change nothing of the data. Options that nobody asked for are a difference only where
    Compose made the volume: who made it by hand gave them to it.
    """
    found = set()
    if _driver(wanted.get("driver")) != _driver(there.get("Driver")):
        found.add("driver")
    asked, has = dict(wanted.get("driver_opts") or {}), dict(there.get("Options") or {})
    found |= {f"driver_opts.{key}" for key, value in asked.items() if has.get(key) != text(value)}
    if PROJECT in (there.get("Labels") or {}):
        found |= {f"driver_opts.{key}" for key in has if key not in asked}
    return sorted(found)


def _driver(name: str | None) -> str:
    return (name or "local").removesuffix(LATEST)
