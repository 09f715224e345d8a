"""What mongodump and mongorestore say when they fail: the line that says why, and whose fault it is."""

from __future__ import annotations

import pytest

from gonogo.deploy.mongodb.server.database_tools import damaged, reason

AT = "2026-01-02T03:04:05.678+0000\t"
RESTORED = f"{AT}0 document(s) restored successfully. 1 document(s) failed to restore."


@pytest.mark.parametrize(
    ("lines", "why", "is_damaged"),
    [
        (
            [f"{AT}Failed: stream or file does not appear to be a mongodump archive", RESTORED],
            "stream or file does not appear to be a mongodump archive",
            True,
        ),
        (
            [f"{AT}[####....]  shop.things  1.0MB/2.0MB  (50.0%)", f"{AT}Failed: archive io error", RESTORED],
            "archive io error",
            True,
        ),
        (
            [
                f"{AT}Failed: corruption found in archive; 858927154 is neither a valid bson length nor a "
                "archive terminator",
            ],
            "corruption found in archive; 858927154 is neither a valid bson length nor a archive terminator",
            True,
        ),
        (
            [f"{AT}error connecting to host: connection() error: unexpected EOF", RESTORED],
            "error connecting to host: connection() error: unexpected EOF",
            False,
        ),
        (
            [f"{AT}Failed: shop.things: error restoring: write /data/db: no space left on device", RESTORED],
            "shop.things: error restoring: write /data/db: no space left on device",
            False,
        ),
        (
            [f"{AT}preparing collections to restore from", f"{AT}Failed: unable to authenticate", RESTORED],
            "unable to authenticate",
            False,
        ),
        (["Failed: a thing without its time"], "a thing without its time", False),
        ([f"{AT}3 document(s) restored successfully."], f"{AT}3 document(s) restored successfully.", False),
        ([""], "it said nothing", False),
    ],
)
def test_the_line_that_says_why(lines: list[str], why: str, is_damaged: bool) -> None:
    said = reason("\n".join(lines))
    assert (said, damaged(said)) == (why, is_damaged)
