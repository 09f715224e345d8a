"""The plan preview: what a deployment would do, as it is shown and printed as JSON."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from gonogo.reports.model import ServiceChange

MB = 1_000_000


class Transfer(BaseModel):
    """What would be sent: image names, and bytes; None where that cannot be known before the build.

    ``estimated``: images that are yet to be built are taken to be as large as those that run. ``pulled``:
    images that the target would fetch from a registry itself. ``whole``: also the layers that are there.
    """

    model_config = ConfigDict(extra="forbid")
    images: list[str] = Field(default_factory=list)
    bytes: int | None = 0
    estimated: bool = False
    pulled: list[str] = Field(default_factory=list)
    whole: bool = False

    @property
    def told(self) -> str:
        """What would be sent, in words."""
        size = (
            "of a size that is known after the build" if self.bytes is None else f"{self.bytes / MB:.0f} MB"
        )
        about = "up to about " if self.estimated and self.bytes is not None else ""
        guess = ", as large as what runs" if about else ""
        if self.whole:
            guess += ", with all layers: those that are there came compressed, as from a registry"
        elif about:
            guess += ", less the layers that are there"
        sent = f"{', '.join(self.images)}: {about}{size}{guess}" if self.images else "nothing is sent"
        return f"{sent}; pulled there: {', '.join(self.pulled)}" if self.pulled else sent


class PlanPreview(BaseModel):
    """What a deployment would do. ``unavailable``: seconds by service, None where nothing is known of it."""

    model_config = ConfigDict(extra="forbid")
    version: str
    method: str
    previous: str = ""
    services: list[ServiceChange]
    transfer: Transfer
    unavailable: dict[str, float | None]
    steps: list[str]
    commits: list[str]
    notes: list[str] = Field(default_factory=list)
    networks: list[str] = Field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """The preview in words, one line after another."""
        width = max((len(change.service) for change in self.services), default=0)
        told = [f"version   {self.version} by {self.method}, over {self.previous or 'nothing'}", "services"]
        told += [f"  {change.service:{width}}  {change.action:9}  {change.why}" for change in self.services]
        told += [f"transfer  {self.transfer.told}", f"downtime  {self.downtime}"]
        told += [*(f"network   {one}" for one in self.networks), "steps"]
        told += [f"  {number}. {step}" for number, step in enumerate(self.steps, 1)]
        told += ["commits", *(f"  {commit}" for commit in self.commits)] if self.commits else []
        return [*told, *(f"note      {note}" for note in self.notes)]

    @property
    def downtime(self) -> str:
        """Which services would not answer for how long, in words."""
        rows = [
            f"{name} {f'about {seconds:.0f} s, as last time' if seconds is not None else 'unknown'}"
            for name, seconds in self.unavailable.items()
        ]
        return "; ".join(rows) or "none: no service that runs is replaced"
