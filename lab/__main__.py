"""The lab's command line: ``python -m lab up | down | status | ssh | prepare | demo``."""

from __future__ import annotations

import argparse
import os
import sys

from gonogo.deploy.errors import GonogoError
from lab import engine, host, images, seed
from lab.docker import say
from lab.kind import ENGINES, NEWEST, STORES, Kind

INTERRUPTED = 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m lab", description="Disposable target hosts in containers."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    helps = {
        "up": "make a host, or start it again",
        "down": "remove a host, its volume and its keys",
        "status": "list the hosts, and whether their sshd and engine answer",
        "ssh": "log in, or run a command",
        "prepare": "make the engine and the images ready, and nothing else",
        "demo": "deploy two releases of the example stack",
    }
    made = {name: commands.add_parser(name, help=text, description=text) for name, text in helps.items()}
    for name in ("up", "down", "ssh", "demo"):
        made[name].add_argument("--name", default="demo", help="the host's name (default: demo)")
    engines, stores = ", ".join(ENGINES), ", ".join(STORES)
    made["up"].add_argument("--engine", default=NEWEST.engine, help=f"one of {engines} (default: the newest)")
    made["up"].add_argument("--store", default="", help=f"one of {stores} (default: as newly installed)")
    made["down"].add_argument(
        "--all", action="store_true", help="every host of this state folder, and its seeds"
    )
    made["down"].add_argument(
        "--images", action="store_true", help="the lab's cached images and its seeds too"
    )
    made["ssh"].add_argument("arguments", nargs=argparse.REMAINDER, help="a command and its arguments")
    return parser


def _status() -> int:
    rows = host.status()
    for row in rows:
        answers = f"sshd {row['sshd']:<4} engine {row['engine']:<4}"
        print(f"{row['name']:<16} {row['state']:<10} {answers} 127.0.0.1:{row['port']:<6} {row['container']}")
    if not rows:
        print("no host is up: run 'python -m lab up'")
    return 0


def _up(name: str, kind: Kind) -> int:
    made = host.up(name, kind=kind)
    say(f"{name} is up: ssh -F {made.config} {made.alias}")
    return 0


def _down(name: str, every: bool, cached: bool) -> int:
    removed = host.down(name, all=every)
    say(f"removed {', '.join(removed)}" if removed else "there was no host to remove")
    if every or cached:
        for each in seed.remove():
            say(f"removed {each}")
    if cached:
        tags = images.remove()
        say(f"removed {', '.join(tags)}" if tags else "there was no image to remove")
    return 0


def _ssh(name: str, arguments: list[str]) -> int:
    made = host.find(name)
    os.execvp("ssh", ["ssh", "-F", str(made.config), made.alias, *arguments])


def _prepare() -> int:
    engine.ensure()
    images.ensure()
    return 0


def _demo(name: str) -> int:
    from lab import demo  # noqa: PLC0415  the demo needs the whole of gonogo, the lab does not

    return demo.main(name)


def main() -> int:
    """Run one command and return its exit status; what went wrong, or Ctrl-C, is one sentence on stderr."""
    given = _parser().parse_args()
    actions = {
        "up": lambda: _up(given.name, Kind.of(given.engine, given.store)),
        "down": lambda: _down(given.name, given.all, given.images),
        "status": _status,
        "ssh": lambda: _ssh(given.name, given.arguments),
        "prepare": _prepare,
        "demo": lambda: _demo(given.name),
    }
    try:
        return actions[given.command]()
    except GonogoError as error:
        print(f"lab: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("lab: interrupted", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
