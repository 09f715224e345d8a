"""The pytest plugin with several workers of pytest-xdist; no host is needed, but seconds are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.test_plugin_elsewhere import run, unnoticed


@pytest.mark.parametrize("options", [("--target", "esp32", "-n1"), ("--target=esp32", "-n2")])
def test_a_plain_pytest_behaves_as_before_with_workers(tmp_path: Path, options: tuple[str, ...]) -> None:
    unnoticed(tmp_path, *options)


def test_what_is_wrong_is_one_sentence_with_several_workers_too(tmp_path: Path) -> None:
    suite = ("--pyargs", "gonogo.checks.preflight", "-n2")
    rows = {
        ("--target", "~nobody-of-this-name/x.toml"): "cannot be found",
        ("--target", "none.toml"): "does not exist: give a target's name or the path of its file",
        ("--target", "none.toml", "--record", "x"): "need one process: leave out -n",
    }
    for options, says in rows.items():
        status, said = run(tmp_path, *suite, *options)
        assert status == pytest.ExitCode.USAGE_ERROR, said
        assert says in said
        assert "Traceback" not in said and "INTERNALERROR" not in said
