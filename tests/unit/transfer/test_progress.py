"""How far a push or a pull is: recorded events of Docker's engines, counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.transfer.output import Output
from gonogo.deploy.transfer.progress import TransferProgress, follow
from tests.unit.tables import every

RECORDED: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "recorded" / "transfers.json").read_text()
)
DIGEST = "sha256:" + "95c9a98372dd6d39acdbb7c59dfc32a9c3f66d2c98f90fa6c764ff818a356a9a"
REFUSED = 'Get "https://r.example.com/v2/": dial tcp 192.0.2.1:443: connect: connection refused'
LAYER = "e7ba78e9eea2"


class Told:
    """What is heard of a transfer."""

    def __init__(self) -> None:
        self.counts: list[int] = []
        self.totals: list[int] = []
        self.progress = TransferProgress(self.counts.append, self.totals.append)


def event(status: str, current: object = None, total: object = None, layer: str = LAYER) -> dict[str, Any]:
    detail = {name: value for name, value in (("current", current), ("total", total)) if value is not None}
    return {"status": status, "progressDetail": detail, "id": layer}


@every(
    "name, digest, total",
    [
        ("push from 20.10, classic", DIGEST, 3_000_000),
        ("push from 26.1, containerd", "sha256:dced5b80", 183_602_279),
        ("pull by 20.10, classic", "", 3_001_158),
        ("pull by 26.1, containerd", "", 3_001_156),
        ("quick pull by 26.1, containerd", "", 0),
    ],
)
def test_the_bytes_and_the_digest_of_recorded_transfers(name: str, digest: str, total: int) -> None:
    told = Told()
    found = follow(RECORDED[name], told.progress)
    assert found.startswith(digest) and bool(found) == bool(digest)
    assert sum(told.counts) == (told.totals or [0])[-1]
    assert total == sum(told.counts)
    assert all(count > 0 for count in told.counts), "it only ever grows"


@every(
    "name, said",
    [
        ("push with a wrong password", "unauthorized: authentication required"),
        ("push without a login", "no basic auth credentials"),
        ("push to nobody", REFUSED),
    ],
)
def test_an_error_of_the_stream_is_raised_as_it_was_said(name: str, said: str) -> None:
    with pytest.raises(GonogoError) as caught:
        follow(RECORDED[name], TransferProgress())
    assert str(caught.value) == said


@every(
    "error, said",
    [
        ({"errorDetail": {"message": "no space left"}}, "no space left"),
        ({"error": "first\nno space left"}, "no space left"),
        ({"errorDetail": {"code": 1}}, "it said nothing"),
        ({"errorDetail": "x", "error": None}, "it said nothing"),
    ],
)
def test_every_form_of_an_error_is_one_line(error: dict[str, Any], said: str) -> None:
    with pytest.raises(GonogoError, match=f"^{said}$"):
        follow([error], TransferProgress())


def test_a_layer_that_is_tried_again_is_counted_once() -> None:
    told = Told()
    first = [event("Pushing", 229_900, 20_970_000), event("Pushing", 8_520_000, 20_970_000)]
    again = [event("Retrying in 5 seconds"), event("Pushing", 1_200_000, 20_970_000)]
    follow([*first, *again, event("Pushing", 20_970_000), event("Pushed")], told.progress)
    assert (sum(told.counts), told.totals) == (20_970_000, [20_970_000])
    assert told.counts[:2] == [229_900, 8_290_100]


def test_a_total_is_told_once_and_no_more_bytes_than_that() -> None:
    told = Told()
    begun = [event("Preparing"), event("Preparing", layer="b"), event("Preparing", layer="c")]
    follow([*begun, event("Pushing", 10, 20), event("Layer already exists", layer="c")], told.progress)
    assert (told.counts, told.totals) == ([10], []), "of one layer the size is not known"
    follow([event("Pushing", 1, 5, layer="b"), event("Pushing", 9, 9, layer="b")], told.progress)
    follow([event("Pushing", 30, 30), event("Pushed"), event("Pushed", layer="b")], told.progress)
    assert (sum(told.counts), told.totals) == (25, [25])


def test_each_phase_counts_anew_and_ends_with_its_total() -> None:
    begun: list[tuple[str, int | None]] = []
    counts: list[int] = []
    progress = TransferProgress(counts.append, on_phase=lambda name, total: begun.append((name, total)))
    progress.phase("sending", 20)
    for count in (5, 4, 12, 25):
        progress.reached(count)
    progress.phase("sending", 20)
    progress.reached(3)
    progress.complete()
    progress.phase("loading")
    progress.complete()
    assert counts == [5, 7, 8, 3, 17]
    assert begun == [("sending", 20), ("sending", 20), ("loading", None)]


def test_what_is_no_progress_is_ignored_and_nobody_has_to_listen() -> None:
    odd = [
        *([], "text", None, 7, {}, {"aux": {"ID": "x"}}, {"status": 5}, {"status": "digest: sha256:1"}),
        *({"status": "Pushing"}, {"status": "Pushing", "progressDetail": 3, "id": 7}),
        *(event("Pushing", "12", -3), event("Downloading", None, None), event("Pull complete")),
    ]
    told = Told()
    assert follow(odd, told.progress) == ""
    assert (told.counts, told.totals) == ([], [])
    follow([event("Pushing", 1, 2)], TransferProgress())


def test_lines_are_said_when_they_are_there() -> None:
    said: list[str] = []
    output = Output(said.append)
    for piece in (b"Step 1/2", b" : FROM x\n\n  --", b"-> 1\n", b"done"):
        output.feed(piece)
    assert said == ["Step 1/2 : FROM x", "---> 1"]
    output.end()
    assert said == output.lines == ["Step 1/2 : FROM x", "---> 1", "done"]
