"""The parts that a report page is made of: words, cuts, the timeline, the figures that say it all."""

from __future__ import annotations

from gonogo.reports import words
from gonogo.reports.key_figures import figures
from gonogo.reports.model import DataCount
from gonogo.reports.page import render
from gonogo.reports.timeline import timeline
from gonogo.reports.truncation import cut
from tests.unit.releases import release
from tests.unit.tables import every


def test_the_timeline_shows_steps_and_gaps_where_they_were() -> None:
    made = timeline(release())
    assert [lane.name for lane in made.lanes[:5]] == ["preflight", "build", "backup", "switch", "rollback"]
    switch, away = made.lanes[3], made.lanes[5]
    assert (switch.tone, switch.said) == ("bad", "failed, 45.0 s")
    assert (round(switch.bars[0].left, 2), round(switch.bars[0].width, 2)) == (42.22, 46.68)
    # The watch began 0.3 s before the switch, and 0.3 s into it the first answer was missing.
    assert (round(away.bars[0].left, 2), away.said[:15]) == (42.22, "0.40 s at most,")
    assert made.ticks[:2] == [(0.0, "0 s"), (100 * 30 / 96.4, "30 s")]
    source = render(release())
    assert 'x="42.22%" width="46.68%"' in source
    still = [{**release().steps[0].model_dump(), "seconds": 0}]
    assert timeline(release(seconds=0, steps=still)).ticks == []
    assert 'width="0.00%"' in render(release(seconds=0, steps=still))
    assert timeline(release(steps=[])).lanes == []


@every(
    "seconds, said",
    [(0.416, "0.42 s"), (12.34, "12.3 s"), (59.96, "1 min 00 s"), (185, "3 min 05 s"), (3720, "1 h 02 min")],
)
def test_durations(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


def test_moments_are_in_utc_and_other_text_is_left() -> None:
    assert words.moment("2026-01-31T10:05:59+02:00") == "2026-01-31 08:05:59 UTC"
    assert words.moment("2026-01-31T10:05:59") == "2026-01-31 10:05:59 UTC"
    assert words.moment("some day") == "some day"


def test_a_difference_needs_both_counts() -> None:
    assert words.difference(DataCount(collection="c", kind="k", after=2)) == "–"
    assert words.difference(DataCount(collection="c", kind="k", before=2, after=2)) == "0"


def test_what_controls_a_terminal_or_turns_a_text_is_visible_and_nothing_else_is_lost() -> None:
    nasty = "a\x00b\x9b31mc\ud800d\u200fe\ufffef\U0001f600\r\ng\rh\x1b]0;t\x07i\u2067"
    assert words.plain(nasty) == "a␀b�31mc�d�e�f😀\ng␍hi�"


def test_sizes_and_days_are_said_as_a_person_says_them() -> None:
    sizes = {0: "0 B", 999: "999 B", 3_140: "3.1 kB", 371_000_000: "371 MB", 2e9: "2.0 GB", 5e13: "50.0 TB"}
    assert {number: words.size(number) for number in sizes} == sizes
    days = {"2026-02-14": "14 days left", "2026-02-01": "1 day left", "2026-01-31": "its last day"}
    days |= {"2026-01-30": "expired", "": "", "soon": ""}
    assert {until: words.days_left(until, release().started_at) for until in days} == days


def test_a_text_is_cut_at_the_ends_of_lines_and_what_is_left_out_is_counted() -> None:
    whole = cut("a\n" * 10, 20)
    assert (whole.head, whole.tail, whole.note) == ("a\n" * 10, "", "")
    part = cut("ab\n" * 400, 400)
    assert part.head.endswith("b")
    assert part.tail.startswith("ab\n")
    assert len(part.head) + len(part.tail) + part.left_out == 1200


def test_the_figures_say_in_words_what_a_release_comes_to() -> None:
    def said(**changed: object) -> dict[str, tuple[str, str]]:
        return {one.label: (one.said, one.tone) for one in figures(release(**changed))}

    seen, backup = release().availability, release().backup
    assert seen
    assert backup
    (url,) = seen.urls

    def away(gap_s: float | None) -> tuple[str, str]:
        urls = [url.model_copy(update={"gap_s": gap_s})]
        return said(availability=seen.model_copy(update={"urls": urls}))["Availability"]

    def kept(**changed: object) -> tuple[str, str]:
        return said(backup=backup.model_copy(update=changed))["Backup"]

    assert said()["Services"][0] == "1 replaced, 1 created, 1 removed, 1 unchanged"
    assert "Services, as planned" in said(verdict="go")
    assert said()["Data"] == ("documents are missing in messages", "bad")
    assert said(data=[DataCount(collection="a", kind="volatile", before=9, after=2)])["Data"][1] == "good"
    assert away(0.0) == ("it answered all the time", "good")
    assert away(0.4) == ("down for 0.40 s at most", "good")
    assert away(3.0) == ("down for 3.0 s at most", "warn")
    assert away(None) == ("an address never answered successfully", "bad")
    assert kept() == ("restore verified, in 6.2 s", "good")
    assert kept(proved=False) == ("it is not what the database holds", "bad")
    assert kept(proved=None, recovery_seconds=None) == ("made, restore not verified", "warn")
    assert said(services=[], availability=None, data=[], backup=None) == {}
