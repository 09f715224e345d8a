"""When an image is older than the sources that it is built from."""

from __future__ import annotations

from gonogo.deploy.host.images import REVISION, ImageInfo
from gonogo.deploy.release.build_source import Source, stale
from tests.unit.tables import every

COMMIT = "c" * 40


@every(
    "label, created, dirty, said",
    [
        (COMMIT, "2026-02-01T12:00:00.123456789Z", False, ""),
        (COMMIT, "2026-02-01T12:00:00Z", False, ""),
        (COMMIT, "2026-02-01T11:59:59.9Z", False, "before the commit of its sources"),
        (COMMIT, "1970-01-01T00:00:00Z", False, ""),
        (COMMIT, "", False, ""),
        (COMMIT, "2026-02-01T11:00:00", False, "before the commit"),
        ("d" * 40, "2026-02-02T00:00:00Z", False, "was built from dddddddd, and the last commit"),
        (f"{COMMIT}-dirty", "2026-02-02T00:00:00Z", True, "with changes that were not committed"),
        (COMMIT, "2026-02-02T00:00:00Z", True, "its sources have changes"),
        (None, "2026-02-02T00:00:00Z", False, "it was not built by gonogo"),
    ],
)
def test_when_an_image_is_stale(label: str | None, created: str, dirty: bool, said: str) -> None:
    image = ImageInfo("sha256:1", "linux/amd64", created=created, labels={REVISION: label} if label else {})
    found = stale(image, Source(COMMIT, "2026-02-01T13:00:00+01:00", dirty))
    assert said in found and bool(said) == bool(found)
