"""Pouring: the output of a command handed on as it comes, whatever bytes it is, in constant memory."""

from __future__ import annotations

import hashlib
import random

import pytest

from gonogo.deploy.errors import CommandTimeout
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.framing import Answer, Passing
from tests.unit.tables import every


def test_output_comes_in_pieces_and_is_not_kept(connection: Connection) -> None:
    digest, pieces = hashlib.sha256(), []

    def take(piece: bytes) -> None:
        digest.update(piece)
        pieces.append(len(piece))

    result = connection.pour("head -c 5000000 /dev/zero; echo end >&2; exit 3", take)
    assert (result.exit_status, result.stdout, result.error_text) == (3, b"", "end\n")
    assert sum(pieces) == 5_000_000
    assert max(pieces) < 1_000_000
    assert digest.hexdigest() == hashlib.sha256(bytes(5_000_000)).hexdigest()
    assert connection.transcript.entries[-1].output == "[5000000 bytes, not kept: they may hold secrets]"


@every("size", [0, 1, 33, 34, 35, 100_000])
def test_every_size(connection: Connection, size: int) -> None:
    found = bytearray()
    assert connection.pour(f"head -c {size} /dev/zero", found.extend).ok
    assert found == bytes(size)


def test_what_the_taker_raises_ends_the_command_and_the_connection_goes_on(connection: Connection) -> None:
    def full(_: bytes) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        connection.pour("cat /dev/zero", full)
    assert connection.run("echo on").text == "on\n"


def test_a_command_that_takes_too_long(connection: Connection) -> None:
    with pytest.raises(CommandTimeout, match=r"did not end within 0\.1 s"):
        connection.pour("sleep 5", bytearray().extend, timeout=0.1)


@every("seed", range(20))
def test_the_end_is_found_wherever_the_stream_is_cut(seed: int) -> None:
    number, chance = "ab" * 16, random.Random(seed)
    body = (
        b"x" * chance.randrange(200)
        + number.encode()[: chance.randrange(32)]
        + b"\n\0y" * chance.randrange(9)
    )
    stream = f"noise{number}<17\n".encode() + body + f"{number}>5\nrest".encode()
    found = bytearray()
    passing, whole = Passing(number, found.extend), Answer(number)
    while stream:
        cut = chance.randrange(1, 40)
        passing.feed(stream[:cut])
        whole.feed(stream[:cut])
        stream = stream[cut:]
    assert (bytes(found), passing.value, passing.pid) == (body, b"5", b"17")
    assert (whole.data, whole.value, bytes(whole.rest)) == (body, b"5", bytes(passing.rest))
