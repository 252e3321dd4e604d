"""Every module can be imported, and every class of results survives the store."""

import contextlib
import importlib
import pkgutil
import subprocess
import sys
import types
import typing
from dataclasses import fields

import numpy as np
import pytest

import spinland
import spinland_kernels
from spinland.errors import SpinlandError
from spinland.provenance import Provenance, record
from spinland.results import Result
from spinland.store.hdf5 import Store

MODULES = sorted(
    module.name
    for package in (spinland, spinland_kernels)
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_import(name):
    importlib.import_module(name)


def result_classes():
    for name in MODULES:
        with contextlib.suppress(ImportError):  # test_import reports it
            importlib.import_module(name)
    found, waiting = {Result}, [Result]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.startswith("spinland."):
                found.add(kind)
    return sorted(found, key=lambda kind: (kind.__module__, kind.__qualname__))


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
    plain = {
        bool: True,
        int: number,
        float: number + 0.5,
        str: f"text {number}",
        type(None): None,
        typing.Any: 1.5,
    }
    if origin in plain:
        return plain[origin]
    if origin is Provenance:
        return record("example", {"number": number}, seed=number)
    if isinstance(origin, type) and issubclass(origin, Result):
        return instance(origin, number)
    raise NotImplementedError(f"no example of {hint}")


def instance(kind, number):
    hints = typing.get_type_hints(kind)
    values = {
        field.name: example(hints[field.name], number + i)
        for i, field in enumerate(fields(kind))
        if field.init
    }
    try:
        return kind(**values)
    except SpinlandError as error:
        pytest.skip(f"{kind.__name__} takes no arbitrary values: {error}")


def assert_equal(loaded, original):
    assert type(loaded) is type(original)
    for field in fields(original):
        back, value = getattr(loaded, field.name), getattr(original, field.name)
        if isinstance(value, np.ndarray):
            assert (back.dtype, back.shape, back.tobytes()) == (value.dtype, value.shape, value.tobytes()), (
                field.name
            )
        elif isinstance(value, Result):
            assert_equal(back, value)
        else:
            assert repr(back) == repr(value), field.name


@pytest.mark.parametrize("kind", result_classes(), ids=lambda kind: kind.__name__)
def test_every_result_class(kind, tmp_path):
    store = Store(tmp_path / "study.h5")
    for number in range(3):  # unions are tried with each of their types
        original = instance(kind, number)
        store.save(f"result/{number}", original)
        assert_equal(store.load(f"result/{number}"), original)


def test_a_fresh_process_finds_the_class(tmp_path):
    kind = result_classes()[0]
    path = tmp_path / "study.h5"
    Store(path).save("result", instance(kind, 1))
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from spinland.store.hdf5 import Store\n"
        f"print(type(Store({str(path)!r}, 'r').load('result')).__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == kind.__name__
