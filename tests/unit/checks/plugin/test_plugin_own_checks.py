"""Tests that users write beside their stack: how they are named, chosen, and reported when they fail."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin import account
from tests import nouns
from tests.unit.checking import FAILING, LINES, PASSING, QUICK, TARGET, Checks

pytest_plugins = ["pytester"]
PLAIN = """def test_license():
    found = "3"
    assert found == "4"
"""
SEVERAL = """@pytest.mark.check("license.valid")
@pytest.mark.parametrize("region", ["eu", "us"])
def test_valid(region):
    assert region == "eu", f"none for {region}"
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Checks:
    return Checks(pytester, monkeypatch)


def test_a_plain_assert_is_reported_by_its_assertion_once(suite: Checks) -> None:
    done = suite.run(PLAIN)
    said = done.stdout.str()
    assert suite.checks()["own.license"].message.startswith("found == \"4\" does not hold: it is '3' (test_o")
    assert said.count('found == "4"') == 1
    assert 'found = "3"' not in said
    assert "FAILURES" not in said


ASSERTS = {
    'host.file("/").mode == 0o600': "it is 0o755",
    '"xyz" in host.check_output("echo abc")': "it is 'abc'",
    'host.file("/").exists and host.file("/none").exists': "True and False",
    'not host.file("/").exists': "not True",
    'host.user("root").name in ("ada", "bob")': "it is 'root'",
    'host.file("/").mode == int("77")': "493 == 77",
}


def test_an_assert_on_a_noun_is_a_sentence(suite: Checks) -> None:
    found = suite.each([f"assert {test}" for test in ASSERTS], "host")
    assert [one.message for one in found] == [
        f"{test} does not hold: {says} (test_own.py:{6 + number * LINES})"
        for number, (test, says) in enumerate(ASSERTS.items())
    ]


def test_an_assertion_in_its_own_words_keeps_them() -> None:
    assert account.sentence("assert 1 == 2", "assert 1 == 2") == "assert 1 == 2"
    assert (
        account.sentence("none\nassert 1 == 2\n +  where 1 = x", "assert x == 2, 'none'")
        == "none\nassert 1 == 2"
    )
    assert account.sentence("assert 1 == 2", "helper(3)") == "assert 1 == 2"
    assert account.sentence("", "assert x == 2") == ""


def test_an_assert_in_a_module_that_pytest_does_not_rewrite(suite: Checks) -> None:
    (suite.folder / "helping.py").write_text("def one(found):\n    assert found == 1\n")
    lines = (
        "def test_x(monkeypatch):",
        "monkeypatch.syspath_prepend('.')",
        "import helping",
        "helping.one(2)",
    )
    suite.run("\n    ".join(lines) + "\n")
    assert "helping.one(2) (test_own.py:" in suite.checks()["own.x"].message


ERRORS = {
    "None.x": "AttributeError: 'NoneType' object has no attribute 'x' (test_own.py:",
    "pytest.fail('no licence')": "no licence (test_own.py:",
    "raise KeyError": "KeyError:",
}


def test_an_error_in_a_test_is_one_sentence(suite: Checks) -> None:
    for one, says in zip(suite.each(ERRORS), ERRORS.values(), strict=True):
        assert one.message.startswith(says)


def test_a_fixture_that_is_missing_is_named(suite: Checks) -> None:
    assert [one.message for one in suite.each(["pass"], "licence")] == ["there is no fixture 'licence'"]


def test_the_whole_traceback_is_there_for_who_asks(suite: Checks) -> None:
    done = suite.run(PLAIN, "--tb=short")
    done.stdout.fnmatch_lines(["*FAILURES*", "*test_own.py:*: in test_license", "*E * assert '3' == '4'"])


def test_an_empty_set_of_parameters_can_be_waived(suite: Checks) -> None:
    waived = '[[waivers]]\ncheck = "license.valid[]"\nreason = "known since"\nuntil = 2999-01-01\n'
    suite.target.write_text(TARGET + waived)
    assert suite.run(SEVERAL.replace('"eu", "us"', '""')).ret == 0
    assert suite.checks()["license.valid[]"].status == "waived"


def test_each_set_of_parameters_is_a_check_of_its_own(suite: Checks) -> None:
    assert suite.run(SEVERAL).ret == 1
    assert {id_: one.status for id_, one in suite.checks().items()} == {
        "license.valid[eu]": "passed",
        "license.valid[us]": "failed",
    }
    waiver = '[[waivers]]\ncheck = "license.valid[us]"\nreason = "not sold there"\nuntil = 2999-01-01\n'
    suite.target.write_text(TARGET + waiver)
    suite.results.unlink()
    assert suite.run(SEVERAL).ret == 0
    assert suite.checks()["license.valid[us]"].status == "waived"


def test_checks_are_chosen_by_their_ids(suite: Checks) -> None:
    assert suite.run(FAILING + PASSING + SEVERAL, "-k", "ports.free").ret == 1
    assert list(suite.checks()) == ["ports.free"]
    suite.results.unlink()
    assert suite.run(FAILING + PASSING + SEVERAL, "-k", "license.valid[eu]").ret == 0
    assert list(suite.checks()) == ["license.valid[eu]"]


def test_a_run_that_chose_nothing_is_neither_go_nor_no_go(suite: Checks) -> None:
    done = suite.run(PASSING, "-k", "nothing")
    assert done.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    done.stdout.fnmatch_lines(["no check was selected, so this is neither GO nor NO-GO"])
    assert "passed, " not in done.stdout.str()


def test_another_host_than_that_of_the_target_is_refused(suite: Checks) -> None:
    done = suite.run("testinfra_hosts = ['ssh://other']\n\n\n" + PASSING)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*ERROR: testinfra_hosts in test_own.py beside --target: `host` is that of *"])
    assert not suite.results.exists()


def test_the_page_of_nouns_is_what_the_docstrings_give() -> None:
    assert nouns.PAGE.read_text(encoding="utf-8") == nouns.page(), "run `python -m tests.nouns`"
    written = {name.partition("(")[0] for name, _ in nouns.nouns()}
    assert {"host.memory", "host.port", "host.engine"} <= written
    assert all(">>>" in (kind.__doc__ or "") for _, kind in nouns.nouns()), "each noun has an example"


@pytest.mark.parametrize(("folders", "own"), [(["preflight"], "Release"), (["verify"], "Verified")])
def test_the_release_is_what_would_be_deployed_and_in_verify_what_was(
    suite: Checks, pytester: pytest.Pytester, folders: list[str], own: str
) -> None:
    kinds = {"preflight": "Release", "verify": "Verified", "smoke": own}
    for folder in (*folders, "smoke"):
        (suite.folder / folder).mkdir(exist_ok=True)
        text = f"def test_{folder}(release):\n    assert type(release).__name__ == {kinds[folder]!r}\n"
        (suite.folder / folder / f"test_{folder}.py").write_text(text)
    done = pytester.runpytest_inprocess(*folders, "smoke", "--target", str(suite.target), *QUICK)
    done.stdout.fnmatch_lines(["GO: 2 passed"])
