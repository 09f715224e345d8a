"""The ten common checks of docs/writing-checks.md: each holds where it should, and fails by its assertion."""

from __future__ import annotations

import datetime
import inspect
from collections.abc import Callable
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gonogo.checks.plugin.catalogue import FIXTURES
from gonogo.deploy.host.answers import Answer
from gonogo.deploy.host.certificate import Shown
from gonogo.deploy.host.filesystem import Room
from gonogo.deploy.host.http import Reply
from gonogo.deploy.mongodb.server import login
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection, Result
from gonogo.deploy.ssh.transcript import Transcript
from tests.documents import ROOT
from tests.unit.stacks import target

NOW = datetime.datetime(2026, 3, 2, 9, 30, tzinfo=datetime.UTC)
SYSTEM = {
    "uname -s": "Linux",
    "uname -m": "x86_64",
    "os-release": "ID=debian\nVERSION_ID=12",
    "test -e": "",
    "realpath": "/lib/systemd/systemd",
}
TOOLS = {"command -v": "/usr/bin/there", "which": "/usr/sbin/sysctl"}
LABELLED = '[{"Config": {"Labels": {"team": "%s"}}}]'
ANSWERS: dict[str, list[dict[str, Any]]] = {
    "key_is_private": [{"stat -Lc %a": "600"}, {"stat -Lc %a": "644"}],
    "backup_is_scheduled": [{"crontab": "0 3 * * * /usr/local/bin/backup"}, {"crontab": "#"}],
    "proxy_is_started": [{"is-active": "active", "is-enabled": "enabled"}, {"is-active": "active"}],
    "enough_files_can_be_watched": [{"-n fs.inotify": "65536"}, {"-n fs.inotify": "8192"}],
    "certificate_lasts": [
        {'host.certificate("shop.example.com:443").shown': Shown("", NOW + datetime.timedelta(days=days))}
        for days in (30, 7)
    ],
    "a_gigabyte_is_free": [
        {'host.filesystem("/srv/shop").room': Room("/", free, 9)} for free in (2 * 10**9, 10**8)
    ],
    "container_is_labelled": [{"docker inspect": LABELLED % team} for team in ("shop", "mail")],
    "shop_has_an_owner": [{"users": [{"role": "owner"}]}, {"users": []}],
    "shop_answers_the_world": [
        {'controller.http("https://shop.example.com/").answer': Reply(status, "", 0.1)}
        for status in (200, 502)
    ],
    "name_leads_to_the_server": [
        {'controller.dns("shop.example.com").addresses': found} for found in (["192.0.2.1"], [])
    ],
}
"""By wish: answers with which it holds, and others with which it does not."""


class There:
    """A connection to a server that answers each command by a part of it."""

    host = "web"

    def __init__(self, answers: dict[str, str]) -> None:
        self.transcript, self._answers = Transcript(), answers

    def run(self, command: str, **_: Any) -> Result:
        said = next((text for part, text in self._answers.items() if part in command), None)
        return Result(command, int(said is None), (said or "").encode(), b"", 0.0)


def wishes() -> dict[str, Callable[..., None]]:
    text = (ROOT / "docs" / "writing-checks.md").read_text(encoding="utf-8")
    block = text.partition("## Ten common checks")[2].partition("```python\n")[2].partition("```")[0]
    found: dict[str, Any] = {}
    exec(compile(block, "writing-checks.md", "exec"), found)
    tests = {name: one for name, one in found.items() if name.startswith("test_")}
    return {name.removeprefix("test_").removeprefix("the_"): one for name, one in tests.items()}


def released(answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Release:
    there = There({**SYSTEM, **{k: v for k, v in answers.items() if isinstance(v, str)}, **TOOLS})
    here = target(mongodb={"service": "db", "database": "shop"})
    release = Release(here, cast(Connection, there), Redactor())
    known = {k: v for k, v in answers.items() if release.find(k)} | {"controller.clock.now": NOW}
    release.answers.known |= {key: Answer(value, None) for key, value in known.items()}

    @contextmanager
    def opened(_: Release) -> Any:
        rows = {
            name: SimpleNamespace(find_one=lambda _, v=v: next(iter(v), None)) for name, v in answers.items()
        }
        yield {"shop": rows}

    monkeypatch.setattr(login, "opened", opened)
    return release


@pytest.mark.parametrize("name", ANSWERS)
def test_each_wish_holds_and_fails_where_it_should(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wish = wishes()[name]
    assert inspect.getdoc(wish)
    assert set(inspect.signature(wish).parameters) <= FIXTURES
    for answers, holds in zip(ANSWERS[name], (True, False), strict=True):
        release = released(answers, monkeypatch)
        fixtures = {**vars(release), "release": release}
        given = {one: fixtures[one] for one in inspect.signature(wish).parameters}
        if holds:
            wish(**given)
        else:
            with pytest.raises(AssertionError):
                wish(**given)


def test_there_are_ten_each_of_a_few_lines() -> None:
    assert wishes().keys() == ANSWERS.keys()
    assert len(ANSWERS) == 10
