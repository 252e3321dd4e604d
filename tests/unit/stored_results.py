"""What stands in the small files of every format, ``store_format_<n>.h5``; run as a script, this writes one.

``python -m tests.unit.stored_results`` makes the file of the present format, or adds the classes, and the versions
of classes, that it lacks. Older ones are as the spinland of their time left them: 1 by version 0.1.0, before there were
checksums; 2 while a file still named the module of a
class, so it and 1 name modules that are no more.
"""

import importlib
import pkgutil
import types
import typing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

import spinland
from spinland.provenance import Provenance, record
from spinland.results import Result
from spinland.store.container import FORMAT
from spinland.store.hdf5 import Store


def fixture(version):
    """The file of a format."""
    return Path(__file__).with_name(f"store_format_{version}.h5")


@dataclass(frozen=True, eq=False, kw_only=True)
class Walk(Result):
    values: np.ndarray
    names: np.ndarray
    number: Any
    label: str
    pair: tuple
    inner: Result | None


@dataclass(frozen=True, eq=False, kw_only=True)
class Runs(Result):
    params: np.ndarray
    loss: np.ndarray
    rate: float


def walk(seed, inner=None):
    return Walk(
        provenance=record("walk", {"n": 3}, seed=seed),
        values=np.arange(12.0).reshape(3, 4) / (seed + 1),
        names=np.array(["Λ", "bc"]),
        number=seed + 0.5,
        label=f"walk {seed}",
        pair=(1, 2.5, "x", None, (True,)),
        inner=inner,
    )


def row(index):
    return {"params": np.full(5, index + 0.25, np.float32), "loss": np.array([index, np.nan])}


ROWS = {"params": ((5,), np.float32), "loss": ((2,), np.float64)}
META = {"kind": "mine", "seed": 1}
BEGUN = {"provenance": record("train", seed=2), "rate": 0.1}


def result_classes():
    """Every class of results that spinland has."""
    for module in pkgutil.walk_packages(spinland.__path__, "spinland."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, waiting = {Result}, [Result]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.startswith("spinland."):
                found.add(kind)
    return sorted(found, key=lambda kind: kind.__qualname__)


def example(hint, number):
    """A value that fits an annotation; `number` makes values differ."""
    origin, arguments = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin is np.ndarray:
        return np.array([[number, np.nan], [-0.0, np.inf]])
    if origin in (typing.Union, types.UnionType):
        return example(arguments[number % len(arguments)], number)
    if origin is typing.Literal:
        return arguments[0]
    if origin is tuple:
        if arguments[1:] == (...,):
            return (example(arguments[0], number), example(arguments[0], number + 1))
        return tuple(example(argument, number) for argument in arguments)
    plain = {bool: True, int: number, float: number + 0.5, str: f"text {number}", type(None): None, typing.Any: 1.5}
    if origin in plain:
        return plain[origin]
    if origin is Provenance:
        return record("example", {"number": number}, seed=number)
    if isinstance(origin, type) and issubclass(origin, Result):
        return instance(origin, number)
    raise NotImplementedError(f"no example of {hint}")


def instance(kind, number):
    """A result of arbitrary values; the class may refuse them."""
    hints = typing.get_type_hints(kind)
    names = [field.name for field in fields(kind) if field.init]
    return kind(**{name: example(hints[name], number + i) for i, name in enumerate(names)})


def place(kind):
    """Where a result of a class stands in the files: under its name, and its version from the second one on."""
    stored_as = kind.stored_as
    return f"every/{stored_as.name}" + (f".{stored_as.version}" if stored_as.version > 1 else "")


def write(path):
    """Results that are whole, one that is finished row by row, one of which a row is missing."""
    store = Store(path)
    store.set_meta(META)
    store.save("walks/0", walk(0, inner=walk(1)))
    for name, rows in (("finished", 3), ("begun", 2)):
        writer = store.reserve(name, Runs, 3, rows=ROWS, fields=BEGUN)
        for index in range(rows):
            writer.write(index, **row(index))


def write_every_class(path):
    """One of every class and version that is not there yet."""
    store = Store(path)
    for kind in result_classes():
        if place(kind) not in store:
            store.save(place(kind), instance(kind, 0))


if __name__ == "__main__":
    path = fixture(FORMAT)
    if not path.exists():
        write(path)
    write_every_class(path)
