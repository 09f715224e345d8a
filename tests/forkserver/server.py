"""The server of forks: ``server.py SOCKET PROGRAM``; the package says what it is for.

It ends with its standard input. A fork is killed when its client has gone, and dies with the server.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import ctypes
import gc
import importlib
import marshal
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from _pytest.assertion.rewrite import AssertionRewritingHook

import gonogo.deploy
import gonogo.reports

OTHERS = ("docker", "pytest", "testinfra.host", "testinfra.modules.base")
LONGEST = 1 << 20
STREAMS = (("stdin", "r", "strict"), ("stdout", "w", "strict"), ("stderr", "w", "backslashreplace"))
PR_SET_PDEATHSIG = 1


def read_ahead() -> None:
    """Import what nearly each command imports: nothing of our plugin of pytest, which pytest rewrites."""
    packages: tuple[ModuleType, ...] = (gonogo.deploy, gonogo.reports)
    for package in packages:
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)
    for name in OTHERS:
        importlib.import_module(name)
    # Pytest would warn in each fork that what it meant to rewrite is imported already; none of it has tests.
    AssertionRewritingHook._warn_already_imported = lambda *_: None  # type: ignore[method-assign]
    # Memory is shared with each fork as long as no search for garbage writes to it.
    gc.collect()
    gc.freeze()


class Command:
    """A command, as the client on a line asked for it."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        asked, ancillary, _, _ = line.recvmsg(LONGEST, socket.CMSG_SPACE(12))
        self.streams = array.array("i")
        for _, _, data in ancillary:
            self.streams.frombytes(data)
        self.arguments, self.folder, self.variables, self.mask = marshal.loads(asked)

    def fork(self, program: str) -> int:
        """Begin to run it in a fork, and return the fork's process id; ``program``: its sys.executable."""
        process = os.fork()
        if process == 0:
            self._become(program)
        for number in self.streams:
            os.close(number)
        return process

    def _become(self, program: str) -> NoReturn:
        status = 1
        try:
            self._settle(program)
            status = run(self.arguments)
        except BaseException:  # noqa: BLE001  it must not go on as a second server
            traceback.print_exc()
        finally:
            os._exit(status)

    def _settle(self, program: str) -> None:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setsid()
        for number, given in enumerate(self.streams):
            os.dup2(given, number)
        os.closerange(3, 1024)
        os.chdir(self.folder)
        os.umask(self.mask)
        os.environ.clear()
        os.environb.update(self.variables)
        time.tzset()
        sys.executable = program
        sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
        for number, (name, mode, errors) in enumerate(STREAMS):
            stream: Any = open(number, mode, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def run(arguments: list[str]) -> int:
    """Run what follows ``python`` on a command line as Python does; return the exit status."""
    isolated = arguments[0] == "-P"
    _, module, *rest = arguments[isolated:]
    if not isolated:
        sys.path.insert(0, str(Path.cwd()))
    sys.argv = ["-m", *rest]
    status = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if not isinstance(ended.code, int | None):
            print(ended.code, file=sys.stderr)
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001  whatever it is ends a Python with this
        traceback.print_exc()
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    return status & 0xFF


def serve(path: str, program: str) -> None:
    """Fork for each client until standard input ends."""
    looking = selectors.DefaultSelector()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.bind(path)
        door.listen(16)
        looking.register(door, selectors.EVENT_READ)
        looking.register(sys.stdin, selectors.EVENT_READ)
        os.write(1, b"+")
        while True:
            for key, _ in looking.select():
                if key.fileobj is sys.stdin:
                    return
                if key.fileobj is door:
                    begin(looking, door.accept()[0], program)
                else:
                    end(looking, key)


def begin(looking: selectors.BaseSelector, line: socket.socket, program: str) -> None:
    """Fork for the client on a line, and look from now on for the end of either."""
    try:
        process = Command(line).fork(program)
        line.send(b"%d" % process)
    except (OSError, ValueError, EOFError):
        line.close()  # the client has gone
        return
    watched = os.pidfd_open(process)
    looking.register(watched, selectors.EVENT_READ, (process, line, watched))
    looking.register(line, selectors.EVENT_READ, (process, line, watched))


def end(looking: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    """Tell a client how its fork ended, or kill the fork of a client that has gone."""
    process, line, watched = key.data
    if key.fileobj is line:
        os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    looking.unregister(watched)
    looking.unregister(line)
    with contextlib.suppress(OSError):
        line.send(b"%d" % os.waitstatus_to_exitcode(status))
    line.close()
    os.close(watched)


if __name__ == "__main__":
    read_ahead()
    serve(*sys.argv[1:])
    os._exit(0)
