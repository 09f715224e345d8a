"""The report page in a real browser, with what a report should not hold: hostile text, and too much of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_origin

import pytest
from playwright.sync_api import Page, expect
from pydantic import BaseModel

from gonogo.reports.model import Evidence, Release
from gonogo.reports.page import render
from tests.unit.releases import SCRIPT, check, release

pytest_plugins = ["tests.lab.browsing"]
pytestmark = pytest.mark.lab

MARKUP = (
    "</pre></code></script></style></title></svg><script>owned=1</script><img src=x onerror=owned=1>"
    "<svg onload=owned=1><a href='javascript:owned=1'>"
)
NASTY = f"{MARKUP}\" ' ` {{{{ 7*7 }}}} \x1b[31m\x00\x07\x9b1m\u202e\u2066\ufffd --> ]]> {'w' * 5000}"
"""What a server may print: markup, terminal codes, controls, changes of direction, lines without an end."""


def nasty(record: BaseModel) -> dict[str, Any]:
    """Return a record's fields with NASTY behind every free text."""

    def with_it(value: Any) -> Any:
        if isinstance(value, BaseModel):
            return nasty(value)
        if isinstance(value, list):
            return [with_it(one) for one in value]
        if isinstance(value, dict):
            return {with_it(key): with_it(one) for key, one in value.items()}
        return value + NASTY if isinstance(value, str) else value

    fields = type(record).model_fields.items()
    free = [name for name, field in fields if get_origin(field.annotation) is not Literal]
    return {
        name: with_it(getattr(record, name)) if name in free else getattr(record, name) for name, _ in fields
    }


def test_hostile_text_in_every_field_is_shown_and_does_nothing(blank: Page, tmp_path: Path) -> None:
    file = tmp_path / "hostile.html"
    file.write_text(render(Release.model_validate(nasty(release()))), encoding="utf-8", errors="strict")
    blank.goto(file.as_uri())
    assert blank.evaluate("window.owned") is None
    assert blank.locator("script, img, svg[onload], [onerror], a[href^='javascript']").count() == 1
    text = blank.locator("body").text_content() or ""
    assert text.count(MARKUP) > 200
    assert "{{ 7*7 }}" in text
    assert not set(text) & set("\x00\x07\x1b\x9b\u202e\u2066")
    blank.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert blank.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_thousand_checks_and_ten_megabytes_of_logs_stay_usable(blank: Page, tmp_path: Path) -> None:
    line = "2026-01-31T08:05:59Z GET /threads/4121 200 14 ms ünï\n"
    evidence = [Evidence(command=f"docker logs {SCRIPT}", exit_status=0, output=line * 200)] * 2
    checks = [
        check(f"subject{n % 40}.check-{n}", "failed" if n % 100 == 0 else "passed", evidence=evidence)
        for n in range(1000)
    ]
    file = tmp_path / "large.html"
    large = release(checks=checks, logs={f"chat-{n}": line * 50_000 for n in range(4)})
    assert sum(map(len, large.logs.values())) > 10_000_000
    file.write_text(render(large), encoding="utf-8")
    assert file.stat().st_size < 15_000_000
    blank.goto(file.as_uri())
    loaded = blank.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    assert loaded < 5_000
    spent = blank.evaluate(
        """() => {
          const begun = performance.now();
          document.querySelector("button[data-all=open]").click();
          document.body.getBoundingClientRect();
          return performance.now() - begun;
        }"""
    )
    assert spent < 3_000
    blank.get_by_label("Search the checks").fill("subject7.check-7 threads")
    expect(blank.locator("form.filter output")).to_have_text("3 of 1000 checks shown", timeout=3_000)
    blank.locator("details.log", has_text="chat-3").locator("summary").click()
    expect(blank.get_by_text("characters in").last).to_be_visible()
