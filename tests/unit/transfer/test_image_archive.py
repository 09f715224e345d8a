"""An image archive must never look whole when it is not: fake savers write real tar files of every kind."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.transfer import image_archive
from gonogo.deploy.transfer.image_archive import Archive

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64
INNER = b"layer" * 3000 + bytes(10240)
"""A layer is a tar archive itself: it ends with zeros, as the whole does."""


def packed(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def manifest(*ids: str) -> tuple[str, bytes]:
    rows = [{"Config": f"{one.removeprefix('sha256:')}.json", "RepoTags": None, "Layers": []} for one in ids]
    return "manifest.json", json.dumps(rows).encode()


def index(*ids: str) -> tuple[str, bytes]:
    rows = [{"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": one} for one in ids]
    return "index.json", json.dumps({"schemaVersion": 2, "manifests": rows}).encode()


LAYER = ("abc/layer.tar", INNER)
WHOLE = packed(manifest(ONE, TWO), LAYER, ("repositories", b"{}"))

Saver = Callable[..., Archive]


@pytest.fixture
def saver(tmp_path: Path) -> Saver:
    def start(data: bytes, after: str = "exit 0", ids: tuple[str, ...] = (ONE, TWO)) -> Archive:
        file = tmp_path / "images.tar"
        file.write_bytes(data)
        return Archive(ids, ("sh", "-c", f'cat "$0"; {after}', str(file)))

    return start


def taken(found: Archive) -> bytes:
    """Read as the connection does; a pipe that nobody ends must not stop the tests."""
    alarm = threading.Timer(20, found._process.kill)
    alarm.start()
    try:
        with found as stream:
            data = b"".join(iter(lambda: stream.read(1 << 16), b""))
    finally:
        alarm.cancel()
    assert found._process.returncode is not None
    assert not any(thread.is_alive() for thread in found._threads)
    return data


def refused(found: Archive) -> str:
    with pytest.raises(GonogoError) as caught:
        taken(found)
    assert found._process.poll() is not None
    assert not any(thread.is_alive() for thread in found._threads)
    return str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        WHOLE,
        packed(LAYER, LAYER, manifest(ONE, TWO)),
        packed(LAYER, index(ONE, TWO)),
        packed(("blobs/sha256/aa", b"{}"), index("sha256:" + "f" * 64), manifest(ONE, TWO)),
        packed(manifest(ONE), index(TWO)),
    ],
    ids=["manifest first", "manifest last", "OCI index", "both, the manifest counts", "some in each"],
)
def test_an_archive_of_the_right_images_passes_through_unchanged(saver: Saver, data: bytes) -> None:
    found = saver(data)
    assert taken(found) == data
    assert found.bytes == len(data)


def test_configurations_may_lie_among_the_blobs(saver: Saver) -> None:
    rows = [{"Config": f"blobs/sha256/{'1' * 64}"}]
    data = packed(("manifest.json", json.dumps(rows).encode()))
    assert taken(saver(data, ids=(ONE,))) == data


def test_the_ids_are_what_the_program_is_given() -> None:
    with pytest.raises(GonogoError, match="a1 b2"):
        taken(Archive(["b2", "a1", "b2"], ("sh", "-c", 'echo "$*" >&2; exit 1', "x")))


def test_an_image_that_is_missing_is_named(saver: Saver) -> None:
    assert refused(saver(packed(manifest(ONE), LAYER))) == (
        f"the image archive lacks {TWO}: nothing was deployed"
    )


def test_an_archive_without_any_manifest_is_refused(saver: Saver) -> None:
    assert "lacks" in refused(saver(packed(LAYER)))


def test_an_index_too_large_to_be_one_is_not_read(saver: Saver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_archive, "LARGEST_INDEX", 10)
    assert "lacks" in refused(saver(WHOLE))


@pytest.mark.parametrize("data", [b"", bytes(512), b"no archive at all" * 1000, b"\x1f\x8b" + bytes(2000)])
def test_what_is_no_archive_is_refused(saver: Saver, data: bytes) -> None:
    assert "damaged" in refused(saver(data))


def test_an_empty_archive_is_refused(saver: Saver) -> None:
    assert refused(saver(packed())).startswith("the image archive")


@pytest.mark.parametrize(
    "name",
    ["[1]", "{}", '{"manifests": 3}', "null", "no json", "[" * 100_000],
    ids=["numbers", "object", "no list", "null", "text", "deep"],
)
def test_a_manifest_that_is_none_is_refused(saver: Saver, name: str) -> None:
    assert refused(saver(packed(("index.json", name.encode()), ("manifest.json", name.encode()))))


# The places: in a header, between header and data, in data, where a layer's own zeros end, before the end.
MANIFEST = 1024
CUTS = {
    "in the first header": 100,
    "after the manifest's header": 512,
    "after the manifest": MANIFEST,
    "in the second header": MANIFEST + 100,
    "after the second header": MANIFEST + 512,
    "in the layer": MANIFEST + 512 + 7000,
    "where the layer's zeros end": MANIFEST + 512 + len(INNER) + (-len(INNER) % 512),
    "in the zeros of the layer": MANIFEST + 512 + len(INNER) - 2000,
    "in the last header": MANIFEST + 512 + len(INNER) + (-len(INNER) % 512) + 300,
    "before the end": MANIFEST + 512 + len(INNER) + (-len(INNER) % 512) + 1024,
    "in the end": MANIFEST + 512 + len(INNER) + (-len(INNER) % 512) + 1024 + 600,
}


@pytest.mark.parametrize("size", CUTS.values(), ids=CUTS.keys())
def test_an_archive_that_was_cut_off_is_refused_though_its_saver_is_content(saver: Saver, size: int) -> None:
    assert size < len(WHOLE)
    assert "damaged" in refused(saver(WHOLE[:size]))


def test_an_archive_with_rubbish_in_the_middle_is_refused(saver: Saver) -> None:
    middle = MANIFEST + 512 + len(INNER) + (-len(INNER) % 512)
    assert "damaged" in refused(saver(WHOLE[:middle] + b"x" * 512 + WHOLE[middle + 512 :]))


def test_a_saver_that_fails_after_a_whole_archive_is_believed(saver: Saver) -> None:
    said = refused(saver(WHOLE, "echo first >&2; echo 'no space left' >&2; exit 1"))
    assert said.startswith("docker save failed on this machine: no space left: make room there")


def test_a_saver_that_fails_at_once_is_quoted(saver: Saver) -> None:
    assert refused(saver(b"", "echo 'No such image: x' >&2; exit 1")).endswith("No such image: x")
    assert refused(saver(b"", "kill -9 $$")).endswith("it said nothing")


def test_a_saver_that_goes_on_after_rubbish_is_ended(saver: Saver) -> None:
    assert "damaged" in refused(saver(b"x" * 4096, "cat /dev/zero; true"))


def test_a_saver_that_does_not_end_is_ended(saver: Saver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_archive, "PATIENCE_S", 0.1)
    assert "did not end" in refused(saver(WHOLE, "exec >&- 2>&-; exec sleep 60"))


def test_a_reader_that_closes_early_ends_the_saver(saver: Saver) -> None:
    found = saver(packed(LAYER, LAYER), "exec cat /dev/zero")
    with found as stream:
        assert stream.read(1000)
    found.close()
    assert found._process.returncode is not None
    assert not any(thread.is_alive() for thread in found._threads)


def test_a_reader_that_reads_nothing_leaves_nothing_behind(saver: Saver) -> None:
    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with saver(WHOLE, "exec cat /dev/zero"):
        pass
    assert set(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_reading_again_after_a_fault_is_no_end_either(saver: Saver) -> None:
    with saver(WHOLE[:MANIFEST]) as stream:
        left = MANIFEST
        while left:  # a pipe gives what is in it
            left -= len(stream.read())
        for _ in range(2):
            with pytest.raises(GonogoError, match="damaged"):
                stream.read()


def test_a_program_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(GonogoError, match="no-such-program does not start on this machine: No such file"):
        Archive([ONE], ("no-such-program",))


def test_the_archive_of_tar_itself_is_taken(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(manifest(ONE)[1])
    subprocess.run(["tar", "-C", str(tmp_path), "-cf", str(tmp_path / "x.tar"), "manifest.json"], check=True)
    data = (tmp_path / "x.tar").read_bytes()
    assert taken(Archive([ONE], ("sh", "-c", 'cat "$0"', str(tmp_path / "x.tar")))) == data
