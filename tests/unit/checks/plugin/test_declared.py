"""The declared questions of preflight: all that it asks, whatever the target file says."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from gonogo.checks.plugin import declared
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from tests.unit import stacks
from tests.unit.stacks import Answering

FULL: dict[str, Any] = {
    "backup": {"folder": "/srv/backups"},
    "mongodb": {"service": "db", "database": "shop"},
    "health": [{"url": "https://shop.example/health"}],
    "tls": {"hosts": ["mail.example:993"]},
    "dns": {"names": ["localhost"]},
}


@pytest.mark.parametrize("given", [{}, FULL])
def test_every_question_can_be_asked_and_ends_with_an_answer_or_the_reason_why_there_is_none(
    given: dict[str, Any], tmp_path: Path
) -> None:
    release = Release(stacks.target(tmp_path, **given), cast(Connection, Answering(1)), Redactor())
    for question in declared.questions(release):
        try:
            question()
        except GonogoError as error:
            assert str(error)
    assert "resolved" in release.answers.known
    assert "host.containers.all" in release.answers.known


def test_servers_are_those_of_https_and_those_that_the_target_file_names(tmp_path: Path) -> None:
    assert declared.servers(stacks.target(tmp_path, **FULL)) == ["shop.example:443", "mail.example:993"]
