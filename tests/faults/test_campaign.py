"""A short selection of the fault campaign, the same each time: `make faults` runs all of it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.faults import table
from tests.faults.campaign import STEPS, Campaign, Outcome, Scenario, scenarios
from tests.faults.kinds import KINDS, LOCK, RELEASES
from tests.faults.stage import stage
from tests.lab.secrecy import watched_arguments

SEED, MANY = 20261124, 480
WANTED = (
    ("SIGKILL", "switch api"),
    ("SIGTERM", "rollback"),
    ("cut", "switch web"),
    ("engine killed", "restore proof"),
    ("disk full", "backup"),
    ("port taken", "baseline"),
    ("second runner", "preflight"),
    ("mongodump killed", "backup"),
    ("database killed", "backup"),
    ("writes and deletes", "lock"),
)
CHOSEN = [
    next(one for one in scenarios(SEED, MANY) if (one.fault, one.step) == wanted and one.part)
    for wanted in WANTED
]


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    name = f"t-campaign-{os.getpid()}"
    with watched_arguments(0.1) as arguments, stage(name, tmp_path_factory.mktemp("faults")) as made:
        yield Campaign(made, arguments)


@pytest.mark.lab
@pytest.mark.parametrize("scenario", CHOSEN, ids=lambda one: f"{one.fault} in {one.step}")
def test_whatever_happens_nothing_is_lost_and_there_is_a_way_on(
    campaign: Campaign, scenario: Scenario
) -> None:
    outcome = campaign.run(scenario)
    assert outcome.wrong == [], table.line(outcome, 1, 1)


def test_the_same_seed_gives_the_same_runs_and_all_faults_meet_all_steps() -> None:
    found = scenarios(7, 240)
    assert found == scenarios(7, 240)
    assert found != scenarios(8, 240)
    met = {(one.fault, one.step) for one in found}
    assert {fault for fault, _ in met} == {*KINDS, *RELEASES, LOCK}
    late = {(fault, step) for fault, kind in KINDS.items() for step in STEPS if not kind.meets(step)}
    assert {(fault, step) for fault in KINDS for step in STEPS} - late <= met


def test_the_table_tells_what_held_and_what_came_too_late() -> None:
    cut, late = Scenario("cut", "backup", 0.5, 3.0), Scenario("cut", "finish")
    found = [Outcome(cut, hit=True), Outcome(cut, hit=True, wrong=["the lock is held"]), Outcome(late)]
    drawn = table.drawn(found).splitlines()
    assert drawn[1].split() == ["cut", *("1/2" if s == "backup" else "1/1" if s == "finish" else "." for s in
        ("", *table.COLUMNS))]  # fmt: skip
    assert drawn[-1] == "2 of 3 runs held everything; in 1 the fault came after the runner's end"
    told = table.line(found[1], 2, 3)
    assert told.startswith("2/3 WRONG 0 s, gap 0.0 s: cut for 3 s 50% into backup")
    assert told.endswith("\n    the lock is held")
    assert "missed" in table.line(found[2], 3, 3)
