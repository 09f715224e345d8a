"""What is published is whole, private, free of secrets and found again in the lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploy.redact import MARK, Redactor
from reports.model import Evidence, Release
from reports.publish import ReportRefused, publish
from tests.unit.releases import check, release

SECRET = "p@ss!w$o/r#d\"x'y z"


def small(**changed: object) -> Release:
    return release(**{"checks": [check("a.b")], "links": {}, **changed})


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_release_becomes_a_folder_with_its_page_its_record_and_the_extra_files(tmp_path: Path) -> None:
    source = tmp_path / "source.html"
    source.write_text("<p>suite</p>")
    page = publish(small(), tmp_path / "out", extra_files={"preflight.html": source})
    assert page == tmp_path / "out" / "demo" / small().version / "index.html"
    assert names(page.parent) == ["index.html", "preflight.html", "release.json"]
    assert (page.parent / "preflight.html").read_text() == "<p>suite</p>"
    kept = Release.model_validate_json((page.parent / "release.json").read_text())
    assert kept == small(links={"preflight": "preflight.html"})
    assert 'href="preflight.html"' in page.read_text()


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    publish(small(), tmp_path / "out")
    for path in [tmp_path / "out", *(tmp_path / "out").rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_no_secret_reaches_the_disk_in_any_text(tmp_path: Path) -> None:
    source = tmp_path / "suite.html"
    source.write_text(f"<div data-json='{json.dumps(SECRET)}'>")
    evidence = [Evidence(command=f"echo {SECRET}", output=json.dumps(SECRET))]
    nasty = small(
        summary=SECRET,
        checks=[check("a.b", "failed", found=SECRET, fix=SECRET, evidence=evidence)],
        logs={SECRET: SECRET},
        links={"x": SECRET},
        notes=[SECRET],
    )
    publish(nasty, tmp_path / "out", extra_files={"suite.html": source}, redact=Redactor([SECRET]))
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(files) == 5
    for path in files:
        text = path.read_text()
        assert "p@ss" not in text, path
        assert "r#d" not in text, path
    kept = json.loads((tmp_path / "out" / "demo" / small().version / "release.json").read_text())
    assert kept["logs"] == {MARK: MARK}
    assert kept["checks"][0]["status"] == "failed"


def test_what_redaction_does_not_settle_is_refused_and_the_old_report_stays(tmp_path: Path) -> None:
    page = publish(small(summary="old"), tmp_path)
    before = page.read_text()
    with pytest.raises(ReportRefused, match="still holds a secret"):
        publish(small(), tmp_path, redact=lambda text: text + "!" if len(text) > 200 else text)
    assert page.read_text() == before


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "a\\b", "index.html", "a\nb", " a"])
@pytest.mark.parametrize("field", ["target", "version"])
def test_only_plain_names_become_folders(tmp_path: Path, field: str, name: str) -> None:
    with pytest.raises(ReportRefused, match=field):
        publish(small(**{field: name}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_name_that_holds_a_secret_is_refused_without_telling_it(tmp_path: Path) -> None:
    with pytest.raises(ReportRefused) as refused:
        publish(small(version="hunter22"), tmp_path / "out", redact=Redactor(["hunter22"]))
    assert "hunter22" not in str(refused.value)


@pytest.mark.parametrize("name", ["../x.html", "release.json", "index.html"])
def test_extra_files_cannot_lie_elsewhere_or_over_ours(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReportRefused, match="extra file"):
        publish(small(), tmp_path / "out", extra_files={name: Path(__file__)})


def test_an_extra_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportRefused, match=r"gone\.html .* cannot be read: No such file"):
        publish(small(), tmp_path / "out", extra_files={"suite.html": tmp_path / "gone.html"})


def test_a_version_published_again_replaces_the_old_folder(tmp_path: Path) -> None:
    page = publish(small(), tmp_path, extra_files={"old.html": Path(__file__)})
    assert publish(small(summary="second"), tmp_path) == page
    assert names(page.parent) == ["index.html", "release.json"]
    assert "second" in page.read_text()
    assert names(page.parent.parent) == sorted(["index.html", small().version])


def test_the_history_lists_all_releases_the_newest_first(tmp_path: Path) -> None:
    for version, day in (("v1", "10"), ("v3", "30"), ("v2", "20")):
        publish(small(version=version, started_at=f"2026-01-{day}T08:00:00Z"), tmp_path)
    text = (tmp_path / "demo" / "index.html").read_text()
    places = [text.index(f'href="{version}/index.html"') for version in ("v3", "v2", "v1")]
    assert places == sorted(places)
    assert "Rolled back" in text
    assert "2026-01-20 08:00:00 UTC" in text


def test_the_first_page_lists_all_targets_with_their_latest_verdict(tmp_path: Path) -> None:
    publish(small(verdict="deployed", started_at="2026-01-30T08:00:00Z", version="new"), tmp_path)
    publish(small(verdict="no-go", started_at="2026-01-10T08:00:00Z", version="old"), tmp_path)
    publish(small(target="other", verdict="locked"), tmp_path)
    text = (tmp_path / "index.html").read_text()
    assert 'href="demo/index.html"' in text
    assert 'href="other/index.html"' in text
    assert "Deployed" in text
    assert "Locked" in text
    assert "No-go" not in text


@pytest.mark.parametrize("damage", ["{", "", '{"target": 1}', None])
def test_a_damaged_record_does_not_stop_the_history(tmp_path: Path, damage: str | None) -> None:
    page = publish(small(version="old"), tmp_path)
    record = page.with_name("release.json")
    record.unlink()
    if damage is not None:
        record.write_text(damage)
    publish(small(version="new"), tmp_path)
    text = (tmp_path / "demo" / "index.html").read_text()
    assert "unreadable record" in text
    assert 'href="old/index.html"' in text
    assert 'href="new/index.html"' in text


def test_text_that_is_not_unicode_is_published_all_the_same(tmp_path: Path) -> None:
    source = tmp_path / "suite.html"
    source.write_bytes(b"caf\xe9")
    page = publish(small(), tmp_path / "out", extra_files={"suite.html": source})
    assert (page.parent / "suite.html").read_text() == "caf�"
