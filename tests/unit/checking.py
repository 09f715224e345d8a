"""Small check files, run by a pytest inside this one against a local target: for the tests of the plugin."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from gonogo.checks.plugin import argv, catalogue, options, plugin
from gonogo.reports.model import CheckResult

LINES = 6
"""Lines of each check of ``Checks.each``; the first body stands in line 6 of its file."""
ROOT = Path(__file__).resolve().parents[2]
HEAD = """import pytest
from gonogo.deploy.errors import ConnectionFailed, Unknown


"""
TARGET = 'host = "local"\npath = "/srv/shop"\nproject = "shop"\ncompose_files = ["compose.yaml"]\n'
UNUSED = (
    *("cacheprovider", "debugging", "doctest", "faulthandler", "hypothesispytest", "legacypath", "pastebin"),
    *("subtests", "threadexception", "unittest", "unraisableexception"),
)
"""Plugins of pytest that no test here needs: to load them takes a tenth of a run that has one check."""
QUICK = ("-p", "gonogo", "--import-mode=importlib", *(f"-pno:{name}" for name in UNUSED))
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
        """Run all files of preflight, but not preflight as a whole: that asks its questions ahead."""
        (self.folder / "preflight" / name).write_text(HEAD + text)
        given = [] if "--target" in options else ["--target", str(self.target)]
        given += ["--results", str(self.results)] if "--results" not in options else []
        files = [f"preflight/{file.name}" for file in sorted(self.folder.glob("preflight/test_*.py"))]
        return self._pytester.runpytest_inprocess(*files, *given, *QUICK, "--color=no", *options)

    def each(self, bodies: Iterable[str], fixtures: str = "") -> list[CheckResult]:
        """Run a check for each of these bodies in one run, which is no go, and return their results."""
        texts = [f"def test_{number}({fixtures}):\n    {body}\n" for number, body in enumerate(bodies)]
        assert self.run("".join(text + "\n" * (LINES - text.count("\n")) for text in texts)).ret == 1
        found = self.checks()
        assert list(found) == [f"own.{number}" for number in range(len(texts))]
        return list(found.values())

    def checks(self) -> dict[str, CheckResult]:
        lines = self.results.read_text(encoding="utf-8").splitlines()[:-1]
        return {one.id: one for one in map(CheckResult.model_validate_json, lines)}
