"""What a command line names: suites and targets, and whether it is one for the plugin at all."""

from __future__ import annotations

from pathlib import Path

from gonogo.checks.plugin import argv
from gonogo.deploy.target import workspace
from gonogo.deploy.target.workspace import ROOT
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
        (["-p", "gonogo.checks.plugin.early"], Path("/"), []),
        ([], ROOT, []),
    ],
)
def test_the_suites_that_a_command_line_names(arguments: list[str], folder: Path, named: list[str]) -> None:
    assert argv.suites(arguments, folder) == named


@every(
    "arguments, folder, whole",
    [
        (["checks/preflight", "my_checks.py", "-q"], ROOT, True),
        (["checks"], ROOT, True),
        ([], ROOT / "checks" / "preflight", True),
        (["--pyargs", "gonogo.checks.preflight"], Path("/"), True),
        (["checks/preflight/test_git.py"], ROOT, False),
        (["--pyargs", "gonogo.checks.preflight.test_git"], Path("/"), False),
        (["checks/verify"], ROOT, False),
        ([], ROOT, False),
    ],
)
def test_whether_a_command_line_names_all_of_preflight(
    arguments: list[str], folder: Path, whole: bool
) -> None:
    assert argv.whole(arguments, folder, "preflight") is whole


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


def test_words_that_can_be_no_path_and_values_of_options_name_nothing(tmp_path: Path) -> None:
    long = " or ".join(f"test_number_{number}" for number in range(40))
    for words in (
        ["-k", long],
        [long],
        ["a\0b"],
        ["-k", "checks"],
        ["-p", "checks"],
        ["~nobody-of-this-name/x"],
    ):
        assert argv.suites(words, ROOT) == [], words
    assert argv.suites(["-p", "gonogo.checks.plugin.early"], ROOT / "checks") == ["checks"]
    assert argv.target_file(["--target", "~nobody-of-this-name/x.toml"], tmp_path) is None


def test_a_file_of_arguments_is_read_as_pytest_reads_it(tmp_path: Path) -> None:
    (tmp_path / "args").write_text("--pyargs\ngonogo.checks.preflight\n--target\nshop\n")
    assert list(argv.expanded(["-q", "@args"], tmp_path))[-2:] == ["--target", "shop"]
    assert list(argv.expanded(["@none"], tmp_path)) == ["@none"]


def test_the_example_is_no_target() -> None:
    assert workspace.EXAMPLE.is_file()
    assert "example" not in workspace.CHECKOUT.files()
