"""Small check files, run by a pytest inside this one against a local target: for the tests of the plugin."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest

from gonogo.checks.plugin import argv, catalogue, options, plugin
from gonogo.reports.model import CheckResult

ROOT = Path(__file__).resolve().parents[2]
HEAD = """import pytest
from gonogo.deploy.errors import ConnectionFailed, Unknown


"""
TARGET = 'host = "local"\npath = "/srv/shop"\nproject = "shop"\ncompose_files = ["compose.yaml"]\n'
QUICK = ("-p", "gonogo", "-p", "no:hypothesispytest", "-p", "no:cacheprovider", "--import-mode=importlib")
PASSING = "def test_fine():\n    pass\n"
FAILING = '@pytest.mark.check("ports.free", fix="Stop it.")\ndef test_x(expect):\n    {}\n'.format(
    'expect(False, found="a holder", expected="nobody")'
)

UNKNOWN = """
@pytest.fixture
def release():
    raise Unknown("compose.resolves", "no model")


@pytest.mark.check("disk.free", fix="Free room.")
def test_blocked(release):
    pass


@pytest.mark.check("compose.resolves")
def test_own(release):
    pass
"""


@functools.cache
def parser_of(config: pytest.Config) -> Any:
    """Return the parser of this pytest, with our options, which it lacks where no check is run."""
    options.add(config._parser)
    return config._parser


class Checks:
    """A folder of checks with a target, run by a pytest inside this one."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in (catalogue, argv):
            monkeypatch.setattr(module, "FOLDER", pytester.path / "preflight")
        monkeypatch.setattr(plugin, "_CONFIG", None)
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        self.folder = pytester.path
        self._pytester = pytester
        (self.folder / "preflight").mkdir()
        self.target = self.folder / "shop.toml"
        self.target.write_text(TARGET)
        self.results = self.folder / "results.jsonl"

    def run(self, text: str, *options: str, name: str = "test_own.py") -> pytest.RunResult:
        (self.folder / "preflight" / name).write_text(HEAD + text)
        given = [] if "--target" in options else ["--target", str(self.target)]
        given += ["--results", str(self.results)] if "--results" not in options else []
        return self._pytester.runpytest_inprocess("preflight", *given, *QUICK, "--color=no", *options)

    def checks(self) -> dict[str, CheckResult]:
        lines = self.results.read_text(encoding="utf-8").splitlines()[:-1]
        return {one.id: one for one in map(CheckResult.model_validate_json, lines)}
