"""The caller's data are his: no public function changes them, and no result changes with them."""

import importlib
import pkgutil
import types
from dataclasses import fields, is_dataclass

import numpy as np
import pytest

import spinland as sl
from spinland import arrays
from spinland.arrays import Owner
from tests.oracles import objects, public

NAMES = sorted(public.CASES)
pytestmark = pytest.mark.filterwarnings("ignore::spinland.errors.ShortRunWarning")  # the runs are short on purpose


def test_every_public_function_has_a_case():
    assert set(public.CASES) == set(public.public_names())


def parts(value, inside=True, seen=None):
    """All arrays, lists and dictionaries that are reachable from something; with ``inside`` also in objects."""
    seen = {} if seen is None else seen
    if id(value) in seen or isinstance(value, (type, types.FunctionType, types.ModuleType, str)):
        return []
    seen[id(value)] = value
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, (list, tuple)):
        below = list(value)
    elif isinstance(value, dict):
        below = list(value.values())
    else:
        below = list(vars(value).values()) if inside and hasattr(value, "__dict__") else []
    own = [value] if isinstance(value, (list, dict)) else []
    return own + [part for item in below for part in parts(item, inside, seen)]


def bits(value):
    """Everything in a result as nested tuples that can be compared."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, (list, tuple)):
        return tuple(bits(item) for item in value)
    if isinstance(value, dict):
        return tuple((repr(key), bits(item)) for key, item in value.items())
    if isinstance(value, (type, types.FunctionType, types.ModuleType)):
        return id(value)
    if hasattr(value, "__dict__"):
        return type(value).__name__, bits({key: item for key, item in vars(value).items() if key != "path"})
    return type(value).__name__ if type(value).__repr__ is object.__repr__ else repr(value)


def scribble(arguments):
    """Change all that the caller still holds in his hands."""
    for part in parts(arguments, inside=False):
        if isinstance(part, np.ndarray) and part.flags.writeable:
            part[...] = 7 if part.dtype.kind in "iu" else 77.5
        elif isinstance(part, list):
            part[:] = [None] * len(part)
        elif isinstance(part, dict):
            part.clear()


@pytest.mark.parametrize("name", NAMES)
def test_arguments_stay_and_results_are_independent(name):
    function, arguments = public.prepared(name)
    held = [(part, bits(part)) for part in parts(arguments) if isinstance(part, np.ndarray)]
    result = public.consumed(function(**arguments))
    assert all(bits(part) == before for part, before in held)
    if name.startswith("figures."):  # what is drawn belongs to matplotlib
        return
    before = bits(result)
    scribble(dict(arguments))
    assert bits(result) == before


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(("figures.", "Store", "LocalWorkers"))])
def test_read_only_arguments_give_the_same_bits(name):
    function, arguments = public.prepared(name)
    before = bits(public.consumed(function(**arguments)))
    function, arguments = public.prepared(name)
    arrays = [part for part in parts(arguments, inside=False) if isinstance(part, np.ndarray)]
    for array in arrays:
        array.flags.writeable = False
    assert bits(public.consumed(function(**arguments))) == before
    assert not any(array.flags.writeable for array in arrays)


#: What functions hand to each other inside; it never leaves them.
INSIDE = {"Certificate", "CurveErrors", "Fit", "Made", "Order", "Rows", "Solutions", "TwoTimes", "Work", "Written"}


def test_whatever_keeps_arrays_owns_them():
    for module in pkgutil.walk_packages(sl.__path__, "spinland."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    kinds = [kind for kind in every_subclass(object) if str(kind.__module__).startswith("spinland.")]
    keep = [
        kind
        for kind in kinds
        if is_dataclass(kind)
        and not kind.__name__.startswith("_")
        and any("NDArray" in str(field.type) for field in fields(kind))
    ]
    assert len(keep) > 20
    assert [kind.__qualname__ for kind in keep if not issubclass(kind, Owner) and kind.__name__ not in INSIDE] == []


def every_subclass(kind):
    below = type.__subclasses__(kind)
    return below + [deeper for item in below for deeper in every_subclass(item)]


def test_results_are_read_only_and_share_what_is_locked():
    ensemble = objects.ensemble()
    assert not ensemble.params.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        ensemble.params[0] = 0
    data = objects.digits()
    landscape = sl.NetworkLandscape(objects.network(), data.x_train, data.y_train, dtype="float32")
    assert np.shares_memory(landscape.samples.x, data.x_train)


def test_instances_that_share_starts_begin_at_them():
    bowls = [sl.FunctionLandscape(lambda w, at=at: ((w - at) ** 2).sum(axis=1), 2) for at in (1.0, 3.0)]
    starts = np.zeros((1, 2))
    flow = sl.gradient_flow(bowls, starts, [0.0, 0.1])
    assert flow.energies[:, 0, 0].tolist() == [2.0, 18.0]
    assert not starts.any()


def test_landscapes_keep_their_values():
    x, y, w = objects.numbers(6, 3), objects.numbers(6, 2), objects.weights()
    landscape = sl.NetworkLandscape(objects.network(), x, y, "mse", "float64")
    before = landscape.value(w)
    x *= 3
    y *= 3
    assert np.array_equal(landscape.value(w), before)


class Reused:
    """A user's functions that return one buffer in every call and work in their argument."""

    def __init__(self):
        self.values, self.slopes = np.empty(64), np.empty((64, 3))

    def value(self, w):
        w *= w
        out = self.values[: len(w)]
        np.sum(w, axis=1, out=out)
        w[:] = np.nan
        return out

    def gradient(self, w):
        out = self.slopes[: len(w)]
        np.multiply(w, 2, out=out)
        w[:] = np.nan
        return out


def test_functions_that_reuse_a_buffer_or_write_to_their_argument_do_no_harm():
    mine, clean = Reused(), objects.bowl()
    harmful = sl.FunctionLandscape(mine.value, 3, gradient=mine.gradient)
    point, vectors = objects.numbers(3), objects.numbers(2, 3, seed=1)
    first = harmful.value(point[None])
    harmful.value(2 * point[None])
    assert first == clean.value(point[None])
    assert np.array_equal(harmful.hessian_product(point, vectors), clean.hessian_product(point, vectors))
    one, other = (sl.random_walk(item, point, 0.1, 5, 3) for item in (harmful, clean))
    assert np.array_equal(one.values, other.values)
    assert np.array_equal(one.distance, other.distance)
    assert np.array_equal(sl.minimize(harmful, vectors).points, sl.minimize(clean, vectors).points)


def test_large_arrays_are_not_copied_on_their_way(monkeypatch, tmp_path):
    copied = set()

    def noting(instance):
        for field in fields(instance):
            value = getattr(instance, field.name)
            if isinstance(value, np.ndarray) and not arrays.locked(value):
                copied.add(f"{type(instance).__name__}.{field.name}")

    monkeypatch.setattr(arrays, "own_fields", noting)
    options = {"batch_size": 4, "epochs": 1, "keep_initial": True, "snapshots": True}
    ensemble = sl.train(objects.network(), objects.digits(), 3, **options)
    store = sl.Store(tmp_path / "a.h5")
    store.save("a", ensemble)
    store.load("a")
    sl.minimize(objects.bowl(), objects.numbers(4, 3))
    sl.gradient_flow(objects.bowl(), objects.numbers(4, 3), [0.0, 1.0])
    sl.hierarchy(objects.numbers(5, 4))
    sl.pair_statistics(objects.numbers(5, 4))
    large = {
        "Ensemble.params",
        "Ensemble.initial",
        "Ensemble.snapshots",
        "Minimization.points",
        "GradientFlow.points",
        "Hierarchy.distances",
        "PairStatistics.distances",
        "PairStatistics.overlaps",
    }
    assert not copied & large
