"""The pytest plugin where somebody else's tests run: it is not noticed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = """
def pytest_addoption(parser):
    parser.addoption("--target", default="none")
    parser.addoption("--record", action="store_true")
    parser.addoption("--replay", default="none")
"""
TESTS = """
import sys

import pytest


@pytest.fixture
def target(request):
    return request.config.getoption("--target")


def test_the_option_is_ours(target, request):
    assert target in ("none", "esp32", "https://staging/x.toml")
    assert request.config.getoption("--replay") in ("none", "x")


def test_nothing_heavy_is_imported():
    heavy = {"docker", "pymongo", "pydantic", "requests", "jinja2", "typer", "rich", "yaml"}
    assert heavy & set(sys.modules) == set()
    ours = {"checks", "checks.plugin", "checks.plugin.argv", "checks.plugin.options"}
    ours |= {"deploy", "deploy.errors", "deploy.target", "deploy.target.workspace"}
    assert {name for name in sys.modules if name.startswith("gonogo.")} == {f"gonogo.{name}" for name in ours}
"""
MARKED = "import pytest\n\n@pytest.mark.offline\ndef test_x():\n    pass\n"
# pytest-html reads Jinja by itself; what gonogo imports is what is asked here.
WITHOUT = ("-p", "no:html", "-p", "no:hypothesispytest", "-p", "no:cacheprovider")


def run(folder: Path, *options: str, **variables: str) -> tuple[int, str]:
    """Run pytest in a folder; returns its exit status and what it said."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", *WITHOUT, *options],
        cwd=folder,
        env=kept | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def unnoticed(folder: Path, *options: str) -> None:
    """Assert that tests that have options and fixtures of the same names pass in a folder."""
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_theirs.py").write_text(TESTS)
    (folder / "gonogo.toml").write_text('name = "esp32"\n')
    status, said = run(folder, *options)
    assert status == 0, said
    assert "2 passed" in said


LONG = " or ".join(f"test_number_{number}" for number in range(40)) + " or option or heavy"


@pytest.mark.parametrize("options", [(), ("--target", "https://staging/x.toml", "--replay=x", "-k", LONG)])
def test_a_plain_pytest_behaves_as_before(tmp_path: Path, options: tuple[str, ...]) -> None:
    unnoticed(tmp_path, *options)


def test_markers_of_others_are_as_strict_as_before(tmp_path: Path) -> None:
    (tmp_path / "test_marked.py").write_text(MARKED)
    status, said = run(tmp_path, "--strict-markers")
    assert status == pytest.ExitCode.INTERRUPTED
    assert "'offline' not found in `markers`" in said


def test_a_configuration_that_hides_checks_is_refused(tmp_path: Path) -> None:
    for line in ("python_files = check_*.py", "python_functions = test_git_* should_*"):
        (tmp_path / "pytest.ini").write_text(f"[pytest]\n{line}\n")
        status, said = run(tmp_path, "--pyargs", "gonogo.checks.preflight", "--target", "x.toml")
        assert status == pytest.ExitCode.USAGE_ERROR
        assert f"{tmp_path / 'pytest.ini'}: python_files = " in said
        assert "would leave out checks of gonogo" in said
