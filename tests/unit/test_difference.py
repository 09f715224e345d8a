"""What a release makes different is told by name, and no secret is told with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploy.difference import compared, keys, masked
from deploy.model import Service
from deploy.probes.containers import Given

SECRET = "hunter2-Xq9vLw0TzR4kPb7s"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f"      DB_PASSWORD: {SECRET}", "      DB_PASSWORD: [redacted]"),
        (f'      DB_PASSWORD: "{SECRET}"', '      DB_PASSWORD: "[redacted]"'),
        (f"      - API_KEY={SECRET}", "      - API_KEY=[redacted]"),
        (f"      URL: mongodb://app:{SECRET}@mongo/chat", "      URL: mongodb://app:[redacted]@mongo/chat"),
        (f"      DB_PASSWORD: ${{DB_PASSWORD:-{SECRET}}}", "      DB_PASSWORD: [redacted]"),
        ("      DB_PASSWORD: ${DB_PASSWORD}", "      DB_PASSWORD: ${DB_PASSWORD}"),
        ("      DB_PASSWORD: ${DB_PASSWORD:?set it}", "      DB_PASSWORD: ${DB_PASSWORD:?set it}"),
        ("    image: ghcr.io/acme/api:1.2", "    image: ghcr.io/acme/api:1.2"),
        ("      - 127.0.0.1:8001:8001", "      - 127.0.0.1:8001:8001"),
        ("    restart: unless-stopped", "    restart: unless-stopped"),
    ],
)
def test_a_line_of_a_compose_file_is_shown_without_the_secret_it_sets(line: str, shown: str) -> None:
    assert masked(line) == shown


def test_compose_files_are_compared_by_line_under_the_names_of_their_releases() -> None:
    before = f"services:\n  api:\n    environment:\n      TOKEN: {SECRET}\n      RETRIES: 3\n"
    shown = compared(before, before.replace("RETRIES: 3", "RETRIES: 5"), "v1", "v2")
    assert shown.splitlines()[:2] == ["--- v1", "+++ v2"]
    assert [line for line in shown.splitlines()[3:] if line[0] in "+-"] == [
        "-      RETRIES: 3",
        "+      RETRIES: 5",
    ]
    assert SECRET not in shown
    assert compared(before, before, "v1", "v2") == ""


def test_variables_are_told_by_name_as_the_containers_have_them() -> None:
    def service(**environment: str) -> Service:
        return replace(Service(name="api", image="api"), environment=environment)

    before = {"api": service(KEPT="1", GONE="1", BLANK="")}
    after = {"api": service(KEPT="1", BLANK="", NEW="1", EDITED="new"), "worker": service(A="1")}
    given = {"api": Given({"KEPT": "1", "GONE": "1", "EDITED": "old", "PATH": "/bin"}, ())}
    found = [(one.service, one.key, one.change) for one in keys(before, after, given)]
    # A service without a container is new as a whole, and what the image sets was never ours.
    assert found == [("api", "EDITED", "changed"), ("api", "NEW", "added"), ("api", "GONE", "removed")]
