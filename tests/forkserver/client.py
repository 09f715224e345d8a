"""Python's stand-in for commands that are forked: ``client.py SOCKET PYTHON ARGUMENTS``.

Only modules that are built into Python are imported: more would cost what this is here to save. It passes its
own standard streams, folder and variables on, and signals that reach it; it ends as the fork ends.
"""

import _signal
import _socket
import marshal
import posix
import sys

MODULES = ("gonogo.deploy", "pytest")
HARMLESS = (b"PYTHONDONTWRITEBYTECODE", b"PYTHONUNBUFFERED")
SIGNALS = (_signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP)


def forked(arguments: list[str]) -> bool:
    """Whether these are arguments of a command that is forked: ``-P`` or not, ``-m`` and a known module.

    Help is as wide as the terminal was when our command line was imported.
    """
    rest = arguments[1:] if arguments[:1] == ["-P"] else arguments
    strange = [name for name in posix.environ if name.startswith(b"PYTHON") and name not in HARMLESS]
    named = rest[0] == "-m" and rest[1] in MODULES if len(rest) > 1 else False
    return named and not strange and "--help" not in rest


def main() -> None:
    """Have the command forked and end as it does, or become Python where it is none of those."""
    socket, python, *arguments = sys.argv[1:]
    if not forked(arguments):
        posix.execv(python, [python, *arguments])
    line = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    line.connect(socket)
    asked = marshal.dumps((arguments, posix.getcwd(), dict(posix.environ), posix.umask(0o22)))
    streams = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
    line.sendmsg([asked], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
    process = int(line.recv(32))
    for each in SIGNALS:
        if _signal.getsignal(each) != _signal.SIG_IGN:
            _signal.signal(each, lambda number, _: posix.kill(process, number))
    status = int(line.recv(32))
    if status < 0:
        _signal.signal(-status, _signal.SIG_DFL)
        posix.kill(posix.getpid(), -status)
    posix._exit(status)


main()
