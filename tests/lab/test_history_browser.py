"""The lists of releases in a real browser: readable at every width, drawn, and linked to each report."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from gonogo.reports.publish import publish
from tests.unit.releases import check, release

pytest_plugins = ["tests.lab.browsing"]
pytestmark = pytest.mark.lab
VERDICTS = ("deployed", "no-go", "rolled-back", "rollback-failed", "failed-unchanged")
LOOK = "one => { const it = getComputedStyle(one); return [it.fill, one.getBoundingClientRect().height] }"


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    for number in range(50):
        target, verdict = ("production", "a-target-with-a-long-name")[number % 2], VERDICTS[number % 7 % 5]
        checks = [check("a.b", "failed" if verdict == "no-go" else "passed", suite="preflight")]
        started = f"2026-01-{number // 2 + 1:02d}T08:00:00Z"
        changed = {"verdict": verdict, "seconds": 40.0 * number, "checks": checks, "started_at": started}
        publish(release(target=target, version=f"8d03f5a-20260131-{number:06d}", **changed), folder)
    (folder / "production" / "8d03f5a-20260131-000004" / "release.json").write_text("{")
    return publish(release(target="production", version="last", links={}), folder).parents[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_the_lists(blank: Page, lists: Path, scheme: str) -> None:
    blank.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for place in (lists / "index.html", lists / "production" / "index.html"):
        blank.goto(place.as_uri())
        found = Axe().run(blank)
        assert found.violations_count == 0, found.generate_report()
        for width in (320, 768, 1024, 1280):
            blank.set_viewport_size({"width": width, "height": 844})
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert blank.evaluate(wide) <= 0, (place, width)


def test_charts_are_drawn_and_say_in_words_what_they_show(blank: Page, lists: Path) -> None:
    blank.goto((lists / "production" / "index.html").as_uri())
    charts = blank.get_by_role("img", name=re.compile("the oldest first"))
    assert charts.count() == 5
    duration = blank.get_by_role("img", name=re.compile(r"^Duration, .* a line marks 10 min 00 s$"))
    looks = [one.evaluate(LOOK) for one in duration.locator("rect").all()]
    assert len({colour for colour, _ in looks}) == 2
    assert max(height for _, height in looks) > 10 * min(height for _, height in looks) > 0
    assert duration.locator(".goal").bounding_box()["width"] > 100  # type: ignore[index]


def test_every_report_is_reached_from_the_first_page_and_leads_back(blank: Page, lists: Path) -> None:
    blank.goto((lists / "index.html").as_uri())
    rows = blank.get_by_role("row")
    assert rows.count() == 52
    links = blank.locator("main a").evaluate_all("all => all.map(one => decodeURI(one.href))")
    assert len(links) == 51 + 2
    assert [link for link in links if not Path(link.removeprefix("file://")).is_file()] == []
    assert "unreadable record" in rows.filter(has_text="000004").inner_text()
    blank.get_by_role("link", name="last").click()
    assert blank.title().startswith("Rolled back")
    blank.get_by_role("link", name="All targets").click()
    blank.get_by_role("link", name="production", exact=True).click()
    assert blank.get_by_role("row").count() == 27
