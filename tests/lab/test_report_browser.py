"""The report page in a real browser: readable at every width, needing no network, running nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from gonogo.reports.publish import publish
from tests.unit.releases import release

pytest_plugins = ["tests.lab.browsing"]
pytestmark = pytest.mark.lab

ALL_PAINTED = "* { content-visibility: visible !important; }"
CONTRAST = """
() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = one => {
    for (let at = one; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const one of document.querySelectorAll('body *')) {
    const own = [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!own || !one.checkVisibility()) continue;
    const [a, b] = [light(rgb(getComputedStyle(one).color)), light(behind(one))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const text = one.textContent.trim().slice(0, 30);
    if (ratio < 4.5) poor.push(`${one.tagName}.${one.className} ${ratio.toFixed(2)} ${text}`);
  }
  return poor;
}
"""


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    suite = folder / "preflight.html"
    suite.write_text("<title>suite</title>")
    publish(release(version="older", verdict="deployed", started_at="2026-01-01T00:00:00Z"), folder / "out")
    return publish(release(), folder / "out", extra_files={"preflight.html": suite})


@pytest.fixture
def page(blank: Page, report: Path) -> Page:
    """The report, opened."""
    blank.goto(report.as_uri())
    return blank


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_the_body_never_scrolls_sideways_even_with_all_opened(page: Page, report: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    assert overflow(page) <= 0
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert overflow(page) <= 0
    for place in (report.parent.parent, report.parent.parent.parent):
        page.goto((place / "index.html").as_uri())
        assert overflow(page) <= 0


def test_no_string_of_the_record_runs(page: Page) -> None:
    assert page.title() == "Rolled back · demo 8d03f5a-20260131-080559 · gonogo"
    assert page.locator("script").count() == 1
    assert page.locator("a[href^='javascript']").count() == 0


def test_a_failed_check_and_its_evidence_are_seen_without_a_click(page: Page) -> None:
    card = page.locator("[id='check-ports.free']")
    for text in (
        "8001/tcp is held by python3",
        "Stop the process with pid 4121",
        "sport = :8001",
        "LISTEN 0 2048",
    ):
        assert card.get_by_text(text).first.is_visible(), text
    box = card.locator("pre").first
    assert box.evaluate("one => one.scrollWidth > one.clientWidth")


def test_a_check_opens_on_a_click(page: Page) -> None:
    check = page.locator("[id='check-docker.check-0']")
    assert not check.get_by_text("docker.check-0", exact=True).is_visible()
    check.locator("summary").click()
    assert check.get_by_text("docker.check-0", exact=True).is_visible()


def test_anchors_lead_to_their_check(page: Page, report: Path) -> None:
    page.goto(f"{report.as_uri()}#check-mongodb.users")
    assert page.locator("[id='check-mongodb.users'] summary").is_visible()
    assert page.evaluate("document.querySelector(':target').getBoundingClientRect().top < innerHeight")
    page.locator("details", has_text="ports.free").locator("summary").click()
    page.get_by_role("link", name="its evidence is shown at the top").click()
    assert page.evaluate("document.querySelector(':target').id") == "check-ports.free"


def test_the_lists_are_reached_from_a_report_and_lead_back(page: Page) -> None:
    page.get_by_role("navigation").get_by_role("link", name="demo", exact=True).click()
    assert page.get_by_role("row").count() == 3
    page.get_by_role("link", name="older").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Deployed"
    page.get_by_role("link", name="All targets").click()
    page.get_by_role("link", name="demo").click()
    page.get_by_role("link", name="8d03f5a-20260131-080559").click()
    page.get_by_role("link", name="preflight (pytest-html)").click()
    assert page.title() == "suite"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert page.evaluate(CONTRAST) == []


def test_a_printed_page_shows_what_is_folded_on_a_screen(page: Page) -> None:
    inside = page.locator("[id='check-docker.check-0'] .inside")
    assert not inside.is_visible()
    page.emulate_media(media="print")
    assert inside.evaluate("one => one.checkVisibility({contentVisibilityAuto: true})")
    assert inside.evaluate("one => one.getBoundingClientRect().height") > 0


def test_checks_are_found_by_words_and_by_status_and_told_how_many(page: Page) -> None:
    shown = page.locator("details.check:visible")
    told = page.locator("form.filter output")
    expect(told).to_have_text("60 of 60 checks shown")
    page.get_by_label("Search the checks").fill("LISTEN  another banana")
    expect(told).to_have_text("0 of 60 checks shown")
    page.get_by_label("Search the checks").fill("LISTEN  another program")
    expect(told).to_have_text("1 of 60 checks shown")
    expect(shown).to_have_attribute("data-status", "failed")
    expect(page.locator(".suite h3", has_text="verify")).to_be_hidden()
    page.get_by_label("Search the checks").press("Escape")
    expect(told).to_have_text("60 of 60 checks shown")
    page.get_by_label("passed 55").uncheck()
    expect(told).to_have_text("5 of 60 checks shown")
    page.get_by_role("button", name="Expand all").click()
    assert page.locator("details.check[open]").count() == 5
    page.get_by_role("button", name="Collapse all").click()
    assert page.locator("details.check[open]").count() == 0


def test_checks_are_reached_by_keys_alone(page: Page) -> None:
    search = page.get_by_label("Search the checks")
    search.focus()
    page.keyboard.type("disk.check")
    page.keyboard.press("Enter")
    titles = "document.activeElement.querySelector('.title').textContent"
    assert page.evaluate(titles) == "Title of disk.check-1"
    assert page.locator("details.check[open]").count() == 1
    for key, title in (("ArrowDown", "disk.check-7"), ("End", "disk.check-49"), ("ArrowUp", "disk.check-43")):
        page.keyboard.press(key)
        assert page.evaluate(titles) == f"Title of {title}", key
    page.keyboard.press("Enter")
    assert page.locator("details.check[open]").count() == 2


def test_without_its_script_the_page_is_whole(browser: Browser, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(report.as_uri())
    expect(opened.locator("form.filter")).to_be_hidden()
    opened.locator("[id='check-docker.check-0'] summary").click()
    expect(opened.get_by_text("docker.check-0", exact=True).first).to_be_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_keeps_anybody_from_reading_it(
    page: Page, report: Path, tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    shots = Path(os.environ.get("GONOGO_SCREENSHOTS", tmp_path))
    for name, place in (
        ("release", report.parent),
        ("target", report.parents[1]),
        ("all", report.parents[2]),
    ):
        page.goto((place / "index.html").as_uri())
        page.screenshot(path=shots / f"{name}-{scheme}.png", full_page=True, style=ALL_PAINTED)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    page.goto(report.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
