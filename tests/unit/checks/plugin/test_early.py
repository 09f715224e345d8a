"""The early start: what was begun from the command line alone is used for its target alone."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from gonogo.checks.plugin import declared, early
from gonogo.deploy.target import target_file
from gonogo.deploy.target.workspace import ROOT
from tests.unit import stacks
from tests.unit.tables import every

TARGET = 'host = "local"\n[ssh]\nconfig_file = "ssh_config"\n'


def begun(folder: Path, *more: str, text: str = TARGET) -> early.Early | None:
    (folder / "shop.toml").write_text(text)
    arguments = [str(ROOT / "checks" / "preflight"), "--target", str(folder / "shop.toml")]
    return early.begin([*arguments, "-p", "no:cacheprovider", *more], folder)


@every("option", ["--collect-only", "--help", "--catalogue", "--replay=x"])
def test_nothing_begins_where_no_check_will_run(tmp_path: Path, option: str) -> None:
    assert begun(tmp_path, option) is None


@every("text", ["", "host = 3\n", "host =", 'host = "-oX=y"\n', 'host = "local"\nssh = 3\n', "\ufeff"])
def test_a_fault_in_the_target_file_is_left_for_the_run_to_tell(tmp_path: Path, text: str) -> None:
    assert begun(tmp_path, text=text) is None


def place(config: Path | None, host: str = "local") -> SimpleNamespace:
    thresholds = SimpleNamespace(connect_timeout_s=10.0, command_timeout_s=60.0)
    return SimpleNamespace(host=host, ssh=SimpleNamespace(config_file=config), thresholds=thresholds)


def test_what_was_begun_is_taken_once_and_for_its_own_target(tmp_path: Path) -> None:
    started = begun(tmp_path)
    assert started
    opening = started.take(place(tmp_path / "ssh_config"))
    assert opening
    assert opening.first().pid > 0
    assert started.take(place(tmp_path / "ssh_config")) is None
    opening.close()


@pytest.mark.parametrize("other", [place(None), place(Path("/x/ssh_config"), "web")])
def test_another_target_gets_nothing_and_what_was_begun_ends(tmp_path: Path, other: SimpleNamespace) -> None:
    started = begun(tmp_path)
    assert started
    pid = started._opening.first().pid
    assert started.take(other) is None
    assert not Path(f"/proc/{pid}").exists()


@every(
    "options, whole",
    [
        ([], True),
        (["-q", "--results=x", "own.py"], True),
        (["-k", "ports"], False),
        (["-mdata"], False),
        (["-n", "2"], False),
        (["--deselect=x"], False),
        (["--lf"], False),
    ],
)
def test_what_preflight_asks_is_asked_ahead_where_all_of_it_runs(
    tmp_path: Path, options: list[str], whole: bool
) -> None:
    started = begun(tmp_path, *options)
    assert started
    assert started.whole is whole
    started.close()


SHOP = 'host = "local"\npath = "/srv/shop"\nproject = "shop"\ncompose_files = ["compose.yaml"]\n'


@pytest.fixture(autouse=True)
def one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what preflight asks, the first alone: test_declared.py and the lab have all of it."""
    monkeypatch.setattr(declared, "questions", lambda release: [lambda: release.host.login])


def asking(folder: Path, text: str = SHOP) -> early.Early:
    started = begun(folder, text=text)
    assert started
    arguments = ["checks/preflight", "--target", str(folder / "shop.toml"), "--under-way", "v1"]
    started.ask(arguments, folder)
    return started


def test_a_run_goes_on_with_what_was_begun_for_it(tmp_path: Path) -> None:
    started = asking(tmp_path)
    contact = started.contact(target_file.load(tmp_path / "shop.toml"), "v1", "")
    assert contact
    assert contact.release.host.login.name
    assert started.contact(contact.release.target, "v1", "") is None, "it is given once"
    started.close()
    assert contact.release.host.connection.run("true", live=True).ok, "whoever took it closes it"
    contact.close()


@every("version, images", [("v2", ""), ("v1", "v0")])
def test_what_was_begun_for_another_version_ends(tmp_path: Path, version: str, images: str) -> None:
    started = asking(tmp_path)
    target = target_file.load(tmp_path / "shop.toml")
    pid = started._opening.first().pid
    assert started.contact(target, version, images) is None
    assert started.take(target) is None
    assert not Path(f"/proc/{pid}").exists()


def test_a_fault_in_the_target_file_begins_no_questions(tmp_path: Path) -> None:
    started = asking(tmp_path, TARGET)
    assert started.contact(stacks.target(tmp_path), "v1", "") is None
    started.close()
