"""A compose file as it may be shown."""

from __future__ import annotations

import yaml

from gonogo.deploy.compose import unresolved
from gonogo.deploy.compose.as_shown import NOT_YAML, as_shown, secrets_in
from gonogo.deploy.redaction.masking import masked
from tests.unit.tables import every

SECRET = "hunter2-Xq9vLw0TzR4kPb7s"


def in_service(line: str) -> str:
    return f"services:\n  api:\n    environment:\n{line}\n"


@every(
    "line, shown",
    [
        (f"      DB_PASSWORD: {SECRET}", "      DB_PASSWORD: ***"),
        (f'      DB_PASSWORD: "{SECRET}"', '      DB_PASSWORD: "***"'),
        (f"      DB_PASSWORD: '{SECRET}'", "      DB_PASSWORD: '***'"),
        (f"      - API_KEY={SECRET}", "      - API_KEY=***"),
        (f"      URL: mongodb://app:{SECRET}@mongo/chat", "      URL: mongodb://app:***@mongo/chat"),
        (f"      DB_PASSWORD: ${{DB_PASSWORD:-{SECRET}}}", "      DB_PASSWORD: ${DB_PASSWORD:-***}"),
        (f"      NOTE: |\n        {SECRET}\n      B: 1", '      NOTE: "***\\n"\n      B: 1'),
        (f"      A: 1  # was {SECRET}", "      A: 1  "),
        ("      DB_PASSWORD: ${DB_PASSWORD}", "      DB_PASSWORD: ${DB_PASSWORD}"),
        ("      DB_PASSWORD: ${DB_PASSWORD:?set it}", "      DB_PASSWORD: ${DB_PASSWORD:?set it}"),
        ("      COLOUR: '#ff0000'", "      COLOUR: '***'"),
    ],
)
def test_a_line_is_shown_without_the_secret_that_it_sets(line: str, shown: str) -> None:
    assert as_shown(in_service(line), lambda _: "***") == in_service(shown)


def test_what_is_kept_is_still_the_compose_file_for_the_checks_that_read_it() -> None:
    text = in_service(f"      A: ${{X:-{SECRET}}}\n      B: '{SECRET}'") + f"x-c: &c\n  k: {SECRET}\n"
    kept = as_shown(text, masked)
    assert SECRET not in kept
    assert unresolved.variables(unresolved.read(kept, "it")) == ["X"]
    assert yaml.safe_load(kept)["services"]["api"]["environment"]["B"] == masked(SECRET)
    assert secrets_in(text) == [SECRET]


def test_of_what_is_no_yaml_nothing_is_shown() -> None:
    assert as_shown(f"a: {SECRET}: [", masked) == NOT_YAML
    assert secrets_in("a: b: [") == []
