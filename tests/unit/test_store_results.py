"""Every module can be imported, and every class of results survives the store."""

import pkgutil
import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest

import spinland
import spinland_kernels
from spinland.results import Result
from spinland.statistics.correlation import RankCorrelation
from spinland.store.hdf5 import Store
from tests.unit.stored_results import instance, result_classes

MODULES = sorted(
    module.name
    for package in (spinland, spinland_kernels)
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    if not module.name.endswith("__main__")
)


def test_modules_import_silently_in_any_order():
    """Last letters first: a circle of imports that only goes well from one side breaks here."""
    code = (
        f"import sys, importlib; sys.path[:0] = {sys.path!r}\nfor name in {MODULES[::-1]!r}: "
        "importlib.import_module(name)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def assert_equal(loaded, original):
    assert type(loaded) is type(original)
    for field in fields(original):
        back, value = getattr(loaded, field.name), getattr(original, field.name)
        if isinstance(value, np.ndarray):
            assert (back.dtype, back.shape, back.tobytes()) == (value.dtype, value.shape, value.tobytes()), field.name
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


def test_a_fresh_process_finds_the_class_and_loads_no_other(tmp_path):
    path = tmp_path / "study.h5"
    Store(path).save("result", instance(RankCorrelation, 1))
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from spinland.store.hdf5 import Store\n"
        f"kind = type(Store({str(path)!r}, 'r').load('result'))\n"
        "print(kind.__name__, *(part for part in ('probes', 'study', 'figures') if f'spinland.{part}' in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "RankCorrelation"
