"""Tests that users write in odd ways: none makes a run go that is not, and none ends it in a traceback."""

from __future__ import annotations

import pytest

from tests.unit.checking import FAILING, PASSING, TARGET, Checks

pytest_plugins = ["pytester"]
MILD = 'expect(True, found="8 GB", expected="4 GB", fix="Buy memory.", severity="warning")'


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Checks:
    return Checks(pytester, monkeypatch)


@pytest.mark.parametrize(
    "line",
    [
        "assert False",
        "raise RuntimeError",
        "with pytest.raises(AssertionError):\n"
        "        expect(False, found=1, expected=2, severity='warning')\n"
        "    raise RuntimeError",
    ],
)
def test_what_an_expect_said_before_counts_for_no_other_end(suite: Checks, line: str) -> None:
    assert suite.run(f"def test_x(expect):\n    {MILD}\n    {line}\n").ret == 1
    found = suite.checks()["own.x"]
    assert (found.status, found.severity, found.found, found.fix) == ("failed", "error", "", "")


def test_a_warning_is_a_warning_still(suite: Checks) -> None:
    assert suite.run(f"def test_x(expect):\n    {MILD.replace('True', 'False')}\n").ret == 0
    found = suite.checks()["own.x"]
    assert (found.status, found.found, found.fix) == ("warning", "8 GB", "Buy memory.")


@pytest.mark.parametrize(("value", "shown"), [(0o600, "384"), (b"\xff", "b'\\xff'"), (None, "None")])
def test_what_was_found_may_be_of_any_type(suite: Checks, value: object, shown: str) -> None:
    assert (
        suite.run(f"def test_x(expect):\n    expect(False, found={value!r}, expected={value!r})\n").ret == 1
    )
    assert suite.checks()["own.x"].found == shown


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
    done.stdout.fnmatch_lines(["NOT RUN  own.fine: selected, and not run", "NO-GO: 0 of 0 checks passed"])


def test_a_test_that_was_to_fail_and_did_not_says_so(suite: Checks) -> None:
    done = suite.run("@pytest.mark.xfail(strict=True, reason='not yet')\ndef test_x():\n    pass\n")
    assert done.ret == 1
    assert suite.checks()["own.x"].status == "failed"
    done.stdout.fnmatch_lines(["FAILED   own.x: *XPASS(strict)*not yet*", "NO-GO: 0 of 1 checks passed"])


def test_our_last_check_comes_after_those_that_users_call_last(suite: Checks) -> None:
    (suite.folder / "test_theirs.py").write_text(
        'import pytest\n\n\n@pytest.mark.check("theirs.last", last=True)\ndef test_last(target):\n    pass\n'
    )
    text = '@pytest.mark.check("ours.last", last=True)\ndef test_last():\n    pass\n\n\n' + PASSING
    assert suite.run(text, str(suite.folder / "test_theirs.py")).ret == 0
    assert list(suite.checks()) == ["own.fine", "theirs.last", "ours.last"]


def test_smoke_tests_are_not_divided_among_workers(suite: Checks, pytester: pytest.Pytester) -> None:
    (suite.folder / "preflight").rename(suite.folder / "verify")
    (suite.folder / "preflight").mkdir()
    suite.target.write_text(TARGET + '[smoke]\nfiles = ["test_smoke.py"]\n')
    (suite.folder / "test_smoke.py").write_text(PASSING)
    given = ("--target", str(suite.target), "-p", "gonogo", "-p", "xdist", "-n", "2")
    done = pytester.runpytest_subprocess("--pyargs", "gonogo.checks.verify", *given)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*ERROR: the target's smoke tests need one process: leave out -n"])
