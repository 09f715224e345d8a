"""What must hold after every run: each proof returns what is wrong, in sentences; none when all is well."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults import visitors
from tests.faults.stage import PASSWORD, Life, Seen, Stage
from tests.faults.visitors import Watcher
from tests.lab.chat import STACK
from tests.lab.secrecy import forms, leaks

STORES = ("chat-mongodb", "chat-redis")
FRONT = ("chat-api", "chat-web")
SEARCHED = f"{STACK}/.deploy /tmp /home/deploy"
KEPT = "--exclude=.env --exclude-dir=env"
"""The env files of releases, which hold the secrets that belong there."""
SEARCH = f"grep -rlaF --exclude-dir=backups {KEPT} --exclude='runc-process*' -f - {SEARCHED} || true"


@dataclass
class Before:
    """What there was before a run, and what its visitors keep."""

    seen: Seen
    seeds: object
    acknowledged: dict[str, str] = field(default_factory=dict)


def data(stage: Stage, before: Before) -> Iterable[str]:
    """(1) No document that was acknowledged is lost or changed."""
    now = visitors.read(stage.name)
    rows: dict[str, str] = dict(now["rows"])  # type: ignore[call-overload]
    events = set(now["of"])  # type: ignore[call-overload]
    for one, text in before.acknowledged.items():
        if rows.get(one) != text:
            yield f"the message {one} is {'another' if one in rows else 'lost'}"
        elif one not in events:
            yield f"the event of the message {one} is lost"
    if now["seeds"] != before.seeds:
        yield "the documents that nobody writes to are others than before"


RESTARTS = {"api killed": "containers.stable", "engine killed": "containers.untouched"}
"""By fault, the check that tells of containers that the engine started again: verify is right to say so, and
may, for the run itself may have taken its last look before, or have gone back, where it is a warning. It says
so until the next release."""


def whole(stage: Stage, now: Seen, excused: set[str]) -> Iterable[str]:
    """(2) The stack serves one release entirely, and verify passes, but for the checks ``excused``."""
    images = now.release["images"]
    assert isinstance(images, dict)
    for service, image in images.items():
        life = now.containers.get(f"chat-{service}")
        if life is None or life.image != image["id"]:
            yield f"{service} does not run the image of the release {now.release['version']}"
    code, found = stage.chat.suite("verify")
    if code != 0:
        wrong = {
            name: row["message"] for name, row in found.items() if row["status"] in ("failed", "blocked")
        }
        if not wrong or not set(wrong) <= excused:
            yield f"verify fails: {wrong}"


def foreign(before: Seen, now: Seen, away: bool) -> Iterable[str]:
    """(3) Nothing that is not the stack's was touched, and nothing was left behind."""
    for part in ("volumes", "networks", "images", "files"):
        if before.parts[part] != now.parts[part]:
            lost = sorted(set(before.parts[part]) - set(now.parts[part]))
            new = sorted(set(now.parts[part]) - set(before.parts[part]))
            yield f"{part}: lost {lost}, new {new}"
    names = set(before.containers) ^ set(now.containers)
    if names:
        yield f"containers are missing or left behind: {sorted(names)}"
    for name in ("theirs", "theirs-stopped", *STORES):
        if same(before.containers.get(name), now.containers.get(name), away):
            continue
        yield f"the container {name} was {before.containers.get(name)} and is {now.containers.get(name)}"


def same(one: Life | None, other: Life | None, away: bool) -> bool:
    """Whether a container lives the same life; ``away``: or another one, since its engine was killed."""
    if one is None or other is None or one.id != other.id or one.state != other.state:
        return False
    return away or one.started == other.started


def secret(stage: Stage, texts: Mapping[str, str]) -> Iterable[str]:
    """(4) No secret is in a file that gonogo wrote, in what it printed, or in a list of processes."""
    secrets = [*stage.chat.secrets.values(), PASSWORD]
    wanted = "\n".join(form for one in secrets for form in forms(one) if "\n" not in form)
    for file in stage.root(SEARCH, wanted.encode()).splitlines():
        yield f"a secret is in {file} on the target"
    published = {str(p): p.read_text(errors="replace") for p in _files(stage.chat.published)}
    for name in leaks(secrets, {**texts, **published}):
        yield f"a secret is in {name}"


def _files(folder: Path) -> list[Path]:
    return [one for one in folder.rglob("*") if one.is_file()]


def journal(stage: Stage, now: Seen) -> Iterable[str]:
    """(5, 6) The journal's last word agrees with what runs, status is content, the lock is free."""
    last: dict[str, Any] = now.journal[-1] if now.journal else {}
    if last.get("step") != "end":
        yield f"the journal's last line is {json.dumps(last)}, not the end of a run"
    own = not str(last.get("version")).startswith(("rollback-", "resume-"))
    current = now.release["version"]
    if last.get("state") == "deployed" and own and last["version"] != current:
        yield f"the journal says that {last['version']} was deployed, and {current} is current"
    if now.parts["lock"]:
        yield f"the lock is held: {now.parts['lock']}"
    done = stage.gonogo("status", reports=False)
    if done.returncode != 0:
        yield f"status is not content: {done.stdout.strip()}"


def gap(watcher: Watcher, before: Seen, now: Seen, switched: float | None, away: bool) -> Iterable[str]:
    """(7) Only what was replaced was away, and not before its switch began (monotonic seconds)."""
    if away or not watcher.misses:
        return
    replaced = [n for n in FRONT if not same(before.containers.get(n), now.containers.get(n), False)]
    if switched is None and not replaced:
        yield f"nothing was switched, and requests failed: {watcher.misses[:5]}"
    elif switched is not None and (early := [one for one in watcher.misses if one.at < switched - 1]):
        yield f"requests failed before the switch: {early[:5]}"
