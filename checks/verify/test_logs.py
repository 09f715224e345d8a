"""Whether what was started tells of errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.logs import BYTES, LINES
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.records import Baseline
from gonogo.deploy.release.verified import Verified
from gonogo.deploy.target.target import Target

SHOWN, LONGEST = 5, 300


def moments(running: Iterable[Container], baseline: Baseline | None) -> Iterator[tuple[Container, str]]:
    """Yield each container with the time, by the target's clock, from which on its log counts.

    Of a container that the release left alone, old errors are old: its log counts from the time at which the
    first of the others was made, and not at all when there is no other.
    """
    untouched = baseline.untouched if baseline else {}
    found = list(running)
    kept = {one.id for one in found if one.name in untouched and untouched[one.name].id == one.id}
    begun = min((one.created for one in found if one.id not in kept), default="")
    for one in found:
        since = begun if one.id in kept else one.created
        if since:
            yield one, since


def matching(found: Iterable[str], patterns: Sequence[str], allowed: Sequence[str] = ()) -> list[str]:
    """Return the lines in which one of the patterns is found, and none of those that are allowed."""
    wanted = [re.compile(pattern) for pattern in patterns]
    fine = [re.compile(pattern) for pattern in allowed]
    return [
        line
        for line in found
        if any(one.search(line) for one in wanted) and not any(one.search(line) for one in fine)
    ]


def told(one: Container, lines: list[str]) -> str:
    """Return the first lines of a container's errors, and how many there are, for a person to read."""
    shown = " | ".join(line if len(line) <= LONGEST else f"{line[:LONGEST]}…" for line in lines[:SHOWN])
    more = f" | and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    return f"{one.name}: {shown}{more}"


@pytest.mark.check(
    "logs.clean",
    reason="A service can be healthy by its own account and log one error after another.",
    fix="Read the log: docker logs NAME; lines that are fine belong into `allow` of [logs].",
)
def test_logs_clean(host: Host, target: Target, release: Verified, expect: Expect) -> None:
    """No container has logged an error since the release started it."""
    project = host.project(target.project)
    _ = project.made_with  # its secrets must be known before a line is shown
    wrong, read, mute, cut = [], 0, [], []
    for one, since in moments(project.containers, release.baseline):
        found = host.containers.log(one, since)
        if found is None:
            mute.append(one.name)
            continue
        read += len(found.lines)
        cut += [one.name] if found.cut else []
        bad = matching(found.lines, target.logs.errors, target.logs.allow)
        # Hidden first and cut afterwards: half a secret would not be recognised.
        wrong += [told(one, [release.redactor(line) for line in bad])] if bad else []
    expect(
        not wrong,
        wrong,
        found=f"{read} lines without an error",
        expected="no line that tells of an error",
        severity=None if target.logs.declared and not release.gone_back else "warning",
    )
    expect(
        not cut,
        f"the logs of {', '.join(cut)} are longer than what was read of them, which is their end",
        expected=f"logs of at most {LINES} lines and {BYTES / 1_000_000:g} MB",
        fix="Read them there with `docker logs --since`, or let these services log less when they start.",
        severity="warning",
    )
    expect(
        not mute,
        f"the logs of {', '.join(mute)} cannot be read",
        expected="logs that the engine keeps",
        fix="Give these services a logging driver whose logs `docker logs` can read, such as local.",
        severity="warning",
    )
