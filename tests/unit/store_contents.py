"""A file with all that a store can hold, and all that can be had from one."""

from dataclasses import fields
from typing import Any

import numpy as np

from spinland.errors import StoreError
from spinland.provenance import Provenance
from spinland.results import Result
from spinland.store.hdf5 import Store
from tests.unit.stored_results import BEGUN, META, ROWS, Runs, Walk, row, walk


def make(path):
    """A file with every kind of field, folders, results within results, finished rows and rows that are missing."""
    store = Store(path)
    store.set_meta(META)
    store.save("walks/0", walk(0, inner=walk(1)))
    store.save("walks/large", Walk(**of(walk(2)) | {"values": np.random.default_rng(0).normal(size=(90, 100))}))
    for name, rows in (("finished", 3), ("begun", 2)):
        writer = store.reserve(name, Runs, 3, rows=ROWS, fields=BEGUN)
        for index in range(rows):
            writer.write(index, **row(index))
    return store


def of(result):
    return {field.name: getattr(result, field.name) for field in fields(result)}


def plain(value: Any) -> Any:
    """A result as something that can be compared, NaN and the sign of zero included."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, (Result, Provenance)):
        return type(value).__name__, {name: plain(item) for name, item in of(value).items()}
    return repr(value)


def named(path, error):
    """An error that names the file."""
    assert str(path) in str(error)
    return error


def contents(path, mmap=False):
    """All that can be had from a file, or the errors that come instead."""
    found = {}
    store = Store(path, "r")
    actions = {name: lambda name=name: plain(store.load(name, mmap=mmap)) for name in store.names()}
    actions |= {"meta": lambda: store.meta, "pending": store.pending}
    for name, action in actions.items():
        try:
            found[name] = action()
        except StoreError as error:
            found[name] = named(path, error)
    return found
