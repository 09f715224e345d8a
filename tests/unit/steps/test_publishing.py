"""Where a report goes: every destination, what each is given, and what does not work there is only told."""

from __future__ import annotations

import io
import json
import shlex
import tarfile
from pathlib import Path
from typing import Any

import pytest

from gonogo.deploy import runner
from gonogo.deploy.cli import report as commands
from gonogo.deploy.errors import GonogoError, UsageError
from gonogo.deploy.redaction.redactor import MARK, Redactor
from gonogo.deploy.steps import publishing, report_step
from gonogo.deploy.steps.publishing import Report
from gonogo.reports.model import Release
from gonogo.reports.publish import publish
from gonogo.reports.scan import ReportRefused
from tests.unit.reporting import NAMES, Here, small, tree, wanting, written
from tests.unit.stacks import target

SECRET = "S3cr3t/of the.stack"
FILES = [f"shop/v1/{name}" for name in NAMES]


def test_a_folder_gets_the_report_and_the_list_of_its_target_alone(tmp_path: Path) -> None:
    publish(small(target="other"), tmp_path / "reports")
    to = tmp_path / "it's a folder"
    shop = wanting(tmp_path, to=str(to))
    assert publishing.send(shop, written(tmp_path), None) == []
    assert tree(to) == ["shop/index.html", *FILES]
    (to / "shop" / "v1" / "of before").write_text("")
    assert publishing.send(wanting(tmp_path, to=str(to), all_targets=True), written(tmp_path), None) == []
    assert tree(to) == ["index.html", "shop/index.html", *FILES]
    assert sorted(path.name for path in to.iterdir()) == ["index.html", "shop"]


def test_a_command_is_told_what_it_needs_and_nothing_secret(tmp_path: Path) -> None:
    script = tmp_path / "tell"
    script.write_text('#!/bin/sh\nenv | grep ^GONOGO_ | sort > "$1"; pwd >> "$1"\n')
    script.chmod(0o755)
    report = written(tmp_path, redact=Redactor([SECRET]), summary=f"it said {MARK}")
    report.record.summary = f"it said {SECRET}"
    assert publishing.send(wanting(tmp_path, command=["./tell", "a b"]), report, None) == []
    told = (tmp_path / "a b").read_text().splitlines()
    for line in (
        f"GONOGO_REPORT={report.page}",
        f"GONOGO_REPORT_FOLDER={report.page.parent}",
        f"GONOGO_TARGET_FILE={tmp_path / 'shop.toml'}",
        "GONOGO_TARGET=shop",
        "GONOGO_VERSION=v1",
        "GONOGO_VERDICT=rolled-back",
        "GONOGO_EXIT_CODE=4",
        f"GONOGO_SUMMARY=it said {MARK}",
        str(tmp_path),
    ):
        assert line in told, line


def test_ssh_and_rsync_are_called_as_the_user_would_without_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[list[str], dict[str, Any]]] = []

    def run(what: str, argv: list[str], **given: Any) -> tuple[int, bytes]:
        calls.append((argv, given))
        return 0, b""

    monkeypatch.setattr(publishing.subprocesses, "run", run)
    config = tmp_path / "ssh_config"
    fields = {"ssh": {"config_file": str(config)}, "thresholds": {"connect_timeout_s": 7.5}}
    for via in ("ssh", "rsync"):
        to = {"to": "me@web:/srv/a b/", "via": via, "timeout_s": 9.0}
        shop = target(tmp_path, source=str(tmp_path), publishing=to, **fields)
        assert publishing.send(shop, written(tmp_path), None) == []
    (ssh, given), (rsync, where) = calls
    options = ["BatchMode=yes", "ConnectTimeout=8", "ClearAllForwardings=yes", "RemoteCommand=none"]
    way = ["ssh", "-F", str(config), *(word for one in options for word in ("-o", one)), "-T"]
    assert ssh[:-1] == [*way, "-l", "me", "--", "web"]
    assert shlex.split(ssh[-1])[-3:] == ["/srv/a b/", "shop/v1", "shop/index.html"]
    assert given["limit"] == where["limit"] == 9.0
    with tarfile.open(fileobj=io.BytesIO(given["stdin"])) as archive:
        files = {one.name: one.mode for one in archive if one.isfile()}
    names = [*FILES, "shop/index.html"]
    assert files == dict.fromkeys(names, 0o644)
    assert rsync[rsync.index("-e") + 1] == shlex.join(way)
    assert rsync[rsync.index("--") + 1 :] == [*names, "me@web:/srv/a b/"]
    assert where["cwd"] == tmp_path / "reports"


def test_one_destination_that_fails_is_told_and_keeps_no_other_from_its_report(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    report = written(tmp_path, redact=Redactor([SECRET]))
    noisy = ["sh", "-c", f"echo one; echo {shlex.quote(SECRET)}; exit 7"]
    failed = publishing.send(wanting(tmp_path, to=str(tmp_path / "file" / "x"), command=noisy), report, None)
    assert len(failed) == 2
    assert failed[0].startswith(f"the report was not sent to {tmp_path}/file/x: sh ended with ")
    assert failed[1] == f"the report was not sent to sh: it ended with 7: one / {MARK}"
    for command, told in ((["./gone"], "it cannot be run: No such file"), (["sleep", "9"], "within 0.2 s")):
        (said,) = publishing.send(wanting(tmp_path, command=command, timeout_s=0.2), report, None)
        assert told in said


def test_a_report_with_a_secret_leaves_this_machine_by_no_way(tmp_path: Path) -> None:
    to = tmp_path / "to"
    shop = wanting(tmp_path, to=str(to), on_target=True, command=["touch", "sent"])
    for text, known in ((f"it is {json.dumps(SECRET)}", [SECRET]), ("ghp_" + "a1" * 18, [])):
        report = written(tmp_path, redact=Redactor(known))
        (report.page.parent / "preflight.html").write_text(text)
        with pytest.raises(ReportRefused, match=r"preflight\.html of the report") as refused:
            publishing.send(shop, report, Here())  # type: ignore[arg-type]
        assert text not in str(refused.value)
    assert not to.exists()
    assert not (tmp_path / "sent").exists()
    assert not (tmp_path / "stack").exists()


def test_what_fails_is_a_warning_and_a_note_and_changes_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "compose.yaml").write_text("services: {}")
    shop = wanting(tmp_path, command=["sh", "-c", "echo no such server; exit 3"])
    told = "the report was not sent to sh: it ended with 3: no such server"
    for away, interrupted in ((True, False), (True, True), (False, False)):
        run = runner.new_run(shop, runner.Progress())
        lines: list[str] = []
        monkeypatch.setattr(run.progress, "warning", lines.append)
        if interrupted:
            monkeypatch.setattr(
                publishing.subprocesses, "run", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt)
            )
            told = "interrupted while the report was sent"
        ended = report_step.Ended("deployed", 0, "replaced api")
        record = report_step.report(run, ended, tmp_path / "out", away=away)
        assert (record.verdict, record.exit_code) == ("deployed", 0)
        assert record.notes == ([told] if away else [])
        assert lines == record.notes
        kept = Release.model_validate_json(
            (tmp_path / "out" / "shop" / record.version / "release.json").read_text()
        )
        assert kept.notes == record.notes
        assert "report: " in capsys.readouterr().out


def test_the_newest_report_is_opened_or_its_path_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for day, (name, version) in enumerate((("shop", "v1"), ("shop", "v2"), ("other", "v1")), start=10):
        publish(small(version, target=name, started_at=f"2026-01-{day}T08:00:00Z"), tmp_path)
    opened: list[str] = []
    monkeypatch.setattr(commands.webbrowser, "open", lambda url: opened.append(url) or True)
    monkeypatch.setattr(commands.sys, "platform", "linux")
    for name in commands.DISPLAYS:
        monkeypatch.delenv(name, raising=False)
    for given, place in (((None, ""), "other/v1"), (("shop", ""), "shop/v2"), (("shop", "v1"), "shop/v1")):
        commands.open_report(*given, reports=tmp_path)
        assert capsys.readouterr().out == f"{tmp_path / place / 'index.html'}\n"
    assert opened == []
    monkeypatch.setenv("DISPLAY", ":0")
    commands.open_report("shop", "v1", reports=tmp_path)
    assert opened == [(tmp_path / "shop" / "v1" / "index.html").as_uri()]
    with pytest.raises(UsageError, match=r"no report of shop for version v9 in .*: the newest there is v2"):
        commands.open_report("shop", "v9", reports=tmp_path)
    with pytest.raises(UsageError, match=r"there is no report in .*: each deployment writes one"):
        commands.open_report(None, "", reports=tmp_path / "none")


def test_a_report_is_sent_once_more_where_the_target_file_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = publish(small(), tmp_path / "reports")
    file = tmp_path / "shop.toml"
    base = f'host = "local"\npath = "{tmp_path}"\nproject = "shop"\ncompose_files = ["compose.yaml"]\n'
    file.write_text(base)
    with pytest.raises(UsageError, match="no report is sent anywhere"):
        commands.publish(str(file), "", tmp_path / "reports")
    file.write_text(f'{base}[publishing]\nto = "{tmp_path}/to"\ncommand = ["true"]\n')
    commands.publish(str(file), "v1", tmp_path / "reports")
    assert capsys.readouterr().out == f"v1 of shop: sent to {tmp_path}/to, true\n"
    assert (tmp_path / "to" / "shop" / "v1" / "index.html").read_text() == page.read_text()
    file.write_text(f'{base}[publishing]\ncommand = ["false"]\n')
    with pytest.raises(GonogoError, match="not sent to false: it ended with 1"):
        commands.publish(str(file), "", tmp_path / "reports")


def test_what_is_no_place_is_refused_in_a_sentence(tmp_path: Path) -> None:
    for to in ("reports", "/", "/a/../b", "web:reports", "web:/", "-oProxyCommand=x:/srv", "/a\nb"):
        with pytest.raises(UsageError, match=r"`publishing\.to` is "):
            wanting(tmp_path, to=to)
    assert wanting(tmp_path, to="me@web:/srv/www").publishing.to == "me@web:/srv/www"


def test_the_folder_is_that_of_the_page_whatever_its_record_says(tmp_path: Path) -> None:
    page = publish(small(), tmp_path / "reports")
    hostile = Report(page, small("../../../escaped", target="../up"), str)
    to = tmp_path / "out" / "of" / "reports"
    assert publishing.send(wanting(tmp_path, to=str(to)), hostile, None) == []
    shop = wanting(tmp_path, on_target=True)
    assert publishing.send(shop, hostile, Here()) == []  # type: ignore[arg-type]
    assert tree(to) == ["shop/index.html", *FILES]
    assert not [path for path in tmp_path.rglob("*") if path.name in ("escaped", "up")]
