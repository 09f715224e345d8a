"""A copy of the variables while another thread changes them, and libraries that read them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator

import pytest
import requests
from docker.errors import DockerException

from gonogo.deploy.host.docker_sdk import TargetApi
from gonogo.deploy.host.http_session import Session
from gonogo.deploy.host.own_variables import own_variables, steady

ROUNDS = 500
SETTINGS = ("http://gonogo.example/", {}, None, None, None)


@pytest.fixture
def changing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A thread that makes and removes a variable all the time, as pytest does."""
    monkeypatch.setenv("GONOGO_STAYS", "here")
    over = threading.Event()

    def change() -> None:
        while not over.is_set():
            os.environ["GONOGO_GOES"] = "soon"
            del os.environ["GONOGO_GOES"]

    thread = threading.Thread(target=change)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.mark.usefixtures("changing")
def test_variables_that_come_and_go_meanwhile() -> None:
    assert {own_variables()["GONOGO_STAYS"] for _ in range(ROUNDS)} == {"here"}


def asked_often(session: requests.Session) -> set[str]:
    return {str(session.merge_environment_settings(*SETTINGS)["proxies"].get("all")) for _ in range(ROUNDS)}


@pytest.mark.usefixtures("changing")
@pytest.mark.parametrize("made", [Session, lambda: TargetApi("unix:///nowhere", version="1.41")])
def test_requests_and_the_sdk_look_for_proxies(
    made: Callable[[], requests.Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    assert asked_often(made()) == {"http://proxy.example:3128"}


def test_another_error_of_a_library_stays_one() -> None:
    def broken() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        steady(broken)
    with pytest.raises(DockerException):
        steady(lambda: TargetApi("wrong://nowhere"))
