"""Memory budgets: what fits, blocks that cover all once, and results that do not depend on them."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

import spinland as sl
from spinland import budget
from tests.oracles import objects

#: Everything that is worked through in blocks, not the limits above which something is refused or avoided.
BLOCKS = ("STARTS", "SPHERE_PAIRS", "TENSORS", "COMPONENTS", "DIFFERENCES", "SLICE_POINTS", "GRADIENTS", "REPLICAS")
GLASS = sl.SphericalSpinGlass(6, 3, seed=1)
POINTS = GLASS.random_points(5, seed=2)
BOWL = sl.FunctionLandscape(lambda w: np.sum(w**2, axis=1) + np.sin(w[:, 0]), 3)


@pytest.mark.parametrize(
    ("n", "room", "each", "sizes"),
    [(7, 24, 8, [3, 3, 1]), (6, 24, 8, [3, 3]), (3, 1, 8, [1, 1, 1]), (2, 100, 0, [2]), (0, 8, 8, [])],
)
def test_blocks_cover_all_once_and_in_order(n, room, each, sizes):
    parts = list(budget.blocks(n, room, each))
    assert [part.stop - part.start for part in parts] == sizes
    assert np.concatenate([np.arange(n)[part] for part in parts] or [[]]).tolist() == list(range(n))


EQUAL = {
    "minimize": lambda: sl.minimize(GLASS, POINTS),
    "gradient_flow": lambda: sl.gradient_flow(GLASS, POINTS, [0.0, 0.1, 1.0]),
    "langevin": lambda: sl.langevin(GLASS, POINTS, 1.0, [0.0, 0.1], waiting_times=[0.1]),
    "correlation": lambda: sl.correlation(GLASS, n_pairs=5),
    "critical_points": lambda: sl.critical_points(sl.SphericalSpinGlass(4, 3, seed=1), 6),
    "gradient by differences": lambda: BOWL.gradient(objects.numbers(4, 3)),
    "plane of a function": lambda: sl.plane(BOWL, np.ones(3), np.eye(3)[:2], [0.0, 1.0, 2.0], [0.0, 1.0]),
    "gradient of a network": lambda: objects.loss().gradient(objects.weights(3)),
    "hessian of a network": lambda: objects.loss().hessian_product(objects.weights(3)[0], objects.weights(3)),
    "distances": lambda: sl.distances(objects.numbers(6, 5)[:, ::2]),
    "fingerprint": lambda: sl.pair_statistics(objects.numbers(6, 5)),
}


@pytest.mark.parametrize("call", EQUAL.values(), ids=EQUAL)
def test_no_bit_depends_on_the_blocks(call, monkeypatch):
    whole = arrays(call())
    sizes = []
    for name in BLOCKS:
        monkeypatch.setattr(budget, name, 1)
    monkeypatch.setattr(budget, "fitting", lambda room, each: sizes.append(room) or 1)
    parts = arrays(call())
    assert 1 in sizes
    assert whole.keys() == parts.keys()
    for name, array in whole.items():
        np.testing.assert_array_equal(array, parts[name], err_msg=name)


def arrays(result):
    if isinstance(result, np.ndarray):
        return {"": result}
    kept = {field.name: getattr(result, field.name) for field in fields(result)}
    return {name: value for name, value in kept.items() if isinstance(value, (np.ndarray, float, str))}
