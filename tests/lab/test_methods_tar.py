"""The tar method on a real host: what of an image crosses the wire, and what a fault on the way leaves."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from gonogo.deploy.errors import ConnectionFailed, GonogoError
from gonogo.deploy.host import identities
from gonogo.deploy.release.records import Image
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.transfer import layers, tar
from gonogo.deploy.transfer.progress import TransferProgress
from lab import faults, host
from lab.kind import NEWEST, OLDEST
from lab.relay import Relay
from tests.lab.connecting import connected, other_config, reachable
from tests.lab.made import BASE, CHANGED, Made, compressed, docker
from tests.lab.narrow import Narrow

pytestmark = pytest.mark.lab
NAME = f"t-methods-{os.getpid()}"
VERSION = "0123abcd-20260131-080559"


@pytest.fixture
def image(tmp_path: Path) -> Iterator[Made]:
    made = Made(tmp_path)
    yield made
    for one in made.ids:
        subprocess.run(["docker", "image", "rm", one], capture_output=True, check=False)


@pytest.fixture(scope="module", params=[OLDEST, NEWEST], ids=str)
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    with connected(NAME, request.param) as found:
        yield found


def send(connection: Connection, *ids: str) -> tar.Sent:
    wanted = {f"s{number}": Image(name=f"shop-s{number}", id=one) for number, one in enumerate(ids)}
    return tar.send(connection, wanted, VERSION)


def there(connection: Connection, one: str) -> bool:
    """Whether the host has an image of this machine, by whatever id."""
    return one in identities.counterparts(connection, [one])


def test_a_second_release_sends_the_changed_layer_alone(connection: Connection, image: Made) -> None:
    first, second = image("same", "random 1"), image("same", "random 2")
    sent = send(connection, first)
    assert sent.images == (first,)
    whole = sent.bytes
    sent = send(connection, second)
    # The classic builder writes the same layer twice where it does not cache: its bytes differ in nothing.
    assert sent.images == (second,)
    assert sent.left_out >= 1
    assert CHANGED < sent.bytes < 1.2 * CHANGED < whole / 5
    assert (sent.again, sent.whole) == ("", "")
    assert there(connection, second)
    named = connection.check(f"docker image inspect -f '{{{{.Id}}}}' shop-s0:{VERSION}").text.strip()
    assert named == sent.ids[second]
    assert send(connection, second).told == "every image is there already"


def test_a_change_of_the_configuration_alone_sends_next_to_nothing(
    connection: Connection, image: Made
) -> None:
    one = image("same", "random 1")
    (image.folder / "again").mkdir()
    (image.folder / "again" / "Dockerfile").write_text(f"FROM {one}\nENV A='<&>'\n")
    other = docker("build", "-q", str(image.folder / "again")).splitlines()[-1]
    image.ids.insert(0, other)
    send(connection, one)
    sent = send(connection, other)
    assert sent.bytes < 20_000
    assert sent.left_out == sent.layers


def test_two_images_that_share_a_layer_upon_different_ones(connection: Connection, image: Made) -> None:
    """The archive holds the shared content once: it must not be left out where one of them lacks it."""
    known = image("same")
    send(connection, known)
    first, second = image("same", "random 1"), image("other", "same")
    sent = send(connection, first, second)
    assert set(sent.images) == {first, second}
    assert (sent.again, sent.whole) == ("", "")


def test_an_engine_that_refuses_a_part_gets_the_whole(
    connection: Connection, image: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = image("base of this very test", "random 1")
    rows = docker("image", "inspect", "-f", '{{join .RootFS.Layers " "}}', one).split()
    before = everything(connection)
    real = layers.there

    def mistaken(asked: Connection, wanted: Collection[Sequence[str]]) -> layers.Kept:
        """Return more than what is there, as where an image is removed meanwhile."""
        kept = real(asked, wanted)
        more = rows[:-1] if kept.containerd else layers.chains(rows)[:-1]
        return replace(kept, chains=kept.chains | set(more), blobs=kept.blobs | set(more))

    monkeypatch.setattr(layers, "there", mistaken)
    sent = send(connection, one)
    assert re.search("no such file|not found", sent.whole)
    assert "sent whole" in sent.told
    assert sent.again == ""
    assert there(connection, one)
    connection.check(f"docker image rm -f {sent.ids[one]}", mutates=True)
    assert everything(connection) == before, "nothing is left of the first attempt"


def test_a_base_that_came_compressed_is_sent_as_well(connection: Connection, image: Made) -> None:
    """As after a pull: such layers are in containerd's store, and not by the names that an archive gives."""
    if "io.containerd" not in connection.check("docker info -f '{{json .DriverStatus}}'").text:
        pytest.skip("the classic store knows layers by what lies below them, however they came")
    base = image("random 1", base="scratch")
    first, second = image("one", base=base), image("two", base=base)
    made = host.find(NAME)
    load = ["docker", "exec", "-i", made.container, "docker", "load", "-q"]
    done = subprocess.run(load, input=compressed(first), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    known = identities.counterparts(connection, [first])[first]
    assert not layers.in_part(connection, [known]), "the plan says so beforehand"
    before = everything(connection)
    sent = send(connection, second)
    assert "is not there whole: layers were not found" in sent.whole
    assert there(connection, second)
    assert int(connection.check(f"docker save {sent.ids[second]} | wc -c", mutates=True).text) > CHANGED
    connection.check(f"docker image rm -f {sent.ids[second]}", mutates=True)
    assert everything(connection) == before, "nothing is left of the first attempt"


def everything(connection: Connection) -> set[str]:
    """Return the images that an engine lists, and those in containerd, where unlisted ones may be left.

    The tag that each test gives is taken away first.
    """
    connection.run(f"docker image rm -f shop-s0:{VERSION}", mutates=True)
    sockets = "/run/docker/containerd/containerd.sock /run/containerd/containerd.sock"
    look = f"for at in {sockets}; do [ -S $at ] && ctr -a $at -n moby images ls -q && break; done"
    inside = ["docker", "exec", host.find(NAME).container, "sh", "-c", look]
    found = subprocess.run(inside, capture_output=True, text=True, check=False).stdout.split()
    return {*found, *connection.check("docker image ls -aq --no-trunc", mutates=True).text.split()}


class Breaking:
    """Sessions of a connection whose stream is spoilt so many times."""

    def __init__(self, connection: Connection, monkeypatch: pytest.MonkeyPatch, how: str, times: int) -> None:
        self.left, self.how, self.real = times, how, connection.stream
        monkeypatch.setattr(connection, "stream", self)

    def __call__(self, command: str, **given: object) -> object:
        if self.left:
            self.left -= 1
            spoil = {
                "cut": f"head -c 300000 | {{ {command}; }}",
                "dropped": "head -c 300000 >/dev/null; kill -9 $PPID",
                "corrupted": f"{{ head -c 300000; printf 'xxxxxxxx'; tail -c +9; }} | {{ {command}; }}",
                "nothing": "cat >/dev/null",
            }
            command = spoil[self.how]
        return self.real(command, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["cut", "dropped", "corrupted", "nothing"])
def test_a_broken_stream_is_sent_once_again(
    connection: Connection, image: Made, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    one = image(f"broken {how}", "random 1")
    Breaking(connection, monkeypatch, how, 1)
    sent = send(connection, one)
    # Where the engine unpacks what is broken before it is compared, whole images are what is sent then.
    assert sent.again or sent.whole
    assert there(connection, one)
    assert "; sent again" in sent.told or "; sent whole" in sent.told


@pytest.mark.parametrize("how", ["cut", "corrupted", "nothing"])
def test_a_stream_that_always_breaks_is_one_sentence_and_leaves_nothing(
    connection: Connection, image: Made, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    one = image(f"always {how}", "random 1")
    before = connection.check("docker image ls -aq --no-trunc | sort", mutates=True).text
    Breaking(connection, monkeypatch, how, 9)
    with pytest.raises(GonogoError, match="sent twice, and no image was deployed"):
        send(connection, one)
    assert connection.check("docker image ls -aq --no-trunc | sort", mutates=True).text == before
    left = connection.check("ls /tmp; docker volume ls -q", mutates=True).text
    assert "docker-import" not in left


def test_an_engine_that_ends_meanwhile_is_named_as_the_cause(connection: Connection, image: Made) -> None:
    wanted = {"app": Image(name="shop-app", id=image("engine stopped", "random 1"))}
    with ExitStack() as stopped:
        passed: list[int] = []

        def count(size: int) -> None:
            if not passed:
                stopped.enter_context(faults.engine_stopped(NAME))
            passed.append(size)

        with pytest.raises(GonogoError) as caught:
            tar.send(connection, wanted, VERSION, TransferProgress(count))
    assert "the Docker Engine does not run: start it" in str(caught.value)
    assert "no image was deployed" in str(caught.value)


def test_a_full_disk_is_not_tried_again(connection: Connection, image: Made) -> None:
    one = image("disk full", "random 1")
    with faults.docker_root_full(NAME), pytest.raises(GonogoError, match="no space left on device") as caught:
        send(connection, one)
    assert "sent twice" not in str(caught.value)


def test_a_connection_that_is_cut_is_one_sentence_and_another_one_begins_anew(
    connection: Connection, image: Made, tmp_path: Path
) -> None:
    one = image("cut off", "random 1", "random 2")
    look = "docker image ls -aq --no-trunc | sort"
    before = connection.check(look, mutates=True).text
    made = host.find(NAME)
    with Relay(made.port, bytes_per_s=500_000) as relay:
        config = other_config(made, tmp_path, Port=relay.port)
        with Connection.open(reachable("other", config, command=60)) as cut:
            passed = []

            def count(size: int) -> None:
                passed.append(size)
                if sum(passed) > 1_000_000:
                    relay._do(relay._close())

            wanted = {"app": Image(name="shop-app", id=one)}
            with pytest.raises(ConnectionFailed, match="the connection to other was lost"):
                tar.send(cut, wanted, VERSION, TransferProgress(count))
    assert connection.check(look, mutates=True).text == before
    sent = send(connection, one)
    assert (sent.again, sent.whole) == ("", "")
    assert there(connection, one)


def test_an_image_that_is_not_here_is_one_sentence(connection: Connection) -> None:
    with pytest.raises(GonogoError, match="docker save failed on this machine"):
        send(connection, "sha256:" + "0" * 64)


@pytest.fixture
def narrow(connection: Connection, tmp_path: Path) -> Iterator[Narrow]:
    made = host.find(NAME)
    host.load(NAME, [BASE])
    found = Narrow(tmp_path, connection, made)
    yield found
    found.clean()


@pytest.mark.tried("tar")
@pytest.mark.parametrize("connection", [NEWEST], indirect=True, ids=str, scope="module")
def test_a_deployment_whose_line_breaks_changes_nothing_and_the_next_one_succeeds(narrow: Narrow) -> None:
    code, told = narrow.deploy()
    assert code == 0, told
    narrow.release()
    before = narrow.state()
    for how in (Relay.cut, Relay.spoil):
        code, told = narrow.broken(how)
        assert code == 3, told
        assert "the connection to other was lost" in told
        assert "nothing was changed" in told
        assert narrow.state() == before
        # Over a line that is gone the run cannot clear up; one that is spoilt is soon up again.
        code, told = narrow.resume()
        says = "before anything was changed" if how is Relay.cut else "nothing to resume"
        assert (code, says in told) == (3, True), told
        assert narrow.state() == before
    code, told = narrow.deploy()
    assert code == 0, told
    assert narrow.state()[1] != before[1]
