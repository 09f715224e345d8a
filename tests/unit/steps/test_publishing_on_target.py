"""Reports on the target: which are kept, and where none is written."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path

from gonogo.deploy import runner
from gonogo.deploy.progress.base import Progress
from gonogo.deploy.steps import publishing, report_step
from tests.unit.reporting import NAMES, Here, tree, wanting, written


def test_the_target_keeps_the_newest_reports_private_and_listed(tmp_path: Path) -> None:
    shop = wanting(tmp_path, on_target=True, keep=2)
    place = tmp_path / "stack" / ".deploy" / "reports"
    for version in ("v1", "v2", "v3"):
        assert publishing.send(shop, written(tmp_path, version), Here()) == []  # type: ignore[arg-type]
        for record in place.glob("*/release.json"):  # their times are in whole seconds
            os.utime(record, (0, record.stat().st_mtime - 10))
    assert tree(place) == ["index.html", *(f"{kept}/{name}" for kept in ("v2", "v3") for name in NAMES)]
    assert all(path.stat().st_mode & 0o077 == 0 for path in place.rglob("*"))
    listed = (place / "index.html").read_text()
    assert 'href="v3/index.html"' in listed
    assert 'href="v1/index.html"' not in listed
    assert publishing.send(shop, written(tmp_path, "v4"), None) == []
    assert not (place / "v4").exists()


def test_reports_with_other_names_are_left_alone_on_the_target(tmp_path: Path) -> None:
    shop = wanting(tmp_path, on_target=True, keep=1)
    there = Path(str(shop.deploy_path)) / "reports"
    for name in ("v0", "old\nmine", "mine"):
        (there / name).mkdir(parents=True)
        (there / name / "release.json").write_text("{}")
        at = 2**31 if name == "mine" else 0
        os.utime(there / name / "release.json", (at, at))
    assert publishing.send(shop, written(tmp_path), Here()) == []  # type: ignore[arg-type]
    left = {path.name for path in there.iterdir() if path.is_dir()}
    assert "mine" in left
    assert "v0" not in left


def test_without_a_report_nothing_is_removed(tmp_path: Path) -> None:
    for name in ("my own", "a", "b", "c"):
        (tmp_path / name).mkdir()
    (tmp_path / "my own" / "release.json").write_text("{}")
    before = sorted(tmp_path.iterdir())
    argv = ["sh", "-c", publishing.PRUNE, "sh", str(tmp_path), "2"]
    assert len(subprocess.run(argv, check=True, capture_output=True, text=True).stdout.splitlines()) == 4
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_in_which_another_may_plant_gets_no_report(tmp_path: Path) -> None:
    shop = wanting(tmp_path, on_target=True)
    there = Path(str(shop.deploy_path)) / "reports"
    there.mkdir(parents=True)
    (there / "v1").symlink_to("/etc")
    (failed,) = publishing.send(shop, written(tmp_path), Here())  # type: ignore[arg-type]
    assert "reports/v1 is a link, is not the login's, or others may write to it" in failed
    assert tree(there) == []


def test_a_folder_of_reports_that_all_may_write_to_gets_none(tmp_path: Path) -> None:
    place = tmp_path / "reports"
    place.mkdir()
    place.chmod(0o777)
    run = runner.new_run(wanting(tmp_path), Progress(io.StringIO()), version="v1")
    record = report_step.report(run, report_step.Ended("go", 0, ""), place, away=False)
    assert "all users of this machine may write to" in record.notes[-1]
    assert list(place.iterdir()) == []
    place.chmod(0o1777)
    report_step.report(run, report_step.Ended("go", 0, ""), place, away=False)
    assert (place / "shop" / "v1" / "index.html").is_file(), "as in /tmp, nobody can replace it there"
