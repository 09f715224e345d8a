"""What a run says while it goes on, in each of its forms."""

from __future__ import annotations

import inspect
import io
import json
import re
import typing
from typing import Any

import pytest
from pydantic import BaseModel

from gonogo.deploy.progress import Lines, Plain, Progress, Terminal, choose, events
from gonogo.deploy.progress.plan_preview import PlanPreview, Transfer
from gonogo.deploy.steps.suites import ROOT
from gonogo.reports.model import CheckResult, Release, Step
from tests.screen import seen
from tests.unit.releases import BLOCKED, FAILED, SKIPPED, WARNED, check, release

STEP = Step(name="build", status="failed", started=1.0, seconds=2.345, detail="no [space] \x1b[31mleft")
PREVIEW = PlanPreview(
    version="v2",
    method="tar",
    services=[],
    transfer=Transfer(images=["shop-web"], bytes=5_000_000),
    unavailable={"web": 2.0},
    steps=["lock"],
    commits=["bbbbbbbb [skip ci] Fix it"],
)


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def heard(told: Progress) -> str:
    told.begin("build", "web, api")
    for result in (check("a.b"), FAILED, WARNED, BLOCKED, SKIPPED):
        told.check(result)
    told.line("Step 1/2")
    told.warning("the report was sent nowhere")
    told.expect(4_000_000, about=True)
    told.sent(1_000_000)
    told.done(STEP)
    told.plan(PREVIEW)
    told.end(release(), "/tmp/report.html", "/etc/demo.toml")
    assert isinstance(told.out, io.StringIO)
    return told.out.getvalue()


END = "ROLLED-BACK demo 8d03f5a-20260131-080559: api never became healthy"
NEXT = "next: gonogo status /etc/demo.toml"


def test_plain_lines_say_all_and_hold_no_control_character() -> None:
    text = heard(Plain(io.StringIO()))
    assert not set(map(ord, text)) & (set(range(32)) - {10} | {127})
    lines = text.splitlines()
    assert lines[:7] == [
        "build … web, api",
        "  ok      a.b",
        "  FAILED  ports.free: held by [nginx] — Stop it.",
        "  warning git.clean: changed — Commit.",
        "  blocked disk.free: blocked by ssh.reachable",
        "  warning the report was sent nowhere",
        "build failed in 2.3 s: no [space] left",
    ]
    plan = 7 + len(PREVIEW.lines)
    assert lines[7:plan] == [f"  {line}" for line in PREVIEW.lines]
    assert lines[plan].startswith(END) and lines[plan].endswith("(exit 4)")
    assert "  recovery  proved, in 6.2 s" in lines[plan:]
    assert lines[-2:] == ["report: /tmp/report.html", NEXT]


def test_quiet_says_how_it_ended_and_nothing_else() -> None:
    lines = heard(Progress(io.StringIO())).splitlines()
    assert lines[0].startswith(END)
    assert lines[1:] == ["report: /tmp/report.html", NEXT]


@pytest.mark.parametrize("width", [40, 120])
def test_a_terminal_of_any_width_is_told_the_same(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the line that moves is left; brackets are text."""
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    text = " ".join(" ".join(seen(heard(Terminal(Tty())), width)).split())
    told = ("FAILED ports.free held by [nginx] fix: Stop it.", "failed build 2.3 s no [space] left", END)
    for said in (*told, "downtime web about 2 s, as last time", "[skip ci] Fix it", NEXT, "recovery proved"):
        assert said in text
    for kept_back in ("backup.destination", "disk.free", "found held", "ok a.b"):
        assert kept_back not in text, "what passed, or was blocked by something else, is counted only"
    assert "⠋" not in text
    assert text.endswith(NEXT)


def test_no_color_leaves_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    colour = re.compile(r"\x1b\[(?:\d+;)*(?:3\d|4\d|9\d)(?:;\d+)*m")
    assert colour.search(heard(Terminal(Tty())))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colour.search(heard(Terminal(Tty())))


def test_json_is_one_object_a_line() -> None:
    text = heard(Lines(io.StringIO()))
    assert text.isascii()
    found = [json.loads(line) for line in text.splitlines()]
    kinds = ["begin", *["check"] * 5, "line", "warning", "bytes", "bytes", "step", "plan", "release"]
    assert [event.pop("event") for event in found] == kinds
    assert CheckResult.model_validate(found[2]) == FAILED
    for row, count in ((found[8], 0), (found[9], 1_000_000)):
        sent = {key: row[key] for key in ("step", "phase", "bytes", "total", "about")}
        assert sent == {"step": "build", "phase": "", "bytes": count, "total": 4_000_000, "about": True}
    assert Step.model_validate(found[10]) == STEP
    assert PlanPreview.model_validate(found[11]) == PREVIEW
    assert (found[12].pop("report"), found[12].pop("next")) == ("/tmp/report.html", NEXT.partition(" ")[2])
    assert Release.model_validate(found[12]) == release()


def test_every_event_is_documented_with_all_its_fields() -> None:
    """What can be printed is in KINDS, for ``line`` takes nothing else; all of that is in docs/json.md."""
    parts = re.split(r"^#+ `(\w+)`$", (ROOT / "docs" / "json.md").read_text(), flags=re.MULTILINE)
    rows = {
        name: set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE))))
        for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }
    own = {one for _, one in inspect.getmembers(events, inspect.isclass) if issubclass(one, events.Event)}
    assert own - {events.Event, events.Container} <= events.KINDS.keys()
    wanted, todo = {}, list(events.KINDS)
    while todo:
        model = todo.pop()
        wanted[events.KINDS.get(model, model.__name__)] = set(model.model_fields)
        todo += [one for one in _nested(model) if one not in events.KINDS and one.__name__ not in wanted]
    assert rows == wanted
    with pytest.raises(KeyError):
        events.line(release())


def _nested(model: type[BaseModel]) -> set[type[BaseModel]]:
    found, todo = set(), [field.annotation for field in model.model_fields.values()]
    while todo:
        one = todo.pop()
        todo += typing.get_args(one)
        if isinstance(one, type) and issubclass(one, BaseModel):
            found.add(one)
    return found


def test_a_reader_that_went_away_stops_nothing() -> None:
    tried: list[str] = []

    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            tried.append(text)
            raise BrokenPipeError

    for kind in (Progress, Plain, Lines):
        tried.clear()
        told = kind(Gone())
        told.begin("switch api")
        told.done(STEP)
        told.end(release(), "/tmp/report.html")
        assert tried, kind


@pytest.mark.parametrize(
    ("quiet", "as_json", "out", "term", "kind"),
    [
        (False, False, io.StringIO, "xterm", Plain),
        (False, False, Tty, "xterm", Terminal),
        (False, False, Tty, "dumb", Plain),
        (True, False, Tty, "xterm", Progress),
        (False, True, Tty, "xterm", Lines),
        (True, True, io.StringIO, "xterm", Lines),
    ],
)
def test_what_fits_options_and_output(  # noqa: PLR0913, PLR0917
    monkeypatch: pytest.MonkeyPatch, quiet: bool, as_json: bool, out: Any, term: str, kind: type[Progress]
) -> None:
    monkeypatch.setenv("TERM", term)
    assert type(choose(quiet=quiet, as_json=as_json, out=out())) is kind
