"""What a command line names: suites and targets, and whether it is one for the plugin at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.checks import argv
from gonogo.checks.options import is_for_us
from gonogo.deploy import workspace
from gonogo.deploy.workspace import ROOT
from tests.unit.tables import every


@every(
    "arguments, folder, named",
    [
        (["checks/preflight"], ROOT, ["preflight"]),
        (["checks/preflight/test_git.py::test_git_clean", "-q"], ROOT, ["preflight"]),
        (["preflight", "verify"], ROOT / "checks", ["preflight", "verify"]),
        ([str(ROOT / "checks")], Path("/"), ["checks"]),
        (["--pyargs", "gonogo.checks.preflight", "my_checks.py"], Path("/"), ["preflight"]),
        (["--pyargs", "gonogo.checks.verify.test_data::test_counts"], Path("/"), ["verify"]),
        (["--pyargs", "gonogo.checks"], Path("/"), ["checks"]),
        ([], ROOT / "checks" / "verify", ["verify"]),
        (["-q"], ROOT / "checks", ["checks"]),
        (["tests/unit"], ROOT, []),
        (["checks/none"], ROOT, []),
        (["-k", "checks"], Path("/"), []),
        (["--pyargs", "gonogo.checksums"], Path("/"), []),
        (["-p", "gonogo.checks.early"], Path("/"), []),
        ([], ROOT, []),
    ],
)
def test_the_suites_that_a_command_line_names(arguments: list[str], folder: Path, named: list[str]) -> None:
    assert argv.suites(arguments, folder) == named


def test_the_target_file_that_a_command_line_means(tmp_path: Path) -> None:
    folder = tmp_path / "gonogo"
    folder.mkdir()
    assert argv.target_file(["--target=x/shop.toml"], Path("/a")) == Path("/a/x/shop.toml")
    assert argv.target_file(["--target"], tmp_path) is None
    assert argv.target_file([], tmp_path) is None
    (folder / "one.toml").touch()
    assert argv.target_file([], tmp_path) == folder / "one.toml"
    assert argv.target_file(["--target", "two"], tmp_path) is None
    (folder / "two.toml").touch()
    assert argv.target_file([], tmp_path) is None
    assert argv.target_file(["--target", "one", "--target", "two"], tmp_path) == folder / "two.toml"


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--target", "esp32"], False),
        (["--target=esp32", "tests"], False),
        (["--target", "shop", "my_checks.py"], True),
        (["--target", "typo", "my_checks.py"], True),
        (["--target", "x.toml"], True),
        (["--replay=x"], True),
        (["--catalogue"], True),
        (["--pyargs", "gonogo.checks.preflight"], True),
        (["tests", "-k", "gonogo.checks.preflight"], True),
        (["tests"], False),
    ],
)
def test_a_command_line_that_is_for_the_plugin(tmp_path: Path, arguments: list[str], wanted: bool) -> None:
    if {"shop", "typo"} & set(arguments):
        (tmp_path / "gonogo.toml").write_text('name = "shop"\n')
    assert is_for_us(arguments, tmp_path) is wanted


def test_the_example_is_no_target() -> None:
    assert workspace.EXAMPLE.is_file()
    assert "example" not in workspace.CHECKOUT.files()
