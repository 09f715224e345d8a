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
"""
TESTS = """
import sys

import pytest


@pytest.fixture
def target(request):
    return request.config.getoption("--target")


def test_the_option_is_ours(target):
    assert target in ("none", "esp32")


def test_nothing_heavy_is_imported():
    heavy = {"docker", "pymongo", "pydantic", "requests", "jinja2", "typer", "rich", "yaml"}
    assert heavy & set(sys.modules) == set()
    ours = {"checks", "checks.argv", "checks.options", "deploy", "deploy.workspace"}
    assert {name for name in sys.modules if name.startswith("gonogo.")} == {f"gonogo.{name}" for name in ours}
"""
# pytest-html reads Jinja by itself; what gonogo imports is what is asked here.
WITHOUT = ("-p", "no:html", "-p", "no:hypothesispytest", "-p", "no:cacheprovider")


@pytest.mark.parametrize("options", [(), ("--target", "esp32"), ("--target=esp32", "-n1")])
def test_a_plain_pytest_behaves_as_before(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_theirs.py").write_text(TESTS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", *WITHOUT, *options],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
