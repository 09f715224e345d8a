"""What is published is whole, private, free of secrets and found again in the lists."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

import pytest

from gonogo.deploy.redaction.redactor import MARK, Redactor
from gonogo.reports import entries
from gonogo.reports.model import Evidence, Release
from gonogo.reports.publish import publish
from gonogo.reports.scan import SHAPES, ReportRefused, scan
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
    assert names(page.parent) == ["index.html", "junit.xml", "preflight.html", "release.json"]
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
    assert len(files) == 7
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
    assert names(page.parent) == ["index.html", "junit.xml", "release.json"]
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


def test_the_first_page_shows_all_releases_of_all_targets_in_figures(tmp_path: Path) -> None:
    good, bad = [check("a.b", suite="preflight")], [check("a.b", "failed", suite="preflight")]
    runs = [
        ("one", "v1", "deployed", 90.0, good, 1.5, 6.0),
        ("one", "v2", "no-go", 5.0, bad, None, None),
        ("one", "v3", "rolled-back", 700.0, [*good, check("c", "waived", suite="preflight")], 0.5, 8.0),
        ("one", "rollback-1", "deployed", 30.0, [], None, None),
        ("two", "v1", "rollback-failed", 60.0, good, None, None),
    ]
    example = release()
    for day, (target, version, verdict, seconds, checks, gap, recovery) in enumerate(runs, start=10):
        url = example.availability.urls[0].model_copy(update={"gap_s": gap})
        seen = example.availability.model_copy(update={"urls": [url]})
        backup = example.backup.model_copy(update={"recovery_seconds": recovery})
        changed = {"target": target, "version": version, "verdict": verdict, "seconds": seconds}
        started = f"2026-01-{day}T08:00:00Z"
        publish(
            small(**changed, checks=checks, availability=seen, backup=backup, started_at=started), tmp_path
        )
    text = (tmp_path / "index.html").read_text()
    for expected in (
        "<dt>Preflight passed</dt><dd>3 of 4</dd>",
        "<dd>3 of 4 deployments</dd>",
        "<dt>Median duration</dt><dd>1 min 15 s</dd>",
        "<dt>Rollbacks</dt><dd>3</dd>",
        "<dt>Longest downtime</dt><dd>1.5 s</dd>",
        "<dt>Median recovery</dt><dd>7.0 s</dd>",
        "<b>Preflight passed</b> 2 of 3 runs (66 %)",
        "<b>Duration</b> 2 of 3 within 10 minutes; median 1 min 30 s",
        "<b>Downtime</b> median 1.0 s; longest 1.5 s",
        "<b>Rollbacks</b> 2 of 3 runs",
        "<b>Rollbacks</b> 1 of 1 runs",
        "the oldest first: 1 min 30 s, 11 min 40 s, 30.0 s; a line marks 10 min 00 s",
        "the oldest first: stayed, rolled back, rolled back",
        "<title>v1: rollback failed</title>",
        *(f'href="{target}/{version}/index.html"' for target, version, *_ in runs),
    ):
        assert expected in text, expected
    assert text.count("<svg viewBox") == text.count('role="img" aria-label="') == 5 + 3
    own = (tmp_path / "two" / "index.html").read_text()
    assert 'href="v1/index.html"' in own
    assert "rollback-1" not in own


def test_a_record_is_read_once_as_long_as_it_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("v1", "v2"):
        publish(small(version=version), tmp_path)
    read: list[bytes] = []
    real = Release.model_validate_json
    monkeypatch.setattr(Release, "model_validate_json", lambda data: read.append(data) or real(data))
    assert {one.version for one in entries.gather(tmp_path)} == {"v1", "v2"}
    assert read == []
    record = tmp_path / "demo" / "v1" / entries.RECORD
    record.write_text(record.read_text() + "\n")
    (tmp_path / "demo" / "v2" / entries.RECORD).unlink()
    assert {one.version: one.verdict for one in entries.gather(tmp_path)} == {"v1": "rolled-back", "v2": None}
    assert len(read) == 1
    (tmp_path / entries.KEPT).write_text("[{")
    assert len(entries.gather(tmp_path)) == 2


KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\n" + "b3BlbnNzaC1rZXktdjEA" * 4
SHAPED = {
    "a private key": KEY,
    "a private key in base64": base64.b64encode(KEY.encode()).decode(),
    "an age key": "AGE-SECRET-KEY-1" + "QPZRY9X8" * 8,
    "a token of GitHub": "ghp_" + "a1" * 18,
    "a token of GitLab": "glpat-" + "a1-_" * 5,
    "an access key of AWS": "AKIA" + "ABCD2345" * 2,
    "an API key of Google": "AIza" + "a-_1b" * 7,
    "a token of Slack": "xoxb-" + "123456789012-" * 2 + "aB1" * 8,
    "a key of Stripe": "sk_live_" + "aB1" * 8,
    "a token of Docker Hub": "dckr_pat_" + "a-_" * 9,
    "a token of npm": "npm_" + "a1" * 18,
    "a token of PyPI": "pypi-AgEIcHlwaS5vcmc" + "a1" * 30,
    "a token of DigitalOcean": "dop_v1_" + "0a" * 32,
    "a token of Vault": "hvs." + "aB1" * 8,
    "a JSON web token": f"eyJ{'hbGci' * 3}.eyJ{'zdWIi' * 3}.{'aB1-_' * 5}",
}
HARMLESS = """-----BEGIN CERTIFICATE-----
-----BEGIN PRIVATE KEY----- was expected in /run/secrets/key.pem, which is empty
sha256:0a1b2c AKIAEXAMPLE ghp_short eyJhbGciOiJIUzI1NiJ9.payload sk_test_aB1aB1aB1aB1aB1aB1aB1aB1 hvs.short
"""


def test_what_is_shaped_like_a_secret_is_published_nowhere_and_not_told(tmp_path: Path) -> None:
    assert set(SHAPED) == set(SHAPES)
    for kind, secret in SHAPED.items():
        for text in (secret, json.dumps(f"a\n\x1b[31m{secret}\n"), f"<td>{secret}</td>"):
            with pytest.raises(
                ReportRefused, match=rf"x\.html of the report holds what looks like {kind} \("
            ) as told:
                scan({"x.html": text}, str)
            assert secret[:20] not in str(told.value)
        with pytest.raises(ReportRefused, match="looks like"):
            publish(small(logs={"api": f"began\n{secret}\n"}), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    scan({"x.html": HARMLESS}, str)
    publish(small(logs={"api": HARMLESS}), tmp_path / "out")


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


def test_what_begins_like_a_token_again_and_again_is_searched_in_time() -> None:
    begun = time.process_time()
    scan({"page": "eyJ" * 50_000}, str)
    assert time.process_time() - begun < 5
