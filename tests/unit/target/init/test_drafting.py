"""Drafts of target files from flattened compose files; each draft is read again by the loader."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.deploy.compose import default_files
from gonogo.deploy.errors import UsageError
from gonogo.deploy.target.init import drafting
from gonogo.deploy.target.target import Target
from gonogo.deploy.target.target_file import load
from tests.unit.drafting import draft, service, text_of


def test_a_plain_stack_needs_nothing_but_host_and_path(stack):
    target = draft(stack, service("volumes: [/data, './x:/x']"))
    assert (target.name, target.project, target.host) == ("myshop", "myshop", "ssh://me@web")
    assert (str(target.path), target.source) == ("/srv/shop", stack.parent)
    assert (target.compose_files, target.profiles) == (["compose.yml"], [])
    assert (target.env_file, target.health, target.mongodb) == (None, [], None)


def test_what_is_given_goes_first(stack):
    named = f"name: other\n{service('')}"
    target = draft(stack, named, name="prod", project="p", env_file="envs/.env.prod")
    assert (target.name, target.project, target.env_file) == ("prod", "p", "envs/.env.prod")


@pytest.mark.parametrize(
    ("top", "project", "comment"),
    [
        ("name: chat", "chat", "# From `name` in the compose file; "),
        ("name: ${P:-chat}", "myshop", "# From the folder My Shop, for `name` there holds a variable; "),
        ("x-a: &a {restart: always}", "myshop", "# From the folder My Shop; "),
    ],
)
def test_the_project_is_named_as_compose_names_it(stack, top, project, comment):
    flattened = f"{top}\n{service('')}"
    assert draft(stack, flattened).project == project
    assert comment in text_of(stack, flattened)


def test_profiles_are_listed_and_none_is_enabled(stack):
    flattened = "services:\n  a: {profiles: [debug, x]}\n  b: {profiles: [debug]}\n"
    assert draft(stack, flattened).profiles == []
    assert "# None is enabled. There are: debug (a, b); x (a)." in text_of(stack, flattened)


def test_anchors_merges_and_unknown_tags_do_not_break_it(stack):
    flattened = (
        "x-base: &base\n  healthcheck: {test: curl http://localhost:80/}\n"
        "services:\n  a:\n    <<: *base\n    ports: !override ['22:22', 8080:80, 0x1]\n"
        "    labels: !reset null\n    x: !other {a: 1}\n  b: null\n"
    )
    assert [health.url for health in draft(stack, flattened).health] == ["http://127.0.0.1:8080/"]


@pytest.mark.parametrize(
    ("flattened", "says"),
    [
        ("a: [", " is not YAML: while parsing"),
        ("a: \x01", " is not YAML: unacceptable character"),
        ("[]", " holds no services: name the compose file that does"),
        ("", " holds no services: name the compose file that does"),
        ("services: 3", " holds no services: name the compose file that does"),
    ],
)
def test_what_is_no_compose_file_is_one_sentence(stack, flattened, says):
    with pytest.raises(UsageError) as caught:
        text_of(stack, flattened)
    assert str(caught.value).startswith(f"{stack}{says}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"host": "a b"}, "`host`: host 'a b' is not a host: expected ssh://"),
        ({"path": "srv"}, "`path` is 'srv': expected an absolute path"),
        ({"name": "A"}, "`name` is 'A': expected lower-case"),
        ({"project": "A"}, "`project` is 'A': expected lower-case"),
        ({"env_file": ".."}, "`env_file` is '..': expected the path of a file"),
    ],
)
def test_what_is_given_wrong_is_refused(stack, given, says):
    with pytest.raises(UsageError) as caught:
        text_of(stack, service(""), **given)
    name = given.get("name") or given.get("project") or "myshop"
    assert str(caught.value).startswith(f"{stack.parent.parent / name}.toml: {says}")


@pytest.mark.parametrize("folder", ["ünï", 'a"b\\c', "~x", "tab\there", "new\nline"])
def test_any_folder_name_is_written_as_toml(tmp_path, folder):
    file = tmp_path / folder / "sub" / "base.yml"
    file.parent.mkdir(parents=True)
    file.touch()
    target = draft(file, service(""))
    assert target.source == file.parent
    assert target.file == tmp_path / folder / "drafted.toml"
    assert draft_beside(tmp_path, file).source == file.parent


def draft_beside(folder: Path, file: Path) -> Target:
    text = drafting.draft([file], host="local", path="/srv/x", folder=folder, flattened=service(""))
    return load(drafting.write(text, folder / "beside.toml"))


def test_source_is_absolute_where_nothing_is_shared(stack):
    assert tomllib.loads(text_of(stack, service(""), folder=Path("/nowhere/else")))["source"] == str(
        stack.parent
    )
    assert tomllib.loads(text_of(stack, service("")))["source"] == "My Shop"
    assert tomllib.loads(text_of(stack, service(""), folder=stack.parent / "a/b"))["source"] == "../.."


def test_more_files_are_named_relative_to_the_first(stack):
    other = stack.parent.parent / "prod.yml"
    other.touch()
    given = {"host": "local", "path": "/srv/x", "folder": other.parent, "flattened": service("")}
    assert tomllib.loads(drafting.draft([stack, other], **given))["compose_files"] == [
        "compose.yml",
        "../prod.yml",
    ]


def test_a_missing_compose_file_is_named(tmp_path):
    given = {"host": "local", "path": "/srv/x", "folder": tmp_path, "flattened": service("")}
    with pytest.raises(UsageError, match=r"no\.yml does not exist or is no file: name one that does"):
        drafting.draft([tmp_path / "no.yml"], **given)
    with pytest.raises(UsageError, match="no compose file is named"):
        drafting.draft([], **given)


def test_compose_files_are_found_as_compose_finds_them(tmp_path):
    with pytest.raises(UsageError, match=r"holds none of compose\.yaml, compose\.yml"):
        default_files.default_files(tmp_path)
    for name in reversed(default_files.NAMES):
        (tmp_path / name).touch()
        assert default_files.default_files(tmp_path) == [tmp_path / name]
    for name in reversed(default_files.OVERRIDES):
        (tmp_path / name).touch()
        assert default_files.default_files(tmp_path) == [tmp_path / "compose.yaml", tmp_path / name]


def test_a_target_file_is_never_replaced(tmp_path):
    file = drafting.write("a", tmp_path / "new" / "x.toml")
    assert file.read_text() == "a"
    with pytest.raises(
        UsageError, match=r"x\.toml exists already: edit it, remove it, or choose another name"
    ):
        drafting.write("b", file)
    assert file.read_text() == "a"
    with pytest.raises(UsageError, match="is no folder, and target files belong into one: move it away"):
        drafting.write("b", file / "y.toml")


@settings(max_examples=60)
@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_escaped_for_toml(text):
    assert tomllib.loads(f"x = {drafting._toml([text])}") == {"x": [text]}
