"""Results to store, and what the tests of the store share."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from spinland.errors import ArgumentError
from spinland.provenance import record
from spinland.results import Result


@dataclass(frozen=True, eq=False, kw_only=True)
class Sample(Result):
    values: np.ndarray
    number: Any = 1.5
    label: str = "a walk"
    pair: tuple = (1, 2.5, "three", None, True, (4,))
    inner: Result | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Strict(Result):
    size: int

    def __post_init__(self):
        if self.size < 0:
            raise ArgumentError("size", "at least 0", self.size)


def sample(seed=0, **fields):
    values = np.random.default_rng(seed).normal(size=(5, 4))
    return Sample(**({"provenance": record("made", {"n": 3}, seed=seed), "values": values} | fields))


def others():
    """All fields of a sample but its values."""
    return {"provenance": record("made"), "number": 1, "label": "", "pair": (), "inner": None}


@contextmanager
def unchanged(path):
    """The bytes of the file and the names beside it are the same afterwards."""
    before = path.read_bytes()
    yield
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
