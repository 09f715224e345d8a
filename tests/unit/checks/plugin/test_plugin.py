"""The verdict of the checks: go, no-go, blocked, warned, waived; on small check files and a local target."""

from __future__ import annotations

import datetime

import pytest

from tests.unit.checking import FAILING, PASSING, TARGET, UNKNOWN, Checks

pytest_plugins = ["pytester"]


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Checks:
    return Checks(pytester, monkeypatch)


def waiver(check: str, days: int) -> str:
    until = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=days)
    return f'[[waivers]]\ncheck = "{check}"\nreason = "known since spring"\nuntil = {until}\n'


def test_all_well_is_go(suite: Checks) -> None:
    done = suite.run(PASSING)
    assert done.ret == 0
    done.stdout.fnmatch_lines(["*shop on local*", "GO: 1 passed*"])


def test_a_check_that_fails_is_no_go_and_says_what_to_do(suite: Checks) -> None:
    done = suite.run(FAILING + PASSING)
    assert done.ret == 1
    done.stdout.fnmatch_lines(
        [
            "FAILED   ports.free: found a holder; expected nobody",
            "*fix: Stop it.",
            "NO-GO: 1 passed, 1 failed",
        ]
    )


def test_what_is_to_be_judged_last_is_wherever_it_stands(suite: Checks) -> None:
    late = '@pytest.mark.check("containers.stable", last=True)\ndef test_late():\n    pass\n\n\n'
    assert suite.run(late + FAILING + PASSING).ret == 1
    assert list(suite.checks())[-1] == "containers.stable"


def test_a_check_is_blocked_by_another_and_fails_for_its_own_fact(suite: Checks) -> None:
    assert suite.run(UNKNOWN, "-k", "test_blocked").ret == 1
    assert suite.checks()["disk.free"].status == "blocked"
    suite.results.unlink()
    done = suite.run(UNKNOWN)
    assert done.ret == 1
    assert [(one.status, one.message) for one in suite.checks().values()] == [
        ("blocked", "blocked by compose.resolves: no model"),
        ("failed", "no model"),
    ]
    assert "Free room" not in done.stdout.str()


def test_without_a_connection_one_check_fails_and_the_rest_is_blocked(
    suite: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    suite.target.write_text(TARGET.replace('"local"', '"deploy@web"'))
    texts = "".join(
        f'@pytest.mark.check("{id_}")\ndef test_{n}({fixture}):\n    {asks}\n\n\n'
        for n, (id_, fixture, asks) in enumerate(
            [
                ("ssh.reachable", "host", "host.connection"),
                ("disk.free", "host", "host.run('true')"),
                ("a.b", "release", "release.model"),
                ("c.d", "target", "pass"),
            ]
        )
    )
    done = suite.run(texts)
    assert done.ret == 1
    found = suite.checks()
    assert [one.status for one in found.values()] == ["failed", "blocked", "blocked", "passed"]
    assert found["a.b"].message.startswith("blocked by ssh.reachable: cannot reach deploy@web: ")
    assert "Traceback" not in done.stdout.str()


def test_a_connection_that_breaks_in_a_check_fails_it_and_blocks_the_rest(suite: Checks) -> None:
    lost = 'def test_{}(host):\n    host.run("true")\n    raise ConnectionFailed("lost")\n\n\n'
    assert suite.run(lost.format("x") + lost.format("y")).ret == 1
    assert [(one.status, one.message) for one in suite.checks().values()] == [
        ("failed", "lost"),
        ("blocked", "blocked by own.x: lost"),
    ]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", ()),
        (PASSING, ("-k", "nothing")),
        ('@pytest.mark.skip(reason="x")\ndef test_x():\n    pass\n', ()),
    ],
    ids=["no test", "all left out", "all skipped"],
)
def test_a_run_in_which_no_check_ran_is_never_go(suite: Checks, text: str, options: tuple[str, ...]) -> None:
    done = suite.run(text, *options)
    skipped = "skip" in text
    assert done.ret == (1 if skipped else pytest.ExitCode.NO_TESTS_COLLECTED)
    assert "\nGO:" not in done.stdout.str()


def test_a_file_that_cannot_be_read_is_no_go(suite: Checks) -> None:
    (suite.folder / "preflight" / "test_broken.py").write_text("def test_(:\n")
    done = suite.run(PASSING, "--continue-on-collection-errors")
    assert done.ret == 1
    done.stdout.fnmatch_lines(["NO-GO: 1 passed*"])


WARNING = FAILING.replace('fix="Stop it."', 'fix="Stop it.", severity="warning"')


def test_a_warning_is_go_and_is_told(suite: Checks) -> None:
    done = suite.run(WARNING + PASSING)
    assert done.ret == 0
    end = "GO: 1 passed, 1 with a warning"
    done.stdout.fnmatch_lines(["WARNING  ports.free: found a holder*", "*fix: Stop it.", end])
    assert suite.checks()["ports.free"].status == "warning"


def test_a_waiver_counts_until_its_day_is_over(suite: Checks) -> None:
    suite.target.write_text(TARGET + waiver("ports.free", 0))
    done = suite.run(FAILING)
    assert done.ret == 0
    found = suite.checks()["ports.free"]
    assert found.status == "waived"
    assert found.message.endswith(": known since spring)")
    assert found.waiver == "known since spring"
    assert found.waived_until in found.message
    suite.target.write_text(TARGET + waiver("ports.free", -1))
    assert suite.run(FAILING).ret == 1


def test_a_waiver_counts_for_nothing_where_data_is_guarded(suite: Checks) -> None:
    suite.target.write_text(TARGET + waiver("ports.free", 9))
    assert suite.run(FAILING.replace('fix="Stop it."', "data=True")).ret == 1
    assert "guards data, so its waiver counts for nothing" in suite.checks()["ports.free"].message


def test_a_waiver_does_not_open_a_check_that_is_blocked(suite: Checks) -> None:
    suite.target.write_text(TARGET + waiver("disk.free", 9))
    assert suite.run(UNKNOWN, "-k", "test_blocked").ret == 1


CONTROLLER = """import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session):
    from gonogo.checks.plugin.fixtures import SUITE
    del session.config.stash[SUITE]
    return (yield)
"""


def test_a_process_that_has_results_and_no_target_comes_to_the_same_verdict(suite: Checks) -> None:
    # So it is where workers of pytest-xdist run the checks: they have the target, the controller the results.
    conftest = suite.folder / "conftest.py"
    conftest.write_text(CONTROLLER)
    done = suite.run(UNKNOWN, "-k", "test_blocked")
    assert done.ret == 1
    done.stdout.fnmatch_lines(["BLOCKED  disk.free: *", "NO-GO: 0 passed, 1 blocked"])
