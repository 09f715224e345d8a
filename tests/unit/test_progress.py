"""What a run says while it goes on, in each of its forms; and what the runner makes of a suite's results."""

from __future__ import annotations

import inspect
import io
import json
import re
import typing
from typing import Any

import pytest
from pydantic import BaseModel

from deploy import suites
from deploy.methods import tar
from deploy.outlook import Outlook, Transfer
from deploy.progress import Lines, Plain, Progress, Terminal, choose, events, summary
from deploy.progress.amount import Amount
from deploy.suites import ROOT, Outcome
from reports.model import Answered, CheckResult, DataCount, Release, Step, SuiteEnd
from tests.screen import seen
from tests.unit.releases import check, release

FAILED = check("ports.free", "failed", found="held by [nginx]", message="found held", fix="Stop it.")
WARNED = check("git.clean", "warning", message="changed", fix="Commit.")
BLOCKED = check("disk.free", "blocked", message="blocked by ssh.reachable", fix="Free room.")
SKIPPED = check("backup.destination", "skipped", message="none")
STEP = Step(name="build", status="failed", started=1.0, seconds=2.345, detail="no [space] \x1b[31mleft")


OUTLOOK = Outlook(
    version="v2",
    method="tar",
    services=[],
    transfer=Transfer(images=["shop-web"], bytes=5_000_000),
    unavailable={"web": 2.0},
    steps=["lock"],
    commits=["bbbbbbbb [skip ci] Mend it"],
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
    told.plan(OUTLOOK)
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
    plan = 7 + len(OUTLOOK.lines)
    assert lines[7:plan] == [f"  {line}" for line in OUTLOOK.lines]
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
    for said in (*told, "downtime web about 2 s, as last time", "[skip ci] Mend it", NEXT, "recovery proved"):
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
    kinds = ["begin", *["check"] * 5, "line", "warning", "bytes", "step", "plan", "release"]
    assert [event.pop("event") for event in found] == kinds
    assert CheckResult.model_validate(found[2]) == FAILED
    sent = {key: found[8][key] for key in ("step", "bytes", "total", "about")}
    assert sent == {"step": "build", "bytes": 1_000_000, "total": 4_000_000, "about": True}
    assert Step.model_validate(found[9]) == STEP
    assert Outlook.model_validate(found[10]) == OUTLOOK
    assert (found[11].pop("report"), found[11].pop("next")) == ("/tmp/report.html", NEXT.partition(" ")[2])
    assert Release.model_validate(found[11]) == release()


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


def test_how_far_a_transfer_is() -> None:
    now = 100.0
    amount = Amount(lambda: now)
    assert (amount.told, amount.timed, amount.rate) == ("", "0 s", 0)
    now = 102.0
    amount.add(4_000_000)
    now = 104.0
    assert (amount.told, amount.rate) == ("4.0 MB", 0), "of one piece nobody knows how long it took"
    amount.add(4_000_000)
    assert (amount.told, amount.rate) == ("8.0 MB, 2.0 MB/s", 2_000_000)
    amount.total, amount.about = 80_000_000, True
    assert amount.short == "8.0 MB/80.0 MB, 2.0 MB/s"
    now = 165.0
    assert amount.timed == "8.0 MB of about 80.0 MB, 63.5 kB/s, 1 min 05 s"


def test_how_large_an_archive_will_be_is_foretold(monkeypatch: pytest.MonkeyPatch) -> None:
    """By how well what was read until then could be compressed; nothing is told of images of unknown size."""
    monkeypatch.setattr(tar.sized, "local", lambda ids: {id_: {"layer": 100} for id_ in ids if id_ != "?"})
    told: list[int] = []
    sent = tar.Sent()
    foretold = tar._Foretold(["one"], sent, told.append)
    foretold.tell(0, 0)
    sent.bytes = 10
    foretold.tell(20, 50)
    foretold.again()
    sent.bytes = 20
    foretold.tell(25, 0)
    foretold.tell(400, 0)
    assert told == [25, 50, 20], "half of 50; 10 before and 40; no less than was read"
    tar._Foretold(["one", "?"], sent, told.append).tell(20, 0)
    tar._Foretold(["one"], sent, None).tell(20, 0)
    assert len(told) == 3


def test_plain_and_json_tell_now_and_then_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain every 50 MB, or every 10 s where these take longer; JSON every second; each step anew."""
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    plain, lines = Plain(io.StringIO()), Lines(io.StringIO())
    for told in (plain, lines):
        told.begin("transfer")
    for second in range(12):
        now = float(second)
        for told in (plain, lines):
            told.sent(10_000_000 if second < 5 else 1)
    assert [line.split(",")[0] for line in plain.out.getvalue().splitlines()[1:]] == ["  transfer: 50.0 MB"]  # type: ignore[attr-defined]
    plain.begin("again")
    plain.sent(49_999_999)
    now += 10
    plain.sent(1)
    assert plain.out.getvalue().splitlines()[-1].startswith("  again: 50.0 MB")  # type: ignore[attr-defined]
    kinds = [json.loads(line)["event"] for line in lines.out.getvalue().splitlines()]  # type: ignore[attr-defined]
    assert kinds == ["begin", *["bytes"] * 11]


def test_a_reader_that_went_away_stops_nothing() -> None:
    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    for kind in (Progress, Plain, Lines):
        told = kind(Gone())
        told.begin("switch api")
        told.done(STEP)
        told.end(release(), "/tmp/report.html")


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


def test_the_summary_has_the_figures() -> None:
    rows = dict(summary.rows(release()))
    assert rows["version"] == "8d03f5a-20260131-080559, over 4f9c2b7-20260124-101500"
    assert rows["downtime"].startswith("0.40 s at http://127.0.0.1:8001/")
    assert rows["downtime"].endswith("30 of 80 requests failed")
    assert rows["data"] == "86 documents in 4 collections before; fewer: messages 36 → 34"
    assert rows["backup"].endswith("97 documents, 371 MB in 4.5 s")
    assert rows["recovery"] == "proved, in 6.2 s"
    assert rows["time"] == "1 min 36 s; slowest: switch 45.0 s, build 31.2 s, rollback 10.7 s"
    still = Answered(url="http://a/", requests=9, gap_s=0.1)
    seen = release().availability.model_copy(update={"urls": [still]})  # type: ignore[union-attr]
    less = dict(summary.rows(release(availability=seen, data=[], backup=None, steps=[], previous="")))
    assert less["downtime"] == "none at http://a/, 9 requests"
    assert less["time"] == "1 min 36 s"
    made = [one.model_copy(update={"action": "created"}) for one in release().services]
    assert "downtime" not in dict(summary.rows(release(services=made))), "nothing ran before"
    assert not {"data", "backup", "recovery"} & less.keys()


def test_the_one_command_to_go_on_with() -> None:
    back = "data is missing: stop what writes, and run `gonogo restore demo x --replace`"
    rows: list[tuple[Any, int, str, str]] = [
        ("deployed", 0, "see `gonogo status demo`", ""),
        ("no-go", 1, "ports.free: look with `ss -ltnp`", "gonogo plan demo"),
        ("rolled-back", 4, back, "gonogo restore demo x --replace"),
        ("interrupted", 130, "run `gonogo resume demo`", "gonogo resume demo"),
        ("rollback-failed", 5, "log in and run `docker compose -f x up -d`", "docker compose -f x up -d"),
    ]
    for verdict, code, told, command in rows:
        made = release(verdict=verdict, exit_code=code, summary=told)
        assert summary.following(made) == command, verdict


def outcome(*checks: CheckResult, code: int = 0, output: str = "") -> Outcome:
    return Outcome("preflight", code, list(checks), output=output)


@pytest.mark.parametrize(
    ("found", "passed", "told"),
    [
        (outcome(check("a.b"), SKIPPED), True, "1 of 2 checks passed"),
        (outcome(check("a.b"), WARNED, WARNED), True, "1 of 3 checks passed; warning: git.clean"),
        (outcome(check("a.b"), FAILED, BLOCKED, code=1), False, "failed: ports.free; 1 blocked"),
        (outcome(check("a.b"), BLOCKED), False, "1 blocked"),
        (outcome(), False, "pytest ended with 0: "),
        (outcome(check("a.b"), code=3, output="1\n2\n3\n4\n5\n6"), False, "ended with 3: 2 / 3 / 4 / 5 / 6"),
    ],
)
def test_a_suite_passes_only_when_it_ran_and_nothing_stops(found: Outcome, passed: bool, told: str) -> None:
    assert found.passed is passed
    assert told in found.told


@pytest.mark.parametrize("size", [1, 2, 7, 4096])
def test_results_are_taken_however_the_file_grows(size: int) -> None:
    end = SuiteEnd(data=[DataCount(collection="é", kind="mutable", before=1, after=1)], notes=["größer"])
    results = [FAILED, check("a.b", message="größer 😀")]
    data = "".join(f"{record.model_dump_json()}\n" for record in (*results, end)).encode()
    found, heard = Outcome("preflight", 0), []
    for start in range(0, len(data), size):
        suites._take(data[start : start + size], found, heard.append)
    assert found.checks == heard == results
    assert (found.data, found.notes, found.rest) == (end.data, end.notes, b"")
