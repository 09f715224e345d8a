"""Reports sent over a real ssh: to the target, to a folder elsewhere, by rsync, and where nothing answers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.steps import publishing
from gonogo.deploy.steps.publishing import Report
from gonogo.deploy.target.target import Target
from gonogo.reports.publish import publish
from gonogo.reports.scan import ReportRefused
from lab import engine, host
from tests.lab.connecting import other_config
from tests.unit.releases import release
from tests.unit.stacks import target

pytestmark = pytest.mark.lab
NAME = f"t-reports-{os.getpid()}"
SECRET = "hunter2/hunter2"
FILES = ["index.html", "junit.xml", "release.json"]


@pytest.fixture(scope="module")
def made() -> Iterator[host.Host]:
    try:
        found = host.up(NAME)
        ran(
            found,
            "install -d -o deploy -g deploy /srv/shop /srv/www; mkdir /srv/roots",
        )
        yield found
    finally:
        host.down(NAME)


def ran(made: host.Host, script: str, user: str = "root") -> str:
    done = host.execute(made.name, script, user=user)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def wanting(made: host.Host, folder: Path, **wanted: object) -> Target:
    config = {"config_file": str(other_config(made, folder))}
    return target(folder, host="other", source=str(folder), ssh=config, publishing=wanted)


def report(folder: Path, version: str, **changed: object) -> Report:
    fields = {"target": "shop", "version": version, "links": {}}
    record = release(**{**fields, **changed})
    redactor = Redactor([SECRET])
    return Report(publish(record, folder / "reports", redact=redactor), record, redactor)


def test_the_target_and_another_folder_get_the_report_over_ssh(made: host.Host, tmp_path: Path) -> None:
    logs = {"api": "x" * 99 + "\n" + "a long line of a log\n" * 200_000}  # more than one request takes
    shop = wanting(made, tmp_path, on_target=True, keep=2, to="other:/srv/www/it's new")
    with Connection.open(shop) as connection:
        for version in ("v1", "v2", "v3"):
            assert publishing.send(shop, report(tmp_path, version, logs=logs), connection) == []
    assert ran(made, "cd /srv/shop/.deploy/reports && ls -A . v2 v3").split() == [
        *(".:", "index.html", "v2", "v3", "v2:", *FILES, "v3:", *FILES)
    ]
    modes = ran(made, "find /srv/shop/.deploy/reports -printf '%m %u\\n' | sort -u").splitlines()
    assert modes == ["600 deploy", "700 deploy"]
    there = "/srv/www/it's new/shop"
    assert ran(made, f'ls -A "{there}" "{there}/v1"').splitlines()[1:5] == ["index.html", "v1", "v2", "v3"]
    text = ran(made, f'cat "{there}/v3/release.json"')
    assert text == (tmp_path / "reports" / "shop" / "v3" / "release.json").read_text()
    assert ran(made, f'stat -c %a "{there}/v3" "{there}/v3/index.html"').split() == ["755", "644"]


def test_rsync_does_it_as_well(made: host.Host, tmp_path: Path) -> None:
    if shutil.which("rsync") is None:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            pytest.skip("no rsync on PATH: install it")
        engine.apt("rsync")
    shop = wanting(made, tmp_path, to="other:/srv/www/by rsync", via="rsync", all_targets=True)
    for summary in ("first", "second"):
        assert publishing.send(shop, report(tmp_path, "v1", summary=summary), None) == []
    place = "/srv/www/by rsync"
    assert ran(made, f"cd '{place}' && find . -type f | sort").split() == [
        *("./index.html", "./shop/index.html", *(f"./shop/v1/{name}" for name in FILES))
    ]
    assert '"second"' in ran(made, f"cat '{place}/shop/v1/release.json'")
    # What the login's group may do is the matter of the server's umask.
    modes = ran(made, f"stat -c %a '{place}/shop/v1' '{place}/shop/v1/index.html'").split()
    assert [(mode[0], mode[2]) for mode in modes] == [("7", "5"), ("6", "4")]


def test_what_does_not_work_there_is_told_in_its_words(made: host.Host, tmp_path: Path) -> None:
    sent = report(tmp_path, "v1")
    for to, words in (
        ("other:/srv/roots", "Permission denied"),
        ("nowhere.invalid:/srv/www", "resolve hostname"),
    ):
        (told,) = publishing.send(wanting(made, tmp_path, to=to), sent, None)
        assert told.startswith(f"the report was not sent to {to}: ssh ended with ")
        assert words in told
    assert ran(made, "ls -A /srv/roots") == ""


def test_a_report_with_a_secret_gets_nowhere(made: host.Host, tmp_path: Path) -> None:
    sent = report(tmp_path, "leaky")
    (sent.page.parent / "suite.html").write_text(f"<pre>{SECRET}</pre>")
    shop = wanting(made, tmp_path, on_target=True, to="other:/srv/www/leaks", command=["touch", "sent"])
    with Connection.open(shop) as connection, pytest.raises(ReportRefused, match=r"suite\.html") as refused:
        publishing.send(shop, sent, connection)
    assert SECRET not in str(refused.value)
    assert ran(made, "find / -xdev -name leaks -o -xdev -name leaky") == ""
    assert not (tmp_path / "sent").exists()
