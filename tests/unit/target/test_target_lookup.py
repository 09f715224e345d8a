"""Target files found by name or path, and what is no TOML."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gonogo.deploy.errors import UsageError
from gonogo.deploy.target import workspace
from gonogo.deploy.target.target_file import called, find, load
from gonogo.deploy.target.workspace import Workspace

GOOD = 'host = "local"\npath = "/srv/x"\ncompose_files = ["c.yml"]\nproject = "x"\n'


def write(folder: Path, name: str, text: str | bytes = GOOD) -> Path:
    file = folder / f"{name}.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


@pytest.mark.parametrize(
    ("content", "starts"),
    [
        (b"host = ", "is not TOML: Invalid value (at end of document)"),
        (b'host = "\xff"', "is not TOML: 'utf-8' codec can't decode byte 0xff in position 8"),
        (b"a = " + b"9" * 5000, "is not TOML: Exceeds the limit"),
        (b"a = " + b"[" * 5000, "is not TOML: "),
    ],
    ids=["syntax", "not utf-8", "endless number", "endless nesting"],
)
def test_what_is_not_toml_is_one_sentence(tmp_path, content, starts):
    file = write(tmp_path, "bad", content)
    with pytest.raises(UsageError) as caught:
        load(file)
    assert str(caught.value).startswith(f"{file} {starts}")
    assert "\n" not in str(caught.value)


def test_a_byte_order_mark_is_accepted(tmp_path):
    assert load(write(tmp_path, "bom", b"\xef\xbb\xbf" + GOOD.encode())).project == "x"


def test_a_file_that_cannot_be_read(tmp_path):
    missing = tmp_path / "no.toml"
    with pytest.raises(UsageError) as caught:
        load(missing)
    assert str(caught.value) == f"{missing} does not exist: give a target's name or the path of its file"
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        load(tmp_path)
    with pytest.raises(UsageError, match="cannot be found"):
        load(Path("~nobody-of-this-name/x.toml"))


def lookup(name: str | None, folder: Path) -> str:
    with pytest.raises(UsageError) as caught:
        find(name, Workspace.at(folder))
    return str(caught.value)


def targets(top: Path, *names: str) -> Path:
    folder = top / "gonogo"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        write(folder, name)
    return folder


def test_a_target_is_found_by_name_by_path_or_as_the_only_one(tmp_path, monkeypatch):
    file = targets(tmp_path, "prod") / "prod.toml"
    below = tmp_path / "app" / "src"
    below.mkdir(parents=True)
    for folder in (tmp_path, below, file.parent):
        monkeypatch.chdir(folder)
        assert find(None).file == find("prod").file == find(str(file)).file == file
    assert find("./prod.toml").file == Path(os.path.normpath(file))
    assert find("example") == load(workspace.EXAMPLE)
    assert called(find("prod")) == "prod"
    elsewhere = write(tmp_path, "other")
    assert called(find(str(elsewhere))) == str(elsewhere)


def test_a_single_file_is_called_by_its_name_or_its_project(tmp_path, monkeypatch):
    file = write(tmp_path, "gonogo")
    monkeypatch.chdir(tmp_path)
    assert find(None).file == find("x").file == file
    assert find("x").name == called(find("x")) == "x", "the name of the project"
    file.write_text('name = "live"\n' + GOOD)
    assert find("live").name == "live"
    targets(tmp_path, "stage")
    assert lookup(None, tmp_path).startswith("which target? there are live, stage;")
    file.write_text("name = ")
    with pytest.raises(UsageError, match="is not TOML"):
        find(tmp_path.name)


def test_targets_of_another_repository_are_not_found(tmp_path, monkeypatch):
    targets(tmp_path, "prod")
    ours = tmp_path / "ours"
    (ours / ".git").mkdir(parents=True)
    monkeypatch.chdir(ours)
    assert workspace.here().targets == ours / "gonogo"
    with pytest.raises(UsageError, match="no target is called 'prod': there is none in "):
        find("prod")
    # A checkout of this project, or a package of that name, is no folder of targets.
    (targets(ours, "x") / "pyproject.toml").touch()
    assert workspace.here().files() == {}
    assert workspace.here().reports == ours / "gonogo-reports"
    (ours / "app").mkdir()
    monkeypatch.chdir(ours / "app")
    assert workspace.here().targets == ours / "gonogo", "the top of the repository, for a first target"


def test_reports_lie_beside_the_targets_and_out_of_git(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = targets(tmp_path, "prod") / "prod.toml"
    single = write(tmp_path, "gonogo")
    for each in (file, single, write(tmp_path, "elsewhere")):
        assert workspace.of_target(each).reports == tmp_path / "gonogo" / "reports"
    place = workspace.here()
    for _ in range(2):
        place.keep_reports_out_of_git()
        assert (tmp_path / "gonogo" / "reports" / ".gitignore").read_text() == "*\n"
    (tmp_path / "gonogo" / "reports" / ".gitignore").write_text("*.log\n")
    place.keep_reports_out_of_git()
    assert (tmp_path / "gonogo" / "reports" / ".gitignore").read_text() == "*.log\n", "the team's own stays"
    ours = workspace.CHECKOUT
    assert workspace.of_target(ours.targets / "shop.toml") == ours
    assert workspace.of_target(workspace.ROOT / "shop.toml") == ours
    assert ours.reports == workspace.ROOT / "reports" / "published"
    monkeypatch.chdir(workspace.ROOT / "docs")
    assert workspace.here() == ours


def test_which_target_is_asked_with_a_list(tmp_path):
    missing = f"there is none in {tmp_path / 'gonogo'} yet"
    assert lookup(None, tmp_path) == f"which target? {missing}; `gonogo init` writes one"
    assert lookup("prod", tmp_path) == f"no target is called 'prod': {missing}; `gonogo init` writes one"
    targets(tmp_path, "prod", "stage")
    listed = "there are prod, stage"
    assert lookup(None, tmp_path) == f"which target? {listed}; name one (with pytest: --target NAME)"
    assert lookup("prd", tmp_path) == f"no target is called 'prd': {listed}; did you mean prod?"
    assert lookup("zz", tmp_path) == f"no target is called 'zz': {listed}; `gonogo init` writes one"


def test_outside_of_a_repository_only_folders_of_ones_own_are_searched(tmp_path, monkeypatch):
    targets(tmp_path, "prod")
    below = tmp_path / "shared" / "app"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert workspace.here().files().keys() == {"prod"}
    below.parent.chmod(0o1777)
    assert workspace.here().targets == below / "gonogo", "what lies above may be anybody's"
    below.parent.chmod(0o755)
    below.rmdir()
    with pytest.raises(UsageError, match="the working directory was removed"):
        find("prod")


def test_a_home_is_not_needed_and_the_cache_lies_never_beside_the_code(monkeypatch, tmp_path):
    monkeypatch.setattr(workspace, "IS_CHECKOUT", False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert workspace.cache() == tmp_path / "gonogo" / "pytest"
    monkeypatch.setenv("HOME", "/home/you")
    for given in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", given)
        assert workspace.cache() == Path("/home/you/.cache/gonogo/pytest")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert workspace.cache().is_absolute()
