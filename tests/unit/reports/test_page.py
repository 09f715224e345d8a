"""The report page says what is known, all of it escaped, and nothing else."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from html.parser import HTMLParser
from typing import get_args

from gonogo.reports import words
from gonogo.reports.availability_strip import gaps, stretches
from gonogo.reports.model import Evidence, Verdict
from gonogo.reports.page import render
from tests.unit.releases import LONG, NEW, SCRIPT, check, failed, release
from tests.unit.tables import every

VOID = {"meta", "link", "br", "input", "path", "circle", "line", "rect"}


class Page(HTMLParser):
    """What a page is made of: balanced tags, ids, links, headings, and the text as a reader sees it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.levels: list[int] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if "href" in given else []
        self.levels += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        assert not [name for name in given if name.startswith("on") or name == "src"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title", "script"} & set(self.open):
            self.text += data


@functools.cache
def whole() -> Page:
    """The page of a release that has everything."""
    return Page(render(release()))


def page(**changed: object) -> Page:
    return Page(render(release(**changed)))


@every("verdict", get_args(Verdict))
def test_every_verdict_is_told_in_words_with_its_exit_code(verdict: Verdict) -> None:
    text = " ".join(page(verdict=verdict, exit_code=87).text.split())
    assert f"{words.VERDICTS[verdict].word} {words.VERDICTS[verdict].meaning} exit code 87" in text


def test_the_page_shows_what_is_known_of_the_release() -> None:
    text = " ".join(whole().text.split())
    for expected in (
        "ssh://deploy@chat.example.org:22",
        "Project chat",
        "8d03f5a-20260131-080559",
        "4f9c2b7-20260124-101500",
        "2026-01-31 08:05:59 UTC",
        "1 min 36 s",
        "api never became healthy",
        "412 times during the switch",
        "the certificate ends in 12 days",
        "Waived until 2026-02-14",
        "14 days left",
        "198 MB",
        "2 commits, new",
        "Compose files: 1 line added, 1 removed",
        "MAX_TOKENS",
        "documents are missing in messages",
        "down for 0.40 s at most",
        "restore verified, in 6.2 s",
        "Step “switch”",
        "größer 😀",
    ):
        assert expected in text, expected


def test_a_failed_check_shows_all_that_is_known_before_the_list_of_all() -> None:
    top = whole().text[whole().text.index("What went wrong") : whole().text.index("All checks")]
    found = failed()
    for part in (found.title, found.id, found.found, found.expected, found.fix, found.reason, found.message):
        assert part in top
    assert "ss -ltnpH 'sport = :8001'" in top
    assert "exit 0" in top
    assert LONG in top


def test_blocked_checks_with_one_cause_are_told_once() -> None:
    top = whole().text[: whole().text.index("All checks")]
    assert "2 checks could not be asked" in top
    assert top.count("mongodb did not answer within 5 s") == 1
    assert "Title of mongodb.users" in top


def test_every_check_has_one_anchor_and_every_inner_link_leads_somewhere() -> None:
    anchors = [one for one in whole().ids if one.startswith("check-")]
    assert len(anchors) == len(release().checks)
    assert len(set(whole().ids)) == len(whole().ids)
    assert {"check-ports.free", "check-docker.check-0", "check-docker.check-0--2"} <= set(anchors)
    assert {link[1:] for link in whole().links if link.startswith("#")} <= set(whole().ids)


def test_an_id_with_odd_characters_is_linked_as_a_browser_reads_it() -> None:
    made = page(checks=[check("ports.free[a b%]", "failed"), check("ports.free", "warning")])
    assert "check-ports.free[a-b%]" in made.ids
    assert "#check-ports.free%5Ba-b%25%5D" in made.links


def test_everything_is_escaped_and_nothing_can_run_or_load() -> None:
    source = render(release())
    assert whole().tags.count("script") == 1
    assert whole().text.count(SCRIPT) == 12
    assert "javascript:alert(1)" in whole().text
    assert not [link for link in whole().links if link.startswith(("javascript:", "http", "//"))]
    odd = page(links={"a bracket": "//[", "a break": "java\nscript:alert(1)", "fine": "verify.html"})
    assert "verify.html" in odd.links
    assert not [link for link in odd.links if "script" in link or link.startswith("//")]
    assert "url(" not in source
    assert "@import" not in source


def test_a_warning_that_stopped_a_deployment_is_not_said_to_stop_none() -> None:
    strict = page(checks=[check("git.clean", "failed", severity="warning"), check("git.pushed", "warning")])
    assert strict.text.count("a warning that --strict takes for an error") == 1
    usual = page(checks=[check("git.clean", "warning", severity="warning")])
    assert usual.text.count("stops a deployment only with --strict") == 1


def test_a_browser_may_run_the_script_of_the_page_and_no_other() -> None:
    source = render(release())
    script = source[source.index("<script>") + len("<script>") : source.rindex("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}';"
        in source
    )


def test_long_texts_are_cut_in_the_middle_and_the_page_says_so() -> None:
    log = "first\n" + "".join(f"line {n}\n" for n in range(100_000)) + "the last word\x1b[0m"
    output = f"begin {'y' * 3_000_000} end"
    evidence = [Evidence(command="c" * 100_000, output=output)]
    source = render(release(logs={"api": log}, checks=[check("a.b", evidence=evidence), failed()]))
    assert len(source) < 300_000
    for part in ("first\n", "the last word", "begin y", "y end", "are left out here"):
        assert part in source, part
    assert re.search("[0-9,]{7} characters in [0-9,]{6} lines are left out here", source)
    assert 'the whole is in <a href="release.json">' in source


def test_terminal_codes_are_gone_and_control_characters_are_visible() -> None:
    assert "red ␇ �evil" in whole().text


def test_headings_are_in_order() -> None:
    assert whole().levels[0] == 1
    assert whole().levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(whole().levels, whole().levels[1:], strict=False))


def test_images_are_short_and_data_that_was_lost_is_marked() -> None:
    assert "8d03f5a1c2b7" in whole().text
    assert NEW not in whole().text
    rows = re.findall(r"<tr( class=\"loss\")?><th scope=\"row\">(\w+)</th>", render(release()))
    lost = [name for mark, name in rows if mark]
    assert lost == ["messages"]
    assert "−2" in whole().text
    assert "+3" in whole().text


def test_empty_sections_are_left_out() -> None:
    empty = {name: [] for name in ("services", "commits", "steps", "checks", "data", "notes")}
    none = {"availability": None, "backup": None, "configuration": None}
    made = page(**empty, **none, logs={}, links={}, summary="", previous="", commit="")
    assert made.levels == [1]
    assert "Previous version" not in made.text
    assert "Commit" not in made.text


def test_how_the_stack_answered_is_drawn_as_stretches_of_the_same_kind() -> None:
    seen = release().availability
    assert seen is not None
    drawn = [("good", 3), ("bad", 2), ("mute", 1), ("warn", 1), ("mute", 3)]
    assert stretches(seen, seen.urls[0]) == drawn
    (gap,) = gaps(seen, seen.urls[0])
    assert (round(gap.begin, 6), round(gap.seconds, 6)) == (0.3, 0.2)
    page = render(release())
    for tone, x, width in (("good", 0, 30), ("bad", 30, 20), ("mute", 50, 10), ("warn", 60, 10)):
        assert f'<rect class="tone-{tone}" x="{x:.3f}%" width="{width:.3f}%"' in page
    assert '<line class="changed" x1="30.000%"' in page
    assert "50 of 80 requests succeeded" in page


def test_the_backup_and_its_measured_recovery_time_are_shown() -> None:
    page = render(release())
    assert "restored and found to be the same" in page
    assert "371 MB" in page
    assert "it is not what the database holds" in render(
        release(backup={**release().backup.model_dump(), "proved": False})
    )
