"""What was measured: of each contender, and of an operation."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Entry:
    """What was measured of one contender; ``ratio`` is its time over ours, median and quartiles."""

    name: str
    setting: str = ""
    seconds: float = float("nan")  # of the whole work
    ratio: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    off: float = float("nan")  # largest difference from our result over our largest number
    first: float = float("nan")  # seconds of the first call, compiling included
    grown: float = float("nan")  # bytes by which a call raises the memory of the process
    peak: float = float("nan")  # bytes of the whole process
    share: float = 1.0
    aim: float | None = None
    error: str = ""  # why it did not take part
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Outcome:
    """A measured operation."""

    name: str
    work: str
    ours: Entry
    peers: list[Entry]
    limits: list[dict[str, Any]]
    tolerance: float
    unit: str
    count: float
    rounds: int
    load: float
    remark: str
    waiting: float = float("nan")
    """Largest share of a core that all waiting contenders together took while another one was timed."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def quickest(peers: list[Entry]) -> list[Entry]:
    """Of the peers of one name the setting that is hardest for us; one that broke where none ran."""
    best: dict[str, Entry] = {}
    for entry in peers:
        found = best.get(entry.name)
        if found is None or (not entry.error and (found.error or entry.ratio < found.ratio)):
            best[entry.name] = entry
    return list(best.values())
