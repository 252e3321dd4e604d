"""Classes of the results in ``store_format_1.h5``, a file written by spinland 0.1.0 before files held checksums.

Run as a script with that version, this wrote the file. The classes are registered under a module name of their
own, so that neither the name of this file nor a change of spinland's classes makes the old file unreadable.
"""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from spinland.provenance import record
from spinland.results import Result
from spinland.store.hdf5 import Store


@dataclass(frozen=True, eq=False, kw_only=True)
class Walk(Result):
    __module__ = "old_results"
    values: np.ndarray
    names: np.ndarray
    number: Any
    label: str
    pair: tuple
    inner: Result | None


@dataclass(frozen=True, eq=False, kw_only=True)
class Runs(Result):
    __module__ = "old_results"
    params: np.ndarray
    loss: np.ndarray
    rate: float


def walk(seed, inner=None):
    return Walk(
        provenance=record("walk", {"n": 3}, seed=seed), values=np.arange(12.0).reshape(3, 4) / (seed + 1),
        names=np.array(["Λ", "bc"]), number=seed + 0.5, label=f"walk {seed}", pair=(1, 2.5, "x", None, (True,)),
        inner=inner,
    )  # fmt: skip


def row(index):
    return {"params": np.full(5, index + 0.25, np.float32), "loss": np.array([index, np.nan])}


ROWS = {"params": ((5,), np.float32), "loss": ((2,), np.float64)}
META = {"kind": "mine", "seed": 1}


def write(path):
    store = Store(path)
    store.set_meta(META)
    store.save("walks/0", walk(0, inner=walk(1)))
    fields = {"provenance": record("train", seed=2), "rate": 0.1}
    for name, rows in (("finished", 3), ("begun", 2)):
        writer = store.reserve(name, Runs, 3, rows=ROWS, fields=fields)
        for index in range(rows):
            writer.write(index, **row(index))


if __name__ == "__main__":
    write(sys.argv[1])
