"""One run of the campaign: a fault at a moment of a deployment, the way on or back, what must hold then."""

from __future__ import annotations

import random
import re
import subprocess
import time
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.faults import dumping, kinds, proofs, visitors
from tests.faults.kinds import KINDS, LOCK, RELEASES
from tests.faults.proofs import RESTARTS, Before
from tests.faults.running import LAST, Runner
from tests.faults.stage import Seen, Stage
from tests.faults.visitors import Watcher, Writer

STEPS = (
    "lock", "preflight", "build", "transfer", "baseline", "backup", "restore proof", "plan",
    "trial start", "switch api", "switch web", "verify", LAST,
)  # fmt: skip
BACK = ("rollback", "verify after rollback")
TOOK = {
    "preflight": 3.0, "build": 3.0, "restore proof": 3.0, "switch api": 4.0, "switch web": 4.0, "verify": 4.0,
}  # fmt: skip
"""Seconds that a step takes until one was seen."""
END_S = 400
# Who looks for longer sees what dies after 20 s; for a minute nobody needs to look at what is never well.
PATIENCE = {"dies-later": "consecutive = 30\ntimeout_s = 40", "so-so": "timeout_s = 20"}
SWITCHES = ("switch api", "switch web")
UNLOCKED = 0.3
"""The part of those who take a lock away by hand, though they could resume at once."""
LATER = re.compile(r"Wait until their health checks have answered, (\d+) s at most")
RESUMED = (0, 3, 4)
"""How a run may end that was brought to its end: it went on, nothing was changed, or it went back."""


@dataclass(frozen=True)
class Scenario:
    """A fault at a step: at its very begin, or at ``part`` of its usual time, and how long it holds.

    ``unlock``: a lock that is left behind is taken away by hand before the run is resumed.
    """

    fault: str
    step: str
    part: float = 0.0
    hold: float = 0.0
    release: str = ""
    unlock: bool = False

    @property
    def told(self) -> str:
        """The scenario in words."""
        inside = f"{self.part:.0%} into" if self.part else "at the begin of"
        held = f" for {self.hold:.0f} s" if self.hold else ""
        return f"{self.fault}{held} {inside} {self.step}" + (f" of {self.release}" if self.release else "")


@dataclass
class Outcome:
    """What became of a run: ``wrong`` is empty where all held; ``gap`` and ``seconds`` in seconds."""

    scenario: Scenario
    statuses: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    hit: bool = False
    gap: float = 0.0
    seconds: float = 0.0


def scenarios(seed: int, number: int) -> list[Scenario]:
    """Return so many scenarios, the same for the same seed: each fault at each step's begin, then inside."""
    dice = random.Random(seed)
    found: list[Scenario] = []
    while len(found) < number:
        part = bool(found)
        whole = [
            _scenario(dice, fault, step, part) for fault in KINDS for step in STEPS if _fits(fault, step)
        ]
        whole += [Scenario(release, "", release=release) for release in RELEASES] + [Scenario(LOCK, "")]
        broken = [
            (fault, step) for fault in ("SIGKILL", "SIGTERM", "SIGINT", "cut", "stalled") for step in BACK
        ]
        whole += [_scenario(dice, fault, step, part, "so-so") for fault, step in broken]
        dice.shuffle(whole)
        found += whole
    return found[:number]


def _fits(fault: str, step: str) -> bool:
    return KINDS[fault].meets(step)


def _scenario(dice: random.Random, fault: str, step: str, inside: bool, release: str = "") -> Scenario:
    bounds = KINDS[fault].hold
    return Scenario(
        fault,
        step,
        part=round(dice.uniform(0.05, 0.95), 2) if inside else 0.0,
        hold=round(dice.uniform(*bounds), 1) if bounds else 0.0,
        release=release or KINDS[fault].release,
        unlock=dice.random() < UNLOCKED,
    )


@dataclass
class Campaign:
    """Runs scenarios on a stage, one after another."""

    stage: Stage
    arguments: set[str]
    acknowledged: dict[str, str] = field(default_factory=dict)
    usual: dict[str, float] = field(default_factory=lambda: dict(TOOK))
    turn: int = 1
    restarts: set[str] = field(default_factory=set)
    """Checks that may still tell of what the engine started again under the release that runs."""

    def run(self, scenario: Scenario) -> Outcome:
        """Play one scenario; whatever goes wrong is in the outcome."""
        outcome, begun = Outcome(scenario), time.monotonic()
        try:
            self.stage.well()
            (dumping.prepare if self._dumps(scenario) else dumping.clear)(self.stage)
            before = Before(self.stage.look(), visitors.read(self.stage.name)["seeds"], self.acknowledged)
            self.stage.chat.outputs.clear()
            with Writer(self.stage.address, self.acknowledged), Watcher(self.stage.address) as watcher:
                runner = self._played(scenario, outcome)
            visitors.forget(self.acknowledged, *self.stage.unwritten)
            now = self.stage.look()
            outcome.gap = watcher.gap
            outcome.wrong += self._proved(scenario, before, now, watcher, runner)
        except Exception:  # noqa: BLE001  a run that cannot be judged is one that does not hold
            outcome.wrong.append(f"it cannot be told: {traceback.format_exc(limit=-4)}")
        outcome.seconds = time.monotonic() - begun
        return outcome

    @staticmethod
    def _dumps(scenario: Scenario) -> bool:
        return scenario.fault in KINDS and KINDS[scenario.fault].dump

    def _played(self, scenario: Scenario, outcome: Outcome) -> Runner:
        self._checked_out(scenario)
        if scenario.fault == LOCK:
            kinds.dead_holder(self.stage)
        chat = self.stage.chat
        runner = Runner(chat.file, chat.published, chat.environment)
        if scenario.step:
            outcome.hit = self._harmed(scenario, runner, outcome)
        status = runner.wait(END_S)
        if status is None:
            outcome.wrong.append(f"the runner did not end within {END_S} s")
            runner.signal(9, group=True)
            runner.wait(60)
        self.usual |= runner.took
        self.stage.chat.outputs.append(runner.text)
        outcome.statuses.append(f"deploy {status}")
        if re.search(r"(?m)^Traceback", runner.text):
            outcome.wrong.append(f"a traceback: {runner.text[-2000:]}")
        self.stage.well()
        self._settled(scenario, runner, outcome)
        return runner

    def _checked_out(self, scenario: Scenario) -> None:
        self.turn = 3 - self.turn
        self.stage.chat.release(scenario.release or f"v{self.turn}")
        patience = PATIENCE.get(scenario.release)
        changes = [("[[health]]", f"[[health]]\n{patience}")] if patience else []
        changes += dumping.CHANGES if self._dumps(scenario) else ()
        self.stage.target(*changes)
        if scenario.fault in KINDS and KINDS[scenario.fault].registry:
            self.stage.by_registry()

    def _harmed(self, scenario: Scenario, runner: Runner, outcome: Outcome) -> bool:
        """Do the harm at its moment and undo it; whether the runner was there to see it."""
        fault = KINDS[scenario.fault]
        if not runner.at(scenario.step):
            return False
        time.sleep(scenario.part * self.usual.get(scenario.step, 0.5))
        there = runner.alive
        try:
            with fault.do(self.stage, runner):
                end = time.monotonic() + scenario.hold
                while runner.alive and time.monotonic() < end:
                    time.sleep(0.1)
        except AssertionError as error:
            outcome.wrong.append(str(error))
        return there

    def _settled(self, scenario: Scenario, runner: Runner, outcome: Outcome) -> None:
        """Do what a user does who reads what gonogo says: resume, unlock, or deploy again."""
        told = self.stage.gonogo("status", reports=False)
        outcome.statuses.append(f"status {told.returncode}")
        if "gonogo resume" in told.stdout:
            if scenario.unlock:
                outcome.statuses.append(f"unlock {self.stage.gonogo('unlock', reports=False).returncode}")
            done = self.stage.gonogo("resume")
            outcome.statuses.append(f"resume {done.returncode}")
            if done.returncode not in RESUMED:
                outcome.wrong.append(f"resume: {done.stdout[-1500:]}{done.stderr[-500:]}")
            return
        if self.stage.look().parts["lock"]:
            if "gonogo unlock" not in runner.text + told.stdout:
                outcome.wrong.append(f"nobody says how to remove the lock: {told.stdout}")
            outcome.statuses.append(f"unlock {self.stage.gonogo('unlock', reports=False).returncode}")
        if runner.process.returncode == 0:
            return
        if runner.process.returncode == 5:
            outcome.wrong.append(f"the way back failed, with nothing to resume: {runner.text[-1500:]}")
        if scenario.release in {"", "another-port"}:
            done = self._deployed(outcome)
            if done.returncode != 0:
                outcome.wrong.append(f"deploy again: {done.stdout[-1500:]}{done.stderr[-500:]}")
        elif runner.process.returncode not in (4, 130, -15):
            outcome.wrong.append(
                f"{scenario.release} ended with {runner.process.returncode}: {runner.text[-800:]}"
            )

    def _deployed(self, outcome: Outcome) -> subprocess.CompletedProcess[str]:
        """Deploy again; where gonogo says to wait for health checks, do so and try once more."""
        done = self.stage.chat.deploy()
        outcome.statuses.append(f"deploy {done.returncode}")
        if waiting := LATER.search(done.stdout):
            time.sleep(int(waiting[1]))
            done = self.stage.chat.deploy()
            outcome.statuses.append(f"deploy {done.returncode}")
        return done

    def _proved(
        self, scenario: Scenario, before: Before, now: Seen, watcher: Watcher, runner: Runner
    ) -> Iterable[str]:
        away = scenario.fault in KINDS and KINDS[scenario.fault].away
        yield from proofs.data(self.stage, before)
        if before.seen.release["version"] != now.release["version"]:
            self.restarts.clear()
        self.restarts |= {RESTARTS[scenario.fault]} if scenario.fault in RESTARTS else set()
        yield from proofs.whole(self.stage, now, self.restarts)
        yield from proofs.foreign(before.seen, now, away)
        yield from proofs.journal(self.stage, now)
        yield from proofs.gap(watcher, before.seen, now, _first(runner.begun, SWITCHES), away)
        texts = {f"output {n}": text for n, text in enumerate(self.stage.chat.outputs)}
        texts["the list of processes"] = "\n".join(self.arguments.copy())
        yield from proofs.secret(self.stage, texts)


def _first(begun: dict[str, float], names: Sequence[str]) -> float | None:
    return min((begun[name] for name in names if name in begun), default=None)
