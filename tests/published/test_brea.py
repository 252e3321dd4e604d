"""Brea, Şimşek, Illing and Gerstner, "Weight-space symmetry in deep networks gives rise to permutation saddles"
(arXiv:1907.02911): permutation points are critical, with n_{k+1} flat dimensions and as many zero eigenvalues.

No random error: everything is exact but for rounding, at points where no unit's input is zero at a sample.
"""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

import spinland as sl
from spinland.connect.permutations import weights_of_units
from tests.oracles import network as oracle


def problem(inputs, outputs, units=3, seed=0, n=200):
    """A network that learns from one with more units, in float64."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n, inputs))
    teacher = (inputs, 10, outputs)
    point = draw.normal(size=sum(o * (i + 1) for i, o in pairwise(teacher)))
    y = oracle.forward(teacher, True, point, x)[-1]
    return sl.NetworkLandscape(sl.ReLUNetwork((inputs, units, outputs)), x, y, "mse", "float64")


@cache
def smooth_saddle(inputs, outputs):
    """A permutation saddle that lies on no kink; of some starts the first such."""
    landscape = problem(inputs, outputs)
    starts = 2 * landscape.network.initialize(12, 1, dtype="float64")
    found = sl.minimize(landscape, starts, 1e-9)
    for point in found.points[found.converged]:
        for units in ((0, 1), (0, 2), (1, 2)):
            saddle = sl.permutation_saddle(landscape, point, 0, units, n=11)
            if saddle.settled and saddle.n_kinks == 0:
                return landscape, saddle
    pytest.fail("no smooth permutation point was met")


@pytest.mark.parametrize(("inputs", "outputs"), [(4, 1), (5, 2), (4, 3)])
def test_the_permutation_point_is_critical_with_a_plateau_and_zero_eigenvalues(inputs, outputs):
    landscape, saddle = smooth_saddle(inputs, outputs)
    assert saddle.residual < 1e-7
    assert np.ptp(saddle.plateau) < 1e-13
    assert saddle.n_next == outputs
    assert saddle.n_flat >= outputs  # met: at least n_{k+1} zero eigenvalues
    assert saddle.n_zero >= saddle.n_flat
    # The plateau has n_{k+1} dimensions: any weights may go out of one unit into the other.
    _, outs = weights_of_units(landscape.network, 0, saddle.units)
    for shift in np.random.default_rng(0).normal(size=(5, outputs)):
        moved = saddle.point.copy()
        moved[outs[0]] += shift
        moved[outs[1]] -= shift
        assert abs(landscape.value(moved) - saddle.value) < 1e-12
    # It is symmetric: the exchange of the two units leaves it where it is.
    ins, outs = weights_of_units(landscape.network, 0, saddle.units)
    np.testing.assert_array_equal(saddle.point[ins[0]], saddle.point[ins[1]])
    np.testing.assert_array_equal(saddle.point[outs[0]], saddle.point[outs[1]])


@pytest.mark.parametrize(("inputs", "outputs"), [(4, 1), (5, 2), (4, 3)])
def test_eigenvalues_that_move_the_units_apart_are_pairs_and_zeros(inputs, outputs):
    """± the singular values of Σ x δ' [unit active], of rank n_{k+1} − 1: the plateau is not in the null space."""
    landscape, saddle = smooth_saddle(inputs, outputs)
    samples = landscape.samples
    parts = oracle.layers(landscape.network.widths, True, saddle.point)
    acts = oracle.forward(landscape.network.widths, True, saddle.point, samples.x)
    delta = oracle.output_delta(acts[-1], samples.targets, "mse")
    active = acts[1][:, saddle.units[0]] > 0
    rows = np.hstack([samples.x, np.ones((len(samples.x), 1))])[active]
    singular = np.linalg.svd(rows.T @ delta[active], compute_uv=False)
    zeros = len(saddle.antisymmetric) - 2 * len(singular)
    want = np.sort(np.concatenate([singular, -singular, np.zeros(zeros)]))
    np.testing.assert_allclose(saddle.antisymmetric, want, atol=1e-8)
    assert singular[-1] < 1e-7  # the combination that the unit feeds has no slope
    np.testing.assert_allclose(parts[1][0][:, saddle.units[0]], parts[1][0][:, saddle.units[1]], rtol=0)


def test_the_way_there_begins_at_the_solution_and_the_distance_shrinks():
    landscape, saddle = smooth_saddle(5, 2)
    for first, second in weights_of_units(landscape.network, 0, saddle.units):
        apart = np.linalg.norm(saddle.points[:, first] - saddle.points[:, second], axis=1)
        np.testing.assert_allclose(apart, apart[0] * (1 - saddle.places), atol=1e-12)
    assert saddle.gradient_norms[0] < 1e-8
    assert saddle.index[0] == 0
    assert saddle.barrier > 0


def test_with_few_inputs_fewer_eigenvalues_are_zero_than_the_paper_says():
    """Refuted in this: 2 inputs and a bias, 3 outputs. K = 6, rank 2, so that 2 of the directions are flat, not 3."""
    _, saddle = smooth_saddle(2, 3)
    assert np.ptp(saddle.plateau) < 1e-13
    assert (len(saddle.antisymmetric), saddle.n_next, saddle.n_flat) == (6, 3, 2)
