"""Every command that the README and docs/ show, run as it stands there, on a server of its own."""

from __future__ import annotations

import base64
import io
import os
import re
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import host
from tests import documents
from tests.documents import Block, Command
from tests.lab import orders
from tests.lab.newcomer import Newcomer, newcomer
from tests.lab.shopkeeping import order, page, release

pytestmark = pytest.mark.lab
HERE = "test_what_the_documents_show"
NAME = f"t-docs-{os.getpid()}"
DOCS = documents.ROOT / "docs"
RESTORE = "gonogo restore shop latest --replace"
ANSWERS = {"gonogo deploy shop": "y\n", RESTORE: "shop\n", f"{RESTORE} --users": "shop\n"}
STATUS = {"gonogo resume shop": 3}
"""What ends with another status than 0: nothing was cut off, so there is nothing to resume."""


@pytest.fixture(scope="module")
def you(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """Somebody with the shop, and a server on which nothing was ever deployed."""
    with newcomer(NAME, tmp_path_factory.mktemp("docs")) as found:
        found.lay(orders.FILES, "The shop")
        (found.stack / ".env.production").write_text(orders.ENV)
        yield found


def first_release(you: Newcomer) -> None:
    """Deploy the shop as the README says, for a test that runs alone."""
    for command in shown():
        if command.text.startswith(("ssh you@server 'umask", "gonogo init", "gonogo deploy")):
            status, output = you.types(command.text, you.stack, "y\n")
            assert status == 0, output
        if command.text.startswith("gonogo deploy"):
            break
    order(you)


def shown() -> Iterator[Command]:
    """Yield what is to be typed: the blocks, and what is said of the shop; outside the README each once.

    What works on this project itself is not typed here: test_make.py types make demo and make clean, and no
    test types make test, the benchmarks and the fault campaign.
    """
    seen: set[str] = set()
    for file in documents.files():
        runs = {b.where: documents.run_by(b) for b in documents.blocks(file) if b.language == "sh"}
        for command in documents.commands(file):
            typed = (
                runs[command.where] == HERE
                if command.in_block
                else re.search(r" (shop|FOLDER)\b", command.text)
            )
            again = command.in_block and file == documents.README
            if typed and (command.ours or command.in_block) and (again or command.text not in seen):
                seen.add(command.text)
                if not command.text.startswith(("make ", "python -m tests.")) or "TARGET=" in command.text:
                    yield command


def test_what_the_documents_show(you: Newcomer) -> None:
    version, backup = 0, ""
    own = you.stack / "checks"
    own.mkdir()
    for file in documents.files():
        # The first of a page are checks of this shop; tests/unit/test_docs_wishes.py runs those of others.
        if python := [block for block in documents.blocks(file) if block.language == "python"]:
            (own / f"test_of_{file.stem.lower().replace('-', '_')}.py").write_text(python[0].text)
    assert len(list(own.iterdir())) >= 3
    you.there("echo valid > /srv/shop/license.key; chown you /srv/shop/license.key")
    for command in shown():
        text = command.text.replace("NAME", backup)
        text = text.replace("FOLDER", str(last_report(you)) if "FOLDER" in text else "")
        text = text.replace("../stack/", f"{you.stack}/")
        if "--import PATH" in text:
            text = text.replace("PATH", str(dump_of(you, backup)))
        at = you.project if text.startswith("make ") else you.stack
        if command.text == "gonogo deploy shop":
            version += 1
            release(you, version)
        if command.text == "gonogo connect shop":
            assert "export GONOGO_CONTROL_PATH=" in interrupted(you, text)
            continue
        status, output = you.types(text, at, ANSWERS.get(command.text, ""))
        assert status == STATUS.get(command.text, 0), f"{command.where}: {text}\n{output}"
        assert "Traceback" not in output, f"{command.where}: {text}\n{output}"
        if command.text == "gonogo deploy shop" and version == 1:
            order(you)
        if made := re.search(r"shop-shop-\d{8}-\d{6}", output):
            backup = made[0]
    assert version >= 2
    assert page(you).endswith("7 orders")


def dump_of(you: Newcomer, backup: str) -> Path:
    """A folder as mongodump writes it: that of a backup, brought here."""
    packed = you.there(f"tar -C /srv/shop/.deploy/backups/{backup} -cf - dump | base64")
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(packed))) as archive:
        archive.extractall(you.stack.parent, filter="data")
    return you.stack.parent / "dump"


def last_report(you: Newcomer) -> Path:
    """The folder of the newest report that holds a recording."""
    found = (you.stack / "gonogo" / "reports").glob("*/*/preflight.recording.json")
    return max(found, key=lambda file: file.stat().st_mtime).parent


def interrupted(you: Newcomer, text: str) -> str:
    """Run a command until it has printed a line, then end it as Ctrl-C does; returns the line."""
    with you.begins(text) as (process, output):
        line = output.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    return line


def by_hand() -> list[Block]:
    """The blocks of the runbook that go back by hand: look, two ways to choose, there at all, start, tidy."""
    found = [b for b in documents.blocks(DOCS / "runbook.md") if b.section == documents.BY_HAND]
    return [block for block in found if block.language == "sh"]


def typed_there(you: Newcomer, blocks: list[Block]) -> str:
    """Type blocks into one shell on the server, and return what they printed."""
    script = "set -eu\n" + "".join(block.text for block in blocks)
    script_file = you.folder / "typed.sh"
    script_file.write_text(script)
    status, output = you.types(f"ssh you@server 'bash -s' < {script_file}", you.folder)
    assert status == 0, output
    return output


def stores(you: Newcomer) -> str:
    return you.there("docker inspect -f '{{.Id}} {{.State.StartedAt}}' shop-db-1")


def test_going_back_by_hand(you: Newcomer) -> None:
    look, before_it, the_same, there, start, tidy, later = by_hand()
    if not you.there("ls /srv/shop/.deploy/current 2>/dev/null || true"):
        first_release(you)
    good = page(you)
    release(you, 8, broken=True)
    status, output = you.types("gonogo deploy shop --yes", you.stack)
    assert status == 0, output
    assert page(you).startswith("500"), "healthy, verified, and broken for customers"
    untouched = stores(you)
    told = typed_there(you, [look, before_it, there, start, tidy])
    assert "shop-web-1" in told
    assert page(you) == good
    assert stores(you) == untouched

    # It is broken for customers at once, and not healthy before the kill: `current` still names the good one.
    release(you, 9, broken=True, warm_up_s=30)
    output = killed_in_the_switch(you)
    assert page(you).startswith("500"), output
    typed_there(you, [look, the_same, there, start, tidy])
    assert page(you) == good
    assert stores(you) == untouched
    for line in documents.lines(later.text):
        status, output = you.types(line, you.stack)
        assert status == 0 or "gonogo resume shop" in output, output


def killed_in_the_switch(you: Newcomer) -> str:
    """Deploy the broken version, and kill what does it when customers see it; returns what it said."""
    seen = ""
    with you.begins("gonogo deploy shop --yes") as (process, output):
        while not seen.endswith("its image changed)\n"):
            line = output.readline()
            assert line, seen
            seen += line
        you.there(
            "for n in $(seq 300); do code=$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8080/); "
            '[ "$code" = 500 ] && exit 0; sleep 0.1; done; exit 1'
        )
        process.kill()
    return seen


def test_the_table_of_engines_is_what_the_tests_give() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.tried", "--check"],
        cwd=documents.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_variables_cross_as_the_document_says(you: Newcomer) -> None:
    found = documents.blocks(DOCS / "ssh-and-environment.md")
    (config,) = (block.text for block in found if block.language == "sshd_config")
    host.put(NAME, "/etc/ssh/sshd_config.d/shop.conf", config.encode(), mode="0644", owner="root:root")
    you.admitted()
    script, expected = "", {}
    for block, after in zip(found, [*found[1:], None], strict=True):
        if block.language == "sh":
            script += f"echo '@@ {block.where}'\n{block.text}"
            expected[block.where] = after.text if after and after.language == "text" else ""
    (you.folder / "variables").mkdir()
    status, output = you.types(f"set -u\n{script}", you.folder / "variables")
    parts = (part.partition("\n") for part in output.split("@@ ")[1:])
    assert {where: text for where, _, text in parts} == expected
    assert status == 0
