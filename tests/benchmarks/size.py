"""The benchmark of large stacks: python -m tests.benchmarks.size. A ratio of one run.

How much processor time preflight takes for a large stack on a host with many containers, beside the example
stack. The target is this machine with a stand-in for the engine; git, Compose and the docker client are
processes of their own, whose time does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from lab import state
from lab.stack import release
from tests.benchmarks.engine import Service, container, standing_in

CHECKS = 50
"""Preflight has more: fewer results mean that it ended before its end."""
SERVICES, PORTS, CONTAINERS = 200, 2_000, 500
EXAMPLE: list[Service] = [
    ("mongodb", "gonogo-lab/mongo:latest", []),
    ("redis", "gonogo-lab/redis:latest", [6380]),
    ("api", "chat-api:latest", [8001]),
    ("web", "chat-web:latest", [3000]),
]
BAR = 4.0
"""The most that the large stack may take, as a multiple of the example stack."""
RUN = (
    "import pytest, sys, time; pytest.main(sys.argv[2:]); "
    "open(sys.argv[1], 'w').write(str(time.process_time()))"
)


def main() -> int:
    """Measure and print; exit status 1 when the bar is not held."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.size", description="Large stacks.")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, of which the median counts")
    given = parser.parse_args()
    more: list[Service] = [
        (f"svc{n}", "gonogo-lab/redis:latest", list(range(20_000 + 10 * n, 20_010 + 10 * n)))
        for n in range(SERVICES - len(EXAMPLE))
    ]
    first = more[0]
    rest = PORTS - sum(len(one[2]) for one in (*EXAMPLE, *more))
    more[0] = (first[0], first[1], [*first[2], *range(40_000, 40_000 + rest)])
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-") as place:
        small = measured(Path(place) / "example", EXAMPLE, len(EXAMPLE), given.runs)
        large = measured(Path(place) / "large", [*EXAMPLE, *more], CONTAINERS, given.runs)
    held = large / small <= BAR
    print(f"{SERVICES} services, {PORTS} ports, {CONTAINERS} containers: {large:.2f} s of processor time")
    print(f"the example stack: {small:.2f} s")
    print(f"{large / small:.2f} x, at most {BAR} x: {'held' if held else 'NOT HELD'}")
    return 0 if held else 1


def measured(folder: Path, services: list[Service], containers: int, runs: int) -> float:
    """Return the median of the seconds of processor time of preflight for a stack."""
    folder.mkdir()
    source = release.checkout(folder / "chat", "v1")
    stack = folder / "srv"
    stack.mkdir()
    (stack / ".env").write_bytes(release.env_file())
    (stack / ".env").chmod(0o600)
    more = {
        name: {
            "image": image,
            "ports": [f"{port}:{port}" for port in ports],
            "environment": {"DATABASE_URL": "mongodb://chat:${JWT_SECRET}@mongodb/chat", "NAME": name},
            "volumes": [f"{name}:/data"],
        }
        for name, image, ports in services[len(EXAMPLE) :]
    }
    stated = {"services": more, "volumes": {name: {} for name in more}}
    (source / "more.yml").write_text(json.dumps(stated))
    subprocess.run(["git", "-C", str(source), "add", "-A"], check=True)
    file = folder / "bench.toml"
    file.write_text(
        f'host = "local"\npath = "{stack}"\nsource = "{source}"\nenv_file = ".env"\nproject = "chat"\n'
        'compose_files = ["docker-compose.yml", "more.yml"]\n'
    )
    others = [(f"other{n}", "redis:7", [50_000 + n]) for n in range(containers - len(services))]
    there = [container("chat", one) for one in services] + [container("others", one) for one in others]
    with standing_in(folder / "docker.sock", there) as docker_host:
        environment = {**os.environ, "DOCKER_HOST": docker_host, "PYTHONDONTWRITEBYTECODE": ""}
        taken = [_preflight(file, environment) for _ in range(runs)]
    return sorted(taken)[runs // 2]


def _preflight(file: Path, environment: dict[str, str]) -> float:
    """Return the seconds of processor time of one preflight; raises SystemExit where it could not look."""
    told, results = file.with_suffix(".seconds"), file.with_suffix(".jsonl")
    results.unlink(missing_ok=True)
    argv = [sys.executable, "-c", RUN, str(told), "checks/preflight", "--target", str(file)]
    done = subprocess.run(
        [*argv, "-q", "--results", str(results)],
        cwd=state.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [json.loads(line) for line in results.read_text().splitlines()[:-1]]
    blocked = [one["message"] for one in found if one["status"] == "blocked"]
    if blocked or len(found) < CHECKS:
        raise SystemExit(f"preflight could not look: {blocked[:3]}\n{done.stdout}{done.stderr}")
    return float(told.read_text())


if __name__ == "__main__":
    sys.exit(main())
