"""What critical_points refuses, and its parts on cases known by hand."""

from __future__ import annotations

from dataclasses import replace
from math import comb

import numpy as np
import pytest

from spinland.critical import homotopy
from spinland.critical.certificates import certify
from spinland.critical.completeness import conditions, saturation
from spinland.critical.counts import critical_point_counts
from spinland.critical.newton import tangent_bases
from spinland.critical.points import critical_points
from spinland.dynamics.distinct import distinct
from spinland.errors import ArgumentError
from spinland.landscape.function import FunctionLandscape
from spinland.landscape.glass import SphericalSpinGlass
from spinland.replicas.minima import glass_minima
from spinland.store.hdf5 import Store

GLASS = SphericalSpinGlass(4, 3, seed=1)
MIXTURE = SphericalSpinGlass(4, {2: 1.0, 3: 1.0}, seed=1)


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: critical_points(GLASS, 0), "n_starts"),
        (lambda: critical_points(GLASS, 2.5), "n_starts"),
        (lambda: critical_points(GLASS, seed=-1), "seed"),
        (lambda: critical_points(GLASS, method="newton"), "method"),
        (lambda: critical_points(MIXTURE, method="algebra"), "method"),
        (lambda: critical_points(SphericalSpinGlass(20, 3), method="algebra"), "method"),
        (lambda: critical_points(SphericalSpinGlass(4, 3, dtype="float32")), "glass"),
        (lambda: critical_points(SphericalSpinGlass(4, 3, generated=True)), "glass"),
        (lambda: critical_points(FunctionLandscape(lambda w: w.sum(axis=1), 3)), "glass"),
        (lambda: critical_point_counts(1, 3, 2), "n_spins"),
        (lambda: critical_point_counts(3, 1, 2), "order"),
        (lambda: critical_point_counts(3, 3, 0), "n_instances"),
        (lambda: critical_point_counts(3, 3, 2, n_starts=0), "n_starts"),
        (lambda: critical_point_counts(3, 3, 2, method="all"), "method"),
    ],
)
def test_bad_input(call, argument):
    with pytest.raises(ArgumentError, match=f"^{argument}: "):
        call()


def diagonal(n, order, weights):
    tensor = np.zeros((n,) * order)
    tensor[(np.arange(n),) * order] = weights
    return tensor


@pytest.mark.parametrize("method", ["algebra", "search"])
def test_a_diagonal_tensor_has_as_many_real_points_as_complex_ones(method):
    # J_i x_i² = λ x_i: x_i is 0 or λ/J_i. A support of m spins with λ > 0 has the index N − m.
    glass = SphericalSpinGlass.from_couplings(diagonal(4, 3, [1.0, 1.3, 0.8, 1.7]))
    found = critical_points(glass, 1500 if method == "search" else None, method=method)
    assert found.complete is True
    assert "proved" in found.evidence[0]
    assert len(found.points) == found.bound == 2 * (2**4 - 1)
    up = [comb(4, 4 - k) if k < 4 else 0 for k in range(4)]
    np.testing.assert_array_equal(found.counts, np.array(up) + up[::-1])
    np.testing.assert_array_equal(found.index[found.energy > 0].min(), 0)


def test_a_symmetry_leaves_no_isolated_points():
    # H ∝ x (y² + z²): besides ±x the circles x² = 1/3 are critical, where one eigenvalue is 0.
    tensor = np.zeros((3, 3, 3))
    tensor[0, 1, 1] = tensor[0, 2, 2] = 1.0
    found = critical_points(SphericalSpinGlass.from_couplings(tensor), 60)
    assert found.complete is None
    assert found.n_degenerate > 10
    assert "degenerate" in found.evidence[0]


@pytest.mark.parametrize(("n", "order"), [(2, 3), (4, 3), (3, 4), (2, 6)])
def test_start_pairs_solve_the_diagonal_tensor(n, order):
    gamma = np.exp(0.7j)
    pairs = homotopy.start_pairs(n, order, gamma)
    x, value = pairs[:, :n], pairs[:, n:]
    assert len(pairs) == ((order - 1) ** n - 1) // (order - 2)
    np.testing.assert_allclose(gamma * x ** (order - 1), value * x, atol=1e-14)
    np.testing.assert_allclose(np.linalg.norm(x, axis=1), 1)
    overlap = np.abs(x.conj() @ x.T) - np.eye(len(x))
    assert overlap.max() < 1 - 1e-6


def test_only_true_and_different_pairs_are_certified():
    tensor = diagonal(3, 3, [1.0, 1.0, 1.0])
    pairs = homotopy.start_pairs(3, 3, 1.0)
    off = pairs[:2] + 0.3 * np.random.default_rng(0).normal(size=(2, 4))
    turned = pairs[2:3] * np.exp(1j * np.array([1.0, 1.0, 1.0, 1.0]))  # the same line, λ turns with x at order 3
    held = certify(tensor, np.concatenate([off, pairs, turned, np.full((1, 4), np.nan)]), 7)
    assert held.complete
    assert len(held.pairs) == held.expected == 7
    assert held.real.all()
    assert not certify(tensor, pairs[:-1], 7).complete
    x = held.directions()
    np.testing.assert_allclose(np.einsum("ijk,bj,bk->bi", tensor, x, x), held.pairs[:, 3:].real * x, atol=1e-12)


@pytest.mark.parametrize(("coupling", "n_real"), [(1.0, 3), (0.1, 1)])
def test_a_complex_line_is_not_called_real(coupling, n_real):
    # Two spins, x = (1, s): J x² = (1 + c s², 2 c s + 0.3 s²) is parallel to x where c s³ − 0.3 s² + (1 − 2c) s = 0.
    tensor = np.zeros((2, 2, 2))
    tensor[0, 0, 0], tensor[1, 1, 1] = 1.0, 0.3
    tensor[0, 1, 1] = tensor[1, 0, 1] = tensor[1, 1, 0] = coupling
    found = homotopy.complex_eigenpairs(tensor[None], 0)[0]
    slopes = np.roots([coupling, -0.3, 1 - 2 * coupling, 0.0])
    assert found.complete
    ratio = found.pairs[:, 1] / found.pairs[:, 0]
    assert np.abs(ratio[:, None] - slopes).min(axis=1).max() < 1e-12
    assert found.real.sum() == np.sum(slopes.imag == 0) == n_real


def test_distinct_points_and_lines():
    u = np.array([[3.0, 0], [0, 3], [-3, 1e-9], [3, 1e-9], [2, np.sqrt(5)]])
    first, label, sign = distinct(u, True)
    np.testing.assert_array_equal(first, [0, 1, 4])
    np.testing.assert_array_equal(label, [0, 1, 0, 0, 2])
    np.testing.assert_array_equal(sign, [1, 1, -1, 1, 1])
    first, label, sign = distinct(u, False)
    np.testing.assert_array_equal(first, [0, 1, 2, 4])
    np.testing.assert_array_equal(label, [0, 1, 2, 0, 3])
    many = np.random.default_rng(0).normal(size=(400, 3))
    first, label, _ = distinct(np.concatenate([many, many[::-1]]), False)
    np.testing.assert_array_equal(first, np.arange(400))
    np.testing.assert_array_equal(label[400:], np.arange(400)[::-1])


@pytest.mark.parametrize(("dtype", "one", "two"), [("float64", 5e-7, 2e-6), ("float32", 5e-3, 2e-2)])
@pytest.mark.parametrize("sign", [1, -1])
def test_how_close_two_points_are_one_follows_from_their_float_type(dtype, one, two, sign):
    for apart, several in ((one, False), (two, True)):
        pair = 7 * np.array([[1, 0], [sign * np.cos(apart), sign * np.sin(apart)]], dtype)
        assert len(distinct(pair, True)[0]) == 1 + several
        assert len(distinct(pair, False)[0]) == 1 + (several or sign < 0)


@pytest.mark.parametrize("order", [3, 4])
def test_minima_of_descents_are_those_among_all_critical_points(order):
    glass = SphericalSpinGlass(6, order, seed=2)
    every = critical_points(glass)
    deepest = every.points[every.index == 0]
    minima = glass_minima(glass, 60, seed=1)
    found = minima.params[minima.distinct]
    assert minima.symmetric == (order == 4)
    assert len(distinct(np.concatenate([deepest, found]), False)[0]) == len(deepest)
    assert len(found) == len(deepest) / (2 if minima.symmetric else 1)
    antipodes = replace(minima, params=np.concatenate([minima.params, -minima.params]))
    assert len(antipodes.distinct) == len(found) * (1 if minima.symmetric else 2)


def test_saturation_counts_what_was_met_once_and_twice():
    seen = saturation(np.array([0, 1, 0, 2, 1, 0, 0, 0]))
    assert (seen.singletons, seen.doubletons, seen.since_last_new, seen.n_converged) == (1, 1, 4, 8)
    assert seen.coverage == 1 - 1 / 8
    assert seen.unseen == 0
    assert not seen.reached
    assert saturation(np.array([0, 1, 0, 1])).reached
    assert not saturation(np.array([0, 0, 0, 1, 1])).reached
    assert saturation(np.arange(5)).unseen == 10
    empty = saturation(np.zeros(0, np.int64))
    assert not empty.reached
    assert empty.coverage == 0


def test_conditions_of_a_linear_function_and_of_a_quadratic_one():
    assert conditions(np.array([0, 3]), 4, (3,)).hold  # a minimum and a maximum; one line, odd as 2⁴ − 1
    assert not conditions(np.array([0, 0, 3, 3]), 4, (3,)).hold  # two minima need a saddle between them
    assert conditions(np.repeat(np.arange(4), 2), 4, (4,)).hold
    assert not conditions(np.array([0, 0, 3, 3]), 4, (4,)).hold  # the projective space has every Betti number
    assert conditions(np.array([0, 2]), 3, (2, 3)).bound is None


def test_tangent_bases_are_orthonormal_and_tangential():
    points = np.concatenate([np.random.default_rng(1).normal(size=(5, 4)), np.eye(4), -np.eye(4)])
    basis = tangent_bases(points)
    np.testing.assert_allclose(
        np.einsum("bik,bil->bkl", basis, basis), np.broadcast_to(np.eye(3), (13, 3, 3)), atol=1e-14
    )
    np.testing.assert_allclose(np.einsum("bik,bi->bk", basis, points), 0, atol=1e-14)


def test_results_go_through_the_store(tmp_path):
    found, counts = critical_points(GLASS, 30), critical_point_counts(3, 3, 4)
    with Store(tmp_path / "a.h5") as store:
        store.save("points", found)
        store.save("counts", counts)
        again, more = store.load("points"), store.load("counts")
    assert again.evidence == found.evidence
    assert again.complete is True
    assert again.order == (3,)
    np.testing.assert_array_equal(again.points, found.points)
    np.testing.assert_array_equal(more.counts, counts.counts)
    assert more.n_complete == 4
