"""An old image archive becomes an OCI layout, whole to a strict reader but for the layers left out."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.transfer.image_archive import Archive
from gonogo.deploy.transfer.layers import Kept, _go, _sha256, chains
from gonogo.deploy.transfer.oci_layout import Layout

LAYERS = [b"the lowest" * 2000, b"one that is changed" * 700, b"shared, upon others" * 300]


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


DIGESTS = [digest(one) for one in LAYERS]


def config(*layers: str, **more: object) -> bytes:
    return json.dumps({"rootfs": {"type": "layers", "diff_ids": layers}, **more}).encode()


def folders(layers: list[str]) -> list[tuple[str, bytes]]:
    """Return name and description of each layer's folder, as engines before 25 made them."""
    found: list[tuple[str, bytes]] = []
    for chain in chains(layers):
        told: dict[str, Any] = {"created": "1970-01-01T00:00:00Z", "container_config": {"Hostname": ""}}
        parent = {"parent": f"sha256:{found[-1][0]}"} if found else {}
        name = _sha256(_go({**told, **parent, "layer_id": chain}))
        written = {"id": name, **({"parent": found[-1][0]} if found else {}), **told, "os": "linux"}
        found.append((name, json.dumps(written).encode()))
    return found


def old(*images: bytes, contents: dict[str, bytes]) -> bytes:
    """Return an archive as ``docker save`` of 20.10 writes it: the same layer again is a link."""
    out, seen = io.BytesIO(), dict[str, str]()
    with tarfile.open(fileobj=out, mode="w") as tar:

        def add(name: str, data: bytes = b"", **more: Any) -> None:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            for key, value in more.items():
                setattr(info, key, value)
            tar.addfile(info, io.BytesIO(data))

        for image in images:
            layers = json.loads(image)["rootfs"]["diff_ids"]
            for (name, told), one in zip(folders(layers), layers, strict=True):
                if name in seen.values():
                    continue
                add(f"{name}/", type=tarfile.DIRTYPE)
                add(f"{name}/VERSION", b"1.0")
                add(f"{name}/json", told)
                if one in seen:
                    add(f"{name}/layer.tar", type=tarfile.SYMTYPE, linkname=f"../{seen[one]}/layer.tar")
                elif one in contents:
                    add(f"{name}/layer.tar", contents[one])
                seen.setdefault(one, name)
            add(f"{digest(image).removeprefix('sha256:')}.json", image)
        rows = [{"Config": f"{digest(one).removeprefix('sha256:')}.json"} for one in images]
        add("manifest.json", json.dumps(rows).encode())
        add("repositories", b"{}")
    return out.getvalue()


CONTENTS = dict(zip(DIGESTS, LAYERS, strict=True))
ONE, TWO = config(*DIGESTS), config(DIGESTS[0], DIGESTS[2], Env=["A=<&>"])


def sent(tmp_path: Path, data: bytes, kept: Kept, *images: bytes) -> tuple[Layout, dict[str, bytes]]:
    """Return the sieve and the members of what leaves it."""
    (tmp_path / "images.tar").write_bytes(data)
    sieve = Layout()
    sieve.leave([json.loads(one)["rootfs"]["diff_ids"] for one in images], kept)
    with Archive(
        [digest(one) for one in images], ("sh", "-c", f"cat {tmp_path}/images.tar"), lambda: sieve
    ) as archive:
        read = b"".join(iter(lambda: archive.read(1 << 16), b""))
    with tarfile.open(fileobj=io.BytesIO(read)) as tar:
        return sieve, {one.name: (tar.extractfile(one) or io.BytesIO()).read() for one in tar}


def manifests(members: dict[str, bytes]) -> list[dict[str, Any]]:
    """Return the manifests that a layout names, after every size and digest in it was proved."""
    assert json.loads(members["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    for name, content in members.items():
        if name.startswith("blobs/"):
            assert digest(content) == name.removeprefix("blobs/").replace("/", ":")
    found = []
    for row in json.loads(members["index.json"])["manifests"]:
        content = members["blobs/" + row["digest"].replace(":", "/")]
        assert len(content) == row["size"]
        manifest = json.loads(content)
        assert (
            len(members["blobs/" + manifest["config"]["digest"].replace(":", "/")])
            == (manifest["config"]["size"])
        )
        assert [one["size"] for one in manifest["layers"]] == [
            len(CONTENTS[one["digest"]]) for one in manifest["layers"]
        ]
        found.append(manifest)
    return found


def test_an_old_archive_becomes_a_layout(tmp_path: Path) -> None:
    sieve, members = sent(tmp_path, old(ONE, TWO, contents=CONTENTS), Kept(containerd=True), ONE, TWO)
    found = manifests(members)
    assert {one["config"]["digest"] for one in found} == {digest(ONE), digest(TWO)}
    assert {tuple(layer["digest"] for layer in one["layers"]) for one in found} == {
        tuple(DIGESTS),
        (DIGESTS[0], DIGESTS[2]),
    }
    assert {f"blobs/{one.replace(':', '/')}" for one in DIGESTS} <= members.keys()
    assert len(members) == 3 + 2 + 2 + 2, "layers, configurations, manifests, index and mark"
    assert sieve.manifests == {digest(json.dumps(one, separators=(",", ":")).encode()) for one in found}


def test_layers_whose_content_is_there_are_left_out(tmp_path: Path) -> None:
    kept = Kept(containerd=True, blobs=frozenset({DIGESTS[0], DIGESTS[2]}))
    sieve, members = sent(tmp_path, old(ONE, contents=CONTENTS), kept, ONE)
    assert [name for name in members if digest(members[name]) in DIGESTS] == [
        f"blobs/{DIGESTS[1].replace(':', '/')}"
    ]
    assert [one["digest"] for one in manifests(members)[0]["layers"]] == DIGESTS
    assert (sieve.dropped, sieve.layers, sieve.bytes) == (2, 3, len(LAYERS[0]) + len(LAYERS[2]))
    assert sieve.settled


def test_chains_count_where_the_store_is_the_classic_one(tmp_path: Path) -> None:
    data = old(ONE, contents=CONTENTS)
    kept = Kept(frozenset(chains(DIGESTS[:1])), blobs=frozenset())
    _, members = sent(tmp_path, data, kept, ONE)
    assert "oci-layout" not in members
    assert {one for name, one in members.items() if name.endswith("layer.tar")} == set(LAYERS[1:])


def test_a_layout_passes_but_for_compressed_layers_that_are_there(tmp_path: Path) -> None:
    """Where the engine here keeps layers compressed, their names are not those of the images' layers."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        rows = json.dumps({"manifests": [{"digest": digest(ONE)}]}).encode()
        for name, content in (
            ("blobs/sha256/" + "a" * 64, b"compressed"),
            ("blobs/sha256/" + "b" * 64, b"others"),
            ("index.json", rows),
            ("oci-layout", b"{}"),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    kept = Kept(containerd=True, blobs=frozenset({"sha256:" + "a" * 64}))
    sieve, members = sent(tmp_path, out.getvalue(), kept, ONE)
    assert list(members) == ["blobs/sha256/" + "b" * 64, "index.json", "oci-layout"]
    assert sieve.manifests == {digest(ONE)}


def test_what_cannot_be_a_layout_is_no_archive(tmp_path: Path) -> None:
    kept = Kept(containerd=True)
    with pytest.raises(GonogoError, match="does not hold sha256"):
        sent(tmp_path, old(ONE, contents={DIGESTS[0]: LAYERS[0]}), kept, ONE)
    with pytest.raises(GonogoError, match="is not what it is named by"):
        sent(tmp_path, old(ONE, contents=CONTENTS).replace(ONE, ONE.replace(b"layers", b"Layers")), kept, ONE)


def test_a_layer_that_nobody_knows_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(old(ONE, contents=CONTENTS))
    sieve = Layout()
    sieve.leave([[DIGESTS[0]]], Kept(containerd=True))
    with (
        pytest.raises(GonogoError, match="is none of the images' layers"),
        Archive([digest(ONE)], ("sh", "-c", f"cat {tmp_path}/in"), lambda: sieve) as archive,
    ):
        b"".join(iter(lambda: archive.read(1 << 16), b""))
    assert sieve.unknown


def test_another_reader_takes_it(tmp_path: Path) -> None:
    """GNU tar, which does not forgive a wrong header."""
    (tmp_path / "in").write_bytes(old(TWO, contents=CONTENTS))
    sieve = Layout()
    sieve.leave([[DIGESTS[0], DIGESTS[2]]], Kept(containerd=True))
    with Archive([digest(TWO)], ("sh", "-c", f"cat {tmp_path}/in"), lambda: sieve) as archive:
        (tmp_path / "out").write_bytes(b"".join(iter(lambda: archive.read(1 << 16), b"")))
    done = subprocess.run(["tar", "-tf", f"{tmp_path}/out"], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "oci-layout" in done.stdout.splitlines()
