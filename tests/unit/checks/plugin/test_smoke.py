"""A team's own tests are a part of the suite that follows a release, and of no other."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from gonogo.checks.plugin import catalogue, smoke
from tests.unit.checking import ROOT, TARGET, parser_of

NAMES = "smoke = { files = ['own/test_login.py', 'own/gone_test.py'] }\n"
VERIFY = str(ROOT / "checks" / "verify")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "test_login.py").write_text("def test_login():\n    pass\n")
    found = tmp_path / "shop.toml"
    found.write_text(TARGET + NAMES)
    return found


def config(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch, target: Path, *args: str
) -> pytest.Config:
    parser_of(pytestconfig)
    monkeypatch.setattr(pytestconfig, "args", list(args))
    monkeypatch.setattr(pytestconfig.option, "gonogo_target", str(target))
    return pytestconfig


@pytest.mark.parametrize(
    ("args", "taken"),
    [
        ((VERIFY,), True),
        ((str(ROOT / "checks" / "preflight"), VERIFY), True),
        ((str(ROOT / "checks" / "preflight"),), False),
        ((f"{VERIFY}/test_logs.py::test_logs_clean",), False),
        (("tests/unit",), False),
    ],
)
def test_they_run_with_verify_alone(
    file: Path,
    args: tuple[str, ...],
    taken: bool,
    pytestconfig: pytest.Config,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = list(smoke.files(config(pytestconfig, monkeypatch, file, *args)))
    assert found == ([file.parent / "own" / "test_login.py"] if taken else [])


def test_they_do_not_judge_what_was_gone_back_to(
    file: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = config(pytestconfig, monkeypatch, file, VERIFY)
    monkeypatch.setattr(given.option, "gonogo_release", "v1")
    monkeypatch.setattr(given.option, "gonogo_baseline", "v2")
    assert list(smoke.files(given)) == []
    monkeypatch.setattr(given.option, "gonogo_baseline", "v1")
    assert list(smoke.files(given)) != []


def test_a_target_file_with_faults_is_for_others_to_tell(
    file: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("host = 1")
    assert list(smoke.files(config(pytestconfig, monkeypatch, file, VERIFY))) == []


def test_each_of_their_tests_is_a_check(file: Path) -> None:
    own = (file.parent / "own" / "test_login.py").resolve()

    def item(smoke: frozenset[Path]) -> pytest.Item:
        config = SimpleNamespace(stash={catalogue.SMOKE: smoke})
        return cast(pytest.Item, SimpleNamespace(path=own, config=config, get_closest_marker=lambda _: None))

    assert catalogue.is_check(item(frozenset({own})))
    assert not catalogue.is_check(item(frozenset()))
