"""Tests that users write in odd ways: none makes a run go that is not, and none ends it in a traceback."""

from __future__ import annotations

import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests  # noqa: F401  each pytest inside this one would import it anew

from gonogo.checks.plugin import argv
from gonogo.deploy.availability import health
from gonogo.reports.model import CheckResult
from tests.unit.checking import FAILING, PASSING, QUICK, ROOT, TARGET, Checks

pytest_plugins = ["pytester"]
MILD = 'expect(True, found="8 GB", expected="4 GB", fix="Buy memory.", severity="warning")'


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Checks:
    return Checks(pytester, monkeypatch)


def test_what_an_expect_said_before_counts_for_no_other_end(suite: Checks) -> None:
    ends = ("assert False", "raise RuntimeError")
    for found in suite.each([f"{MILD}\n    {end}" for end in ends], "expect"):
        assert (found.status, found.severity, found.found, found.fix) == ("failed", "error", "", "")


def test_no_failure_hides_another(suite: Checks) -> None:
    text = """def test_x(expect):
    expect(True, found="a good one", expected="two")
    assert expect(False, "one", expected="two", fix="Do this.", severity="warning") is False
    expect(False, found="three", expected="two", fix="Do that.")
    expect(1 > 2)
    expect(False, (word for word in ("five", "six")), found="good", expected="seven")
"""
    done = suite.run(text)
    assert done.ret == 1
    found = suite.checks()["own.x"]
    line = "expect(1 > 2) (test_own.py:9)"
    assert (found.status, found.severity, found.fix) == ("failed", "error", "Do this. Do that.")
    assert (found.found, found.expected) == (f"one; three; {line}; five; six", "two; seven")
    assert found.message.splitlines() == [
        "found one; three; expected two",
        line,
        "found five; six; expected seven",
    ]
    done.stdout.fnmatch_lines(["FAILED   own.x: found one; three; expected two", f"         {line}"])


def test_what_failed_before_counts_more_than_a_block_or_a_skip(suite: Checks) -> None:
    ends = ['raise Unknown("a.b", "c")', 'pytest.skip("no")', "return"]
    for found in suite.each([f"expect(False, 'a fault')\n    {end}" for end in ends], "expect"):
        assert (found.message, found.status, found.found) == ("a fault", "failed", "a fault")


def test_an_error_after_a_warning_is_told_beside_it(suite: Checks) -> None:
    ends = {"assert 1 > 2": "assert 1 > 2 (test_own.py:7)", 'raise Unknown("own.1", "mine")': "mine"}
    before = "expect(False, 'a fault', severity='warning')\n    "
    for found, told in zip(suite.each([before + end for end in ends], "expect"), ends.values(), strict=True):
        assert (found.status, found.severity, found.found) == ("failed", "error", f"a fault; {told}")


def test_a_fixture_may_expect_too(suite: Checks) -> None:
    text = """@pytest.fixture
def before(expect):
    expect(False, "before")
    yield
    expect(False, "after")


@pytest.fixture
def broken(before):
    raise Unknown("a.b", "c")


def test_x(before):
    pass


def test_y(broken):
    pass
"""
    assert suite.run(text).ret == 1
    lines = suite.results.read_text().splitlines()[:-1]
    found = [CheckResult.model_validate_json(line) for line in lines]
    assert [(one.id, one.status, one.message) for one in found] == [
        ("own.x", "failed", "before"),
        ("own.x", "failed", "after"),
        ("own.y", "failed", "before"),
        ("own.y", "failed", "after"),
    ]


def test_a_warning_is_a_warning_still(suite: Checks) -> None:
    assert suite.run(f"def test_x(expect):\n    {MILD.replace('True', 'False')}\n").ret == 0
    found = suite.checks()["own.x"]
    assert (found.status, found.found, found.fix) == ("warning", "8 GB", "Buy memory.")


def test_what_was_found_may_be_of_any_type(suite: Checks) -> None:
    shown = {0o600: "384", b"\xff": "b'\\xff'", None: "None"}
    found = suite.each([f"expect(False, found={one!r}, expected={one!r})" for one in shown], "expect")
    assert [one.found for one in found] == list(shown.values())


def test_what_a_terminal_obeys_or_no_file_can_hold_is_shown_as_what_it_is(suite: Checks) -> None:
    done = suite.run(
        'def test_x(expect):\n    expect(False, found="caf\\udce9 \\x1b[32mGO\\0\\r\\nx", expected="\\x07")\n'
    )
    assert done.ret == 1
    assert not set("\x1b\0\x07") & set(done.stdout.str())
    assert "\udce9" not in suite.checks()["own.x"].found


@pytest.mark.parametrize("before", ["", PASSING])
def test_a_run_that_a_check_ends_is_no_go(suite: Checks, before: str) -> None:
    done = suite.run(f"{before}def test_end():\n    pytest.exit('enough', returncode=0)\n\n\n{FAILING}")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["NOT RUN  own.end, ports.free: selected, and not run", "NO-GO: *"])


@pytest.mark.parametrize("option", ["--setup-only", "--setup-plan"])
def test_an_option_with_which_no_check_is_run_is_never_go(suite: Checks, option: str) -> None:
    done = suite.run(PASSING, option)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["NOT RUN  own.fine: selected, and not run", "NO-GO: 0 passed"])


def test_a_test_that_was_to_fail_and_did_not_says_so(suite: Checks) -> None:
    done = suite.run("@pytest.mark.xfail(strict=True, reason='not yet')\ndef test_x():\n    pass\n")
    assert done.ret == 1
    assert suite.checks()["own.x"].status == "failed"
    done.stdout.fnmatch_lines(["FAILED   own.x: *XPASS(strict)*not yet*", "NO-GO: 0 passed, 1 failed"])


def test_our_last_check_comes_after_those_that_users_call_last(suite: Checks) -> None:
    (suite.folder / "test_theirs.py").write_text(
        'import pytest\n\n\n@pytest.mark.check("theirs.last", last=True)\ndef test_last(target):\n    pass\n'
    )
    text = '@pytest.mark.check("ours.last", last=True)\ndef test_last():\n    pass\n\n\n' + PASSING
    assert suite.run(text, str(suite.folder / "test_theirs.py")).ret == 0
    assert list(suite.checks()) == ["own.fine", "theirs.last", "ours.last"]


CUT = """@pytest.mark.check("a.first", severity="warning")
def test_a(host):
    host.connection.close()
    host.run("true")


def test_b(host):
    assert host.file("/").exists
"""


def test_a_connection_that_is_cut_is_one_failure(suite: Checks) -> None:
    waived = '[[waivers]]\ncheck = "a.first"\nreason = "known since"\nuntil = 2999-01-01\n'
    suite.target.write_text(TARGET + waived)
    done = suite.run(CUT)
    assert done.ret == 1
    assert [(one.id, one.status, one.severity) for one in suite.checks().values()] == [
        ("a.first", "failed", "error"),
        ("own.b", "blocked", "error"),
    ]
    done.stdout.fnmatch_lines(["FAILED   a.first: *local*was closed*", "*fix: See why the connection*"])


class App(BaseHTTPRequestHandler):
    """An application that one request wedges."""

    wedged = False

    def do_GET(self) -> None:
        type(self).wedged |= self.path == "/wedge"
        self.send_response(503 if self.wedged and self.path == "/health" else 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


BY_TEST = "def test_x(host):\n    assert host.run('curl -s {}/wedge')\n\n\n"
BY_FIXTURE = """@pytest.fixture(scope="session")
def user():
    yield
    import urllib.request
    urllib.request.urlopen("{}/wedge").close()


def test_x(user):
    pass


"""


@pytest.mark.parametrize("wedge", [BY_TEST, BY_FIXTURE])
def test_an_application_that_is_left_wedged_is_no_go(
    suite: Checks, monkeypatch: pytest.MonkeyPatch, wedge: str
) -> None:
    monkeypatch.setattr(health, "PAUSE_S", 0.0)
    monkeypatch.setattr(App, "wedged", False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), App)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    suite.target.write_text(f'{TARGET}[[health]]\nurl = "{url}/health"\ntimeout_s = 0.1\n')
    shutil.copy(ROOT / "checks" / "verify" / "test_health.py", suite.folder / "preflight")
    done = suite.run(wedge.format(url) + PASSING)
    server.shutdown()
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    assert list(suite.checks()) == ["own.x", "own.fine", "health.endpoints"]
    done.stdout.fnmatch_lines(["FAILED   health.endpoints: found *HTTP 503 instead of 200*"])


def test_smoke_tests_are_not_divided_among_workers(
    suite: Checks, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(argv, "FOLDER", ROOT / "checks")
    suite.target.write_text(TARGET + '[smoke]\nfiles = ["test_smoke.py"]\n')
    (suite.folder / "test_smoke.py").write_text(PASSING)
    given = ("--target", str(suite.target), *QUICK, "-p", "xdist.plugin", "-n", "2")
    done = pytester.runpytest_inprocess("--pyargs", "gonogo.checks.verify", *given)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*ERROR: the target's smoke tests need one process: leave out -n"])


def test_what_this_machine_had_is_judged_from_a_recording(suite: Checks) -> None:
    suite.target.write_text(TARGET + '[smoke]\nfiles = ["test_smoke.py"]\n')
    (own := suite.folder / "test_smoke.py").write_text(PASSING)
    shutil.copy(
        ROOT / "checks" / "preflight" / "test_smoke.py", suite.folder / "preflight" / "test_present.py"
    )
    kept = suite.folder / "kept.json"
    assert suite.run(PASSING, "--record", str(kept)).ret == 0
    own.unlink()
    for options, status in (((), "failed"), (("--replay", str(kept)), "passed")):
        suite.results.unlink()
        suite.run(PASSING, *options)
        assert suite.checks()["smoke.present"].status == status
