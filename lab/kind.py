"""The kinds of hosts: which Docker Engine is inside, and how it stores its images."""

from __future__ import annotations

from dataclasses import dataclass

from gonogo.deploy.errors import UsageError

ENGINES = {"20.10": "gonogo-lab/host", "26": "gonogo-lab/host-26"}
"""The engines that there are, those of Debian 12 and 13, by the image of the hosts that have it."""
STORES = ("classic", "containerd")


@dataclass(frozen=True)
class Kind:
    """An engine and its image store: ``classic``, by layer drivers, or ``containerd``, by snapshotters."""

    engine: str
    store: str

    def __post_init__(self) -> None:
        """Raise UsageError where there is no such host."""
        if self.engine not in ENGINES:
            raise UsageError(f"--engine {self.engine!r}: expected one of {', '.join(ENGINES)}")
        if self.store not in STORES:
            raise UsageError(f"--store {self.store!r}: expected one of {', '.join(STORES)}")
        if self.store != "classic" and self.engine == "20.10":
            raise UsageError("--store containerd: the engine 20.10 has none, give --engine 26")

    def __str__(self) -> str:
        """Return it in a word, such as ``26-containerd``."""
        return f"{self.engine}-{self.store}"

    @classmethod
    def of(cls, engine: str, store: str = "") -> Kind:
        """Return a kind, where no store is named with the one that new installations have.

        Docker 29 made that containerd's. Raises UsageError where there is no such host.
        """
        return cls(engine, store or ("classic" if engine == "20.10" else "containerd"))

    @property
    def image(self) -> str:
        """The image of such a host."""
        return ENGINES[self.engine]

    @property
    def options(self) -> list[str]:
        """What tells the host's entry point about the store."""
        return ["-e", f"STORE={self.store}"]


OLDEST = Kind.of("20.10")
NEWEST = Kind.of("26")
