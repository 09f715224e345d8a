"""Rollback: what was switched is started again from the previous release, what is new is removed."""

from __future__ import annotations

from collections.abc import Collection

from gonogo.deploy.errors import ConnectionFailed, GonogoError
from gonogo.deploy.host.container import Container
from gonogo.deploy.release import records as release
from gonogo.deploy.release.resolved import resolve
from gonogo.deploy.steps import data_steps, deployment
from gonogo.deploy.steps.run import Run
from gonogo.deploy.switch import converge
from gonogo.deploy.switch import service as switch
from gonogo.deploy.target import target_file


class RollbackFailed(GonogoError):
    """The way back failed too: somebody has to look now; the message says what to do."""

    exit_code = 5


def gather_logs(run: Run, services: Collection[str] = ()) -> None:
    """Keep inspection and last log lines of what is removed next: the containers of what was switched.

    ``services``: those of these instead. Inspections come first: what they tell of secrets is hidden in the
    logs too. What cannot be read is a note: a way back waits for no log.
    """
    try:
        found = _of(run, services or run.switched)
        run.record.inspections |= run.host.containers.inspected(found)
        told = switch.logs(run.connection, found)
        run.record.logs |= told
        if lacking := [one.name for one in found if one.name not in told]:
            run.note(f"the logs of {', '.join(lacking)} cannot be read")
    except GonogoError as error:
        run.note(f"the containers' logs could not be read: {error}")


def roll_back(run: Run) -> str:
    """Undo the switch and verify the result; returns what was done, in words.

    A service that ran in the previous release is started from that release's files, which hold configuration
    and images by id. A service that had no container before has its new one removed; volumes are never
    touched (incident L2). Raises RollbackFailed with what to do by hand.
    """
    previous = run.way_back
    try:
        with run.step("rollback") as note:
            note.detail = _undo(run, previous)
        if previous:
            deployment.verify(run, previous, "verify after rollback")
        elif left := _switched(run):
            raise GonogoError(f"{', '.join(one.name for one in left)} could not be removed")
        return note.detail
    except GonogoError as error:
        raise RollbackFailed(f"{error} — {_way_on(run, previous)}") from None


def data_lost(run: Run) -> str:
    """Return which backup brings back what verify found missing; no way back touches data by itself."""
    missing = [one.id for one in run.record.checks if one.subject == "data" and one.status == "failed"]
    if not missing or run.record.backup is None:
        return ""
    way = f"gonogo restore {target_file.called(run.target)} {run.record.backup.name} --replace"
    return f"; data is missing ({', '.join(dict.fromkeys(missing))}): stop what writes, and run `{way}`"


def _undo(run: Run, previous: str) -> str:
    changes = {change.service: change for change in run.changes}
    created = [name for name in run.switched if changes[name].action == "created"]
    replaced = [name for name in run.switched if changes[name].action == "replaced"]
    failed: list[str] = []
    if replaced and not previous:
        raise GonogoError(
            f"{', '.join(replaced)} ran before without a release of gonogo: there are no files to go back to"
        )
    if created:
        switch.remove(run.connection, [one for one in _switched(run) if one.service in created])
    if replaced:
        files = release.files(run.target, previous)
        model = resolve(run.connection, run.target, files, run.redactor).model
        for name in replaced:
            try:
                switch.service(run.connection, run.target, model, name, files)
            except ConnectionFailed:
                raise
            except GonogoError as error:
                failed.append(str(error))  # what comes after it is better off with its own release, too
    converge.rename(run)
    release.make_current(run.connection, run.target, run.record.previous)
    if previous:
        data_steps.touched(run, previous)
    if failed:
        raise GonogoError("; ".join(failed))
    told = [f"back to {previous}: {', '.join(replaced)}"] if replaced else []
    told += [f"removed the new containers of {', '.join(created)}"] if created else []
    if run.record.previous and not previous:
        told.append(f"nothing of {run.record.previous} ran before, so nothing runs now")
    return "; ".join(told) or "nothing had been switched"


def _switched(run: Run) -> list[Container]:
    return _of(run, run.switched)


def _of(run: Run, services: Collection[str]) -> list[Container]:
    run.host.containers.refresh()
    found = run.host.project(run.target.project).containers
    return [one for one in found if one.service in services]


def _way_on(run: Run, previous: str) -> str:
    path = run.target.path
    on = f"or fix that and run `gonogo resume {target_file.called(run.target)}`"
    if not previous:
        look = "log in, look at `docker ps -a` and `docker logs`"
        return f"{look}, and start the stack from {path} by hand; {on}"
    files = " ".join(f"-f {file}" for file in release.files(run.target, previous))
    env = f" --env-file {run.target.env_path}" if run.target.env_path else ""
    return (
        f"log in and run `docker compose {files} --project-directory {path} -p {run.target.project}{env} "
        f"up -d --no-build --pull never`; {on}"
    )
