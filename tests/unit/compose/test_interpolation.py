"""Variables in compose files: replaced as Compose does."""

from __future__ import annotations

from gonogo.deploy.compose.interpolation import interpolated
from tests.unit.tables import every

VALUES = {"A": "a", "EMPTY": "", "MONEY": "$A"}


@every(
    "text, becomes",
    [
        ("$A/${A}", "a/a"),
        ("${A:-x}${EMPTY:-x}${EMPTY-x}${GONE-x}", "axx"),
        ("${GONE:-${A}}${GONE:-${ALSO:-deep}}", "adeep"),
        ("${A:+yes}${EMPTY:+yes}${EMPTY+yes}${GONE+yes}", "yesyes"),
        ("${A:?say}${GONE}", "a"),
        ("$$A ${MONEY}", "$A $A"),
    ],
)
def test_variables_are_replaced_as_compose_does(text: str, becomes: str) -> None:
    assert interpolated(text, VALUES) == becomes
