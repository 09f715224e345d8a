"""The layers of images, and how large they are."""

from __future__ import annotations

from gonogo.deploy.host import layers

HISTORY = "2026-01-01T00:00:00Z\t{size}\t{by}"


def test_the_layers_of_images() -> None:
    text = "\n".join(
        [
            "image sha256:1",
            HISTORY.format(size=5, by='"COPY \\"a\\tb\\" ."'),
            HISTORY.format(size=70, by='"base"'),
            "image sha256:gone",
            "image sha256:2",
            HISTORY.format(size=6, by='"COPY b\x85\u2028"'),
            HISTORY.format(size=70, by='"base"'),
        ]
    )
    found = layers.parse(text)
    assert set(found) == {"sha256:1", "sha256:2"}
    assert layers.together(found, ["sha256:1"]) == 75
    assert layers.together(found, ["sha256:1", "sha256:2"]) == 81
    assert layers.command([]) == ""
    assert "for id in b 'sha256:$(x)'; do" in layers.command(["b", "sha256:$(x)", "b"])
