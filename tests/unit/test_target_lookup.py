"""Target files found by name or path, and what is no TOML."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gonogo.deploy.errors import UsageError
from gonogo.deploy.target_file import find, load

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
        find(name, folder)
    return str(caught.value)


def test_a_target_is_found_by_name_by_path_or_as_the_only_one(tmp_path, monkeypatch):
    file = write(tmp_path, "prod")
    write(tmp_path, "example")
    monkeypatch.chdir(tmp_path)
    assert find(None, tmp_path).file == find("prod", tmp_path).file == file
    assert find(str(file), tmp_path / "no").file == find("prod.toml", tmp_path / "no").file == file
    assert find("./prod.toml").file == Path(os.path.normpath(file))
    assert find("example", tmp_path).name == "example"


def test_which_target_is_asked_with_a_list(tmp_path):
    missing = f"there is none in {tmp_path} yet"
    assert (
        lookup(None, tmp_path) == f"which target? {missing}; `gonogo init` writes one, --target takes a path"
    )
    write(tmp_path, "example")
    assert lookup(None, tmp_path).startswith(f"which target? {missing}")
    assert lookup("prod", tmp_path) == f"no target is called 'prod': {missing}; `gonogo init` writes one"
    write(tmp_path, "prod")
    write(tmp_path, "stage")
    listed = "there are prod, stage"
    assert lookup(None, tmp_path) == f"which target? {listed}; choose one with --target NAME"
    assert lookup("prd", tmp_path) == f"no target is called 'prd': {listed}; did you mean prod?"
    assert lookup("zz", tmp_path) == f"no target is called 'zz': {listed}; `gonogo init` writes one"
