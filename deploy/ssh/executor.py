"""Runs commands on a target in shells and sessions. Who gives up on a command has it ended there."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from gonogo.deploy.errors import CommandTimeout, ConnectionFailed
from gonogo.deploy.ssh import openssh
from gonogo.deploy.ssh.channel import Gone, Late, TooMuch
from gonogo.deploy.ssh.framing import INLINE_STDIN
from gonogo.deploy.ssh.opening import Opening
from gonogo.deploy.ssh.pipeline import Pipeline
from gonogo.deploy.ssh.pool import Pool
from gonogo.deploy.ssh.session import Session
from gonogo.deploy.ssh.shell import Result, Shell

_CLEANUP_S = 3.0

# Ends all that runs below a shell; the kernel lists children in /proc (proc(5), CONFIG_PROC_CHILDREN). What
# is stopped starts no more of them meanwhile: a fork that a signal finds under way begins anew after it.
_END_CHILDREN = (
    "end() { for c in $(cat /proc/$1/task/$1/children); do kill -STOP $c; (end $c); kill -KILL $c; done; }; "
    "end %d 2>/dev/null"
)
_END_SESSION = f"kill -STOP %d; {_END_CHILDREN}; kill -KILL %d"
"""Ends the shell as well: it might begin its command afterwards, and take a cut input for all of it."""

_MISSING = "the program ssh was not found on this machine: install the OpenSSH client"


class Executor:
    """Runs commands of several threads side by side. Its errors name no host: the connection words them."""

    def __init__(self, opening: Opening, seconds: float, worded: Callable[[str], str]) -> None:
        """Wait for the first shell; ``seconds``: the connect timeout. Raises ConnectionFailed, the cause.

        ``worded`` returns the sentence that tells why the whole connection is lost, by its cause.
        """
        transport = opening.transport
        try:
            first = opening.first()
        except FileNotFoundError:
            raise ConnectionFailed(_MISSING) from None
        except (Gone, Late, OSError) as error:
            words = "timed out" if isinstance(error, Late) else str(error)
            cause = transport.cause(words)
            raise ConnectionFailed(cause, openssh.judged_by(cause)) from None
        self._transport = transport
        self._takes_stdin = first.takes_stdin
        self._clock = first.clock
        self._pool = Pool(transport, first, 2 * seconds, worded)
        self._pipeline = Pipeline(self._pool, first.clock, lambda shell: self._end_children(shell.pid))
        self._opening = opening
        self._closing = False
        opening.hand_over(self._pool)

    @property
    def failure(self) -> str | None:
        """Why no command can be run any more, else None."""
        return self._pool.failure

    def fail(self, cause: str) -> str:
        """Make ``cause`` the one cause for all, unless there is one; return the one that counts."""
        return self._pool.fail(cause)

    def take(self) -> Shell:
        """Return a shell for this thread alone, for ``ask`` or ``give``; raises ConnectionFailed."""
        return self._pool.take()

    def give(self, shell: Shell) -> None:
        """Take back a shell that was not used."""
        self._pool.give(shell)

    def share(self, command: str, stdin: bytes | None, limit: float) -> Result | None:
        """Ask for what changes nothing together with what other threads ask now; see ``Pipeline.ask``."""
        fits = stdin is None or (self._takes_stdin and len(stdin) <= INLINE_STDIN)
        return self._pipeline.ask(command, stdin, limit) if fits and not self.failure else None

    @property
    def shared(self) -> int:
        """How many questions were answered together with others."""
        return self._pipeline.answered

    def ask(self, shell: Shell, command: str, stdin: bytes | None, limit: float) -> Result:
        """Run a command in a shell that was taken, and take that back; raises as ``Shell.run`` does."""
        __tracebackhide__ = True
        ready = False
        try:
            result = shell.run(command, stdin, limit)
            if self._closing:
                # Closing ended the command, so its exit status is none of its own.
                raise ConnectionFailed(self.failure)
            ready = True
            return result
        except (CommandTimeout, TooMuch):
            ready = True
            raise
        except (Gone, ConnectionFailed):
            raise
        except BaseException:
            # Nobody knows what the command does now: end it, and see whether its shell answers again.
            ready = self._end_children(shell.pid) and shell.settle(_CLEANUP_S)
            raise
        finally:
            (self._pool.give if ready else self._pool.retire)(shell)

    def feed(
        self,
        command: str,
        limit: float,
        stdin: BinaryIO | None = None,
        on_bytes: Callable[[int], None] | None = None,
        to: Callable[[bytes], None] | None = None,
    ) -> Result:
        """Run a command in a session of its own; raises as ``Session.run`` does, ConnectionFailed at once."""
        __tracebackhide__ = True
        if self.failure:
            raise ConnectionFailed(self.failure)
        session = Session(self._transport.session(), command, self._clock, limit)
        try:
            return session.run(stdin, on_bytes, to)
        except (CommandTimeout, Gone):
            raise
        except BaseException:
            if pid := session.pid:
                self._end_session(pid)
            raise
        finally:
            session.close()

    def _end_children(self, pid: int) -> bool:
        return self._end(_END_CHILDREN % pid)

    def _end_session(self, pid: int) -> bool:
        return self._end(_END_SESSION % (pid, pid, pid))

    def _end(self, script: str) -> bool:
        session = Session(self._transport.session(), script, "none", _CLEANUP_S)
        try:
            session.run()
        except (Gone, Late):
            return False
        finally:
            session.close()
        return True

    def close(self) -> None:
        """End running commands and all shells; what waits gets ``failure``, so call ``fail`` before."""
        if self._closing:
            return
        self._closing = True
        # The first that cannot be ended tells that the target does not answer.
        all(self._end_children(shell.pid) for shell in self._pool.busy())
        self._pool.close()
        self._opening.close()
