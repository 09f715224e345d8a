"""Publishing: a report that was written on this machine is taken to where the target file wants it."""

from __future__ import annotations

import io
import math
import shlex
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import foreign, remote_files
from gonogo.deploy.ssh import openssh as ssh
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.steps import subprocesses
from gonogo.deploy.target.sections.publishing import split
from gonogo.deploy.target.target import Target
from gonogo.reports.entries import PAGE, gather
from gonogo.reports.index import history
from gonogo.reports.model import Release
from gonogo.reports.scan import scan

FOLDER = "reports"
"""The folder of reports in ``.deploy`` on the target."""
RSYNC = ("rsync", "-rRs", "--chmod=ugo=rwX", "--delay-updates")
"""As new files of the login over there, each put into its place when it is whole."""
LAND = """set -e
root=$1 folder=$2
shift 2
part="$root/.part-$$"
mkdir -p -- "$part" "$root/$(dirname -- "$folder")"
trap 'rm -rf -- "$part"' EXIT
tar -xf - --no-same-permissions -C "$part"
if [ -e "$root/$folder" ]; then mv -- "$root/$folder" "$part/.old"; fi
mv -- "$part/$folder" "$root/$folder"
for list in "$@"; do mv -f -- "$part/$list" "$root/$list"; done
"""
"""Unpacks a report below a folder: all of it or nothing is seen there under its name."""
PRUNE = """cd -- "$1"
keep=$2
set --
for record in */release.json; do
  case "${record%/*}" in -*|*[!A-Za-z0-9_.-]*) ;; *) set -- "$@" "$record";; esac
done
[ $# -eq 0 ] ||
  ls -1t -- "$@" | tail -n "+$keep" | while IFS= read -r record; do rm -rf -- "${record%/*}"; done
ls -1d -- */
"""
"""Removes the reports on the target that are too old, and names those that stay.

What has a name that no report has, such as one with a line break, is left alone.
"""


@dataclass(frozen=True)
class Report:
    """A report on this machine: its page, and what its files are called below the folder of all reports."""

    page: Path
    record: Release
    redact: Callable[[str], str]

    @property
    def root(self) -> Path:
        """The folder of all reports."""
        return self.page.parents[2]

    @property
    def folder(self) -> str:
        """The report's own folder in it."""
        return f"{self.page.parents[1].name}/{self.page.parent.name}"

    def files(self, *lists: str) -> dict[str, bytes]:
        """Return what is sent, by its name below ``root``; raises ReportRefused when a secret is in it."""
        paths = sorted(path for path in self.page.parent.iterdir() if path.is_file())
        found = {f"{self.folder}/{path.name}": path.read_bytes() for path in paths}
        found |= {name: (self.root / name).read_bytes() for name in lists}
        scan({name: data.decode(errors="replace") for name, data in found.items()}, self.redact)
        return found


def destinations(target: Target) -> list[str]:
    """Return in words where reports of a target are sent."""
    wanted = target.publishing
    on_target = [f"{target.deploy_path / FOLDER} on the target"] if wanted.on_target else []
    return [*on_target, *filter(None, [wanted.to]), *wanted.command[:1]]


def send(target: Target, report: Report, connection: Connection | None) -> list[str]:
    """Take a report to all its destinations; return a sentence, without secrets, for each that failed.

    ``connection``: to the target, None where nothing may be written there. Raises ReportRefused, with nothing
    sent anywhere, when the report does not pass the secret scan.
    """
    wanted = target.publishing
    if not (wanted.on_target or wanted.to or wanted.command):
        return []
    lists = [f"{report.page.parents[1].name}/{PAGE}", *([PAGE] if wanted.all_targets else [])]
    files = report.files(*lists)
    failed = []
    for name, carry in _ways(target, report, connection, files, lists):
        try:
            carry()
        except (GonogoError, OSError) as error:
            failed.append(report.redact(f"the report was not sent to {name}: {error}"))
    return failed


def _ways(
    target: Target, report: Report, connection: Connection | None, files: dict[str, bytes], lists: list[str]
) -> Iterator[tuple[str, Callable[[], None]]]:
    wanted = target.publishing
    if wanted.on_target and connection:
        yield "the target", lambda: _onto(target, report, connection, files)
    if to := wanted.to:
        if wanted.via == "rsync":
            yield to, lambda: _over_rsync(target, report, list(files), to)
        else:
            yield to, lambda: _over_ssh(target, report, files, lists, to)
    if wanted.command:
        yield wanted.command[0], lambda: _by_command(target, report)


def _onto(target: Target, report: Report, connection: Connection, files: dict[str, bytes]) -> None:
    """Lay the report down on the target, remove the oldest there, and list those that are there then."""
    place, limit = target.deploy_path / FOLDER, target.publishing.timeout_s
    for one in (target.deploy_path, place):
        foreign.refuse(connection, one)
    name, version = report.folder.split("/")
    own = {PurePosixPath(file).relative_to(name): data for file, data in files.items()}
    packed = _packed({str(path): data for path, data in own.items() if len(path.parts) > 1})
    land = f"umask 077; {_script(LAND, str(place), version)}"
    connection.check(land, stdin=packed, timeout=limit, mutates=True)
    prune = _script(PRUNE, str(place), str(target.publishing.keep + 1))
    left = connection.check(prune, timeout=limit, mutates=True).text.splitlines()
    there = {one.rstrip("/") for one in left}
    known = [one for one in gather(report.root) if one.target == name]
    page = history(name, [one for one in known if one.version in there])
    remote_files.put(connection, place / PAGE, page.encode())


def _over_ssh(target: Target, report: Report, files: dict[str, bytes], lists: list[str], to: str) -> None:
    host, folder = split(to)
    land = _script(LAND, folder, report.folder, *lists)
    argv = [*_ssh(target), *ssh.parse(host).arguments, land] if host else ["sh", "-c", land]
    what, limit = "ssh" if host else "sh", target.publishing.timeout_s
    _well(what, subprocesses.run(what, argv, limit=limit, stdin=_packed(files)))


def _over_rsync(target: Target, report: Report, names: list[str], to: str) -> None:
    argv = [*RSYNC, "-e", shlex.join(_ssh(target)), "--", *names, f"{to.rstrip('/')}/"]
    _well("rsync", subprocesses.run("rsync", argv, limit=target.publishing.timeout_s, cwd=report.root))


def _by_command(target: Target, report: Report) -> None:
    record = report.record
    given = {
        "GONOGO_REPORT": str(report.page),
        "GONOGO_REPORT_FOLDER": str(report.page.parent),
        "GONOGO_TARGET": target.name,
        "GONOGO_TARGET_FILE": str(target.file),
        "GONOGO_HOST": target.host,
        "GONOGO_PROJECT": target.project,
        "GONOGO_VERSION": record.version,
        "GONOGO_VERDICT": record.verdict,
        "GONOGO_EXIT_CODE": str(record.exit_code),
        "GONOGO_SUMMARY": report.redact(record.summary),
    }
    wanted = target.publishing
    _well(
        "it", subprocesses.run("it", wanted.command, limit=wanted.timeout_s, cwd=target.source, given=given)
    )


def _well(what: str, ended: tuple[int, bytes]) -> None:
    status, output = ended
    if status != 0:
        raise GonogoError(f"{what} ended with {status}: {subprocesses.last_words(output)}")


def _ssh(target: Target) -> list[str]:
    """Return how ssh is called, with the ssh_config that the target is reached with; the host comes after."""
    file = target.ssh.config_file
    seconds = max(1, math.ceil(target.thresholds.connect_timeout_s))
    options = ["BatchMode=yes", f"ConnectTimeout={seconds}", "ClearAllForwardings=yes", "RemoteCommand=none"]
    words = [word for option in options for word in ("-o", option)]
    return ["ssh", *(["-F", str(file)] if file else []), *words, "-T"]


def _script(text: str, *arguments: str) -> str:
    """Return the command that runs a script under ``sh``, whatever the login's own shell is."""
    return shlex.join(["sh", "-c", text, "sh", *arguments])


def _packed(files: dict[str, bytes]) -> bytes:
    """Return the files as a tar archive; what others may read of them is for the login over there to say."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as archive:
        folders = {str(PurePosixPath(name).parent) for name in files}
        for folder in sorted(folders - {"."}):
            archive.addfile(_member(folder, tarfile.DIRTYPE, 0o755))
        for name, data in files.items():
            member = _member(name, tarfile.REGTYPE, 0o644)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return made.getvalue()


def _member(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    # Which report is the newest is told by this: two may be sent within one second.
    member.type, member.mode, member.mtime = kind, mode, time.time()
    return member
