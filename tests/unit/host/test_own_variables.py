"""A copy of the variables while another thread changes them."""

from __future__ import annotations

import os
import threading

import pytest

from gonogo.deploy.host.own_variables import own_variables


def test_variables_that_come_and_go_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONOGO_STAYS", "here")
    over = threading.Event()

    def change() -> None:
        while not over.is_set():
            os.environ["GONOGO_GOES"] = "soon"
            del os.environ["GONOGO_GOES"]

    thread = threading.Thread(target=change)
    thread.start()
    try:
        assert {own_variables()["GONOGO_STAYS"] for _ in range(3000)} == {"here"}
    finally:
        over.set()
        thread.join()
