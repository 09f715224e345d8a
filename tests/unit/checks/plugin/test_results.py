"""What the plugin of the checks writes, hides and refuses; on small check files and a local target."""

from __future__ import annotations

import json

import pytest

from gonogo.checks.plugin import catalogue
from gonogo.checks.plugin.judge import Check
from gonogo.deploy.errors import GonogoError
from gonogo.reports.model import SuiteEnd
from tests.unit.checking import FAILING, PASSING, QUICK, ROOT, Checks

pytest_plugins = ["pytester"]
SECRET = "Correct-Horse-77"


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Checks:
    return Checks(pytester, monkeypatch)


EVIDENCE = """
@pytest.mark.check("host.name", reason="A reason.", fix="Fix it.", severity="error")
def test_first(host, expect):
    '''The host has a name.

    More words.
    '''
    out = host.connection.run("echo évidence").text
    expect(out == "évidence\\n", found=out.strip(), expected="évidence")


@pytest.mark.check("host.other")
def test_second(host, expect):
    host.connection.run("echo second")
    expect(False, found="two", expected="one", fix="Do this.")


@pytest.mark.check("host.skipped")
@pytest.mark.skip(reason="not here")
def test_third():
    pass


def test_own_words(host):
    assert host.run("exit 3").rc == 0, "a plain assert"


class TestMore:
    @pytest.mark.parametrize("number", [1])
    def test_grouped(self, number):
        pass
"""


def test_results_hold_what_was_found_and_what_was_asked_for_it(suite: Checks) -> None:
    done = suite.run(EVIDENCE)
    assert done.ret == 1
    found = suite.checks()
    assert list(found) == ["host.name", "host.other", "host.skipped", "own.words", "own.grouped[1]"]
    first, other, skipped, own, _ = found.values()
    assert (first.status, first.title, first.reason, first.fix) == (
        "passed",
        "The host has a name.",
        "A reason.",
        "",
    )
    assert (first.found, first.expected, first.suite) == ("évidence", "évidence", "preflight")
    assert [(e.command, e.exit_status, e.output) for e in first.evidence] == [
        ("echo évidence", 0, "évidence\n")
    ]
    assert first.nodeid == "preflight/test_own.py::test_first"
    assert (other.status, other.message, other.fix) == ("failed", "found two; expected one", "Do this.")
    assert [e.command for e in other.evidence] == ["echo second"]
    assert (skipped.status, skipped.message, skipped.found, skipped.evidence) == (
        "skipped",
        "not here",
        "",
        [],
    )
    assert own.status == "failed"
    assert "a plain assert" in own.message
    assert [e.command for e in own.evidence] == ["exit 3"]
    last = json.loads(suite.results.read_text(encoding="utf-8").splitlines()[-1])
    assert SuiteEnd.model_validate(last) == SuiteEnd()
    assert suite.results.stat().st_mode & 0o777 == 0o600


LEAKING = f"""
@pytest.fixture
def noisy():
    print("setup {SECRET}")
    yield
    print("teardown {SECRET}")


@pytest.mark.check("a.found", fix="set {SECRET}")
def test_found(suite, host, expect, noisy):
    suite.redactor.add(["{SECRET}"])
    print("call {SECRET}")
    host.connection.run("echo {SECRET}")
    suite.notes.append("note {SECRET}")
    expect(False, found="it is {SECRET}", expected="not {SECRET}")


def test_plain(noisy):
    assert "{SECRET}" == ""


def test_error(noisy):
    raise RuntimeError("{SECRET}")


def test_passes(noisy):
    pass
"""


def test_secrets_are_in_no_output(suite: Checks) -> None:
    html, xml = suite.folder / "report.html", suite.folder / "report.xml"
    options = [
        "-p",
        "pytest_html.plugin",
        "-p",
        "pytest_metadata.plugin",
        "--html",
        str(html),
        "--self-contained-html",
        f"--junitxml={xml}",
        "-rA",
        "-l",
        "-vv",
    ]
    done = suite.run(LEAKING, *options, "-o", "junit_logging=all")
    assert done.ret == 1
    for text in (
        done.stdout.str(),
        done.stderr.str(),
        suite.results.read_text(),
        html.read_text(),
        xml.read_text(),
    ):
        assert SECRET not in text
    assert "[redacted]" in done.stdout.str()
    assert "[redacted]" in html.read_text()
    assert suite.checks()["a.found"].evidence[0].output == "[redacted]\n"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--target", "nobody"), "no target is called 'nobody'"),
        (("--target", "none/shop.toml"), "does not exist"),
        (("--results", "none/x.jsonl"), "--results none/x.jsonl cannot be written: No such file"),
    ],
)
def test_a_wrong_option_is_one_sentence(suite: Checks, options: tuple[str, ...], told: str) -> None:
    done = suite.run(PASSING, *options)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    lines = [line for line in done.stderr.lines if line.strip()]
    assert len(lines) == 1
    assert told in lines[0]
    assert "Traceback" not in done.stdout.str()


@pytest.mark.parametrize(
    "marker",
    [
        pytest.mark.check(reason="x"),
        pytest.mark.check("a.b", sevrity="warning"),
        pytest.mark.check("a.b", severity="warn"),
        pytest.mark.check(7),
        pytest.mark.check("a.b", "c"),
    ],
)
def test_a_marker_used_wrongly_is_refused(
    request: pytest.FixtureRequest, marker: pytest.MarkDecorator
) -> None:
    request.node.add_marker(marker)
    with pytest.raises(GonogoError, match=r"test_a_marker_used.*: its marker has to be @pytest\.mark\.check"):
        Check.of(request.node)


def test_a_marker_used_wrongly_is_one_sentence_for_the_user(suite: Checks) -> None:
    done = suite.run(f"@pytest.mark.check(fix='x')\n{PASSING}")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert "test_own.py::test_fine: its marker has to be" in done.stderr.str()


def test_listing_the_checks_asks_for_no_target(suite: Checks) -> None:
    done = suite.run(PASSING, "--collect-only", "-q", "--target", "nobody")
    assert done.ret == 0
    done.stdout.fnmatch_lines(["*test_own.py::test_fine"])


def test_tests_outside_the_folder_are_no_checks(suite: Checks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "FOLDER", suite.folder / "elsewhere")
    done = suite.run(PASSING, "--target", "nobody")
    assert done.ret == 0
    assert "GO" not in done.stdout.str()
    assert not suite.results.exists()


def test_a_wrong_marker_is_one_sentence_in_the_catalogue_too(suite: Checks) -> None:
    for marker, says in (("check(1)", "pytest.mark.check("), ("offline(1)", "pytest.mark.offline")):
        done = suite.run(f"@pytest.mark.{marker}\n{PASSING}", "--catalogue")
        assert done.ret == 4
        assert says in done.stderr.str()
        assert "Traceback" not in done.stdout.str() + done.stderr.str()


def test_checks_are_found_behind_a_link_too(
    suite: Checks, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    (suite.folder / "real").mkdir()
    (suite.folder / "preflight").rmdir()
    (suite.folder / "preflight").symlink_to("real")
    monkeypatch.setattr(catalogue, "FOLDER", suite.folder / "real")
    suite.run(FAILING).stdout.fnmatch_lines(["NO-GO: 0 passed, 1 failed*"])


def test_the_real_suite_refuses_an_unknown_target_in_one_sentence(pytester: pytest.Pytester) -> None:
    file = ROOT / "checks" / "preflight" / "test_git.py"
    options = ("-c", ROOT / "pyproject.toml", "--rootdir", ROOT, "--target", "nobody", *QUICK)
    done = pytester.runpytest_inprocess(file, *options)
    assert done.ret == 4
    assert done.stderr.str().strip().startswith("ERROR: no target is called 'nobody'")
    assert "Traceback" not in done.stdout.str() + done.stderr.str()
