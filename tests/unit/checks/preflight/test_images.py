"""Which image runs on which engine."""

from __future__ import annotations

from gonogo.checks.preflight.test_images import runs_on
from tests.unit.tables import every


@every(
    "image, engine, yes",
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/arm64/v8", "linux/arm64", True),
        ("Linux/AMD64", "linux/amd64", True),
        ("linux/386", "linux/amd64", True),
        ("linux/amd64", "linux/386", False),
        ("linux/arm64", "linux/amd64", False),
        ("windows/amd64", "linux/amd64", False),
        ("linux/arm/v7", "linux/arm64", False),
    ],
)
def test_which_platform_runs_on_which(image: str, engine: str, yes: bool) -> None:
    assert runs_on(image, engine) is yes
