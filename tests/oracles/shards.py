"""Shards of a file that nobody computed: rows and results whose values follow from their places."""

import numpy as np

import spinland as sl
from spinland.environment import current
from spinland.provenance import record, version
from spinland.store.hdf5 import Store
from tests.oracles.objects import walk

ROOM = "rows"
PLAN = [ROOM, "first", "second", "third"]


def row(number, width):
    return number + np.arange(width) / width


def made(path, number, count, n_rows=7, width=3, *, results=(), rows=None, **more):
    """The K-th of N shards of a file with ``n_rows`` rows, and some results; ``more`` for what it tells of itself."""
    store, numbers = Store(path), np.arange(number - 1, n_rows, count)
    store.set_meta(
        {
            "kind": f"study shard {number}/{count}",
            "shard": {"of": "study", "number": number, "count": count},
            "config": {"seed": 1, "data_dir": None},
            "data": "",
            "version": version(),
            "plan": PLAN,
            "rooms": {ROOM: n_rows},
            "tasks": [*[ROOM] * bool(numbers.size), *results],
            "chapters": ["training"],
            "finished": False,
            "failed": {},
            "environments": [current()],
        }
        | more
    )
    if numbers.size:
        fields = {"edges": np.arange(width + 1.0), "density_error": np.ones(width), "provenance": record("made")}
        shape = {"density": ((width,), "f8")}
        writer = store.reserve(ROOM, sl.OverlapDistribution, numbers.size, rows=shape, fields=fields)
        for place, which in enumerate(numbers[:rows]):
            writer.write(place, density=row(which, width))
    for name in results:
        store.save(name, walk())
    return path
