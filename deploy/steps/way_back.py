"""The way back of a run: the switch is undone, the result is verified, and it is said how that ended."""

from __future__ import annotations

import shlex

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.release import env_files, records
from gonogo.deploy.steps.report_step import INTERRUPTED, Ended
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step
from gonogo.deploy.steps.switch import Switch
from gonogo.deploy.steps.verify import verify
from gonogo.deploy.target import target_file

FAILED = 5
"""The exit code of a run whose way back failed too: somebody has to look now."""


class GoBack(Step):
    """Bring what this run touched back to what ran before it, as the way on of a run that was going back."""

    def do(self, run: Run) -> Ended:
        """Go back, and end the run."""
        return go_back(run, GonogoError(f"{run.version} was on its way back"))


def go_back(run: Run, error: BaseException) -> Ended:
    """Bring what this run touched back to what ran before it; returns how the run ended.

    ``error``: why. Where that fails too, the end says what to do by hand.
    """
    why = str(error) or "interrupted"
    try:
        Switch().undo(run)
        if run.way_back:
            verify(run, run.way_back, "verify after rollback")
    except GonogoError as failed:
        told = "; ".join([str(failed), *run.foreseen])
        told = f"{why}; and the rollback failed: {told} — {by_hand(run)}{data_lost(run)}"
        return Ended("rollback-failed", FAILED, told)
    except KeyboardInterrupt:
        on = f"run `gonogo resume {target_file.called(run.target)}`"
        return Ended("interrupted", INTERRUPTED, f"{why}; interrupted on the way back: {on}")
    done = f"{why}; {run.done}{data_lost(run)}"
    if isinstance(error, KeyboardInterrupt):
        return Ended("interrupted", INTERRUPTED, done)
    end = "verified" if run.way_back else "nothing ran before it" if not run.record.previous else ""
    return Ended("rolled-back", 4, "; ".join(filter(None, (done, end))))


def data_lost(run: Run) -> str:
    """Return which backup brings back what verify found missing; no way back touches data by itself."""
    missing = [one.id for one in run.record.checks if one.subject == "data" and one.status == "failed"]
    if not missing or run.record.backup is None:
        return ""
    way = f"gonogo restore {target_file.called(run.target)} {run.record.backup.name} --replace"
    return f"; data is missing ({', '.join(dict.fromkeys(missing))}): stop what writes, and run `{way}`"


def _freed(run: Run) -> str:
    """Return the commands that free networks which could not be removed, each followed by ``&&``."""
    lines = []
    for name, inside in run.stuck.items():
        network = shlex.quote(name)
        lines += [f"docker network disconnect -f {network} {shlex.quote(one)}" for one in inside]
        lines.append(f"docker network rm {network}")
    return "".join(f"{line} && " for line in lines)


def by_hand(run: Run) -> str:
    """Return what to do where the way back failed, in words: the Docker command, and the way on."""
    path, previous = run.target.path, run.way_back
    on = f"or fix that and run `gonogo resume {target_file.called(run.target)}`"
    if not previous:
        look = "log in, look at `docker ps -a` and `docker logs`"
        return f"{look}, and start the stack from {path} by hand; {on}"
    files = " ".join(f"-f {shlex.quote(file)}" for file in records.files(run.target, previous))
    target, services = run.target, list(run.switched)
    if before := run.before:
        target = env_files.as_of(run.target, before)
        services = [name for name in run.switched if name in before.images and name not in run.once]
    env = f" --env-file {shlex.quote(str(target.env_path))}" if target.env_path else ""
    # Compose sees no difference in contents; of a run that was cut off, what it changed is not known.
    anew = " --force-recreate" if not run.changes or any(one.anew for one in run.changes) else ""
    return (
        f"log in and run `{_freed(run)}docker compose {files} "
        f"--project-directory {shlex.quote(str(path))} -p {run.target.project}{env} "
        f"up -d --no-deps --no-build --pull never{anew} {shlex.join(services)}`; {on}"
    )
