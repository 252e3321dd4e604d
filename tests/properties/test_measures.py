"""What rescaling neurons does to the Hessian and to measures of flatness, and exact diagonals."""

import numpy as np
import pytest
import scipy

import spinland as sl
from spinland.measures.outputs import fisher_rao, hessian_diagonal
from spinland.measures.sharpness import MEASURES
from tests.oracles import measures as exact

INVARIANT = ("adaptive", "relative_noise", "fisher_rao", "rescaled_minimum")


def case(widths=(5, 6, 4, 3), bias=True, loss="cross_entropy", seed=0):
    network = sl.ReLUNetwork(widths, bias)
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(30, widths[0]))
    x[:, 1] = 0  # a dead input
    y = draw.integers(0, widths[-1], 30) if loss == "cross_entropy" else draw.normal(size=(30, widths[-1]))
    return (
        network,
        sl.NetworkLandscape(network, x, y, loss, "float64"),
        2 * network.initialize(2, seed, dtype="float64"),
    )


def factors(network, alpha):
    return [np.full(width, alpha if not layer else 1.0) for layer, width in enumerate(network.widths[1:-1])]


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("widths", [(5, 6, 3), (5, 6, 4, 3)])
def test_the_diagonal_of_the_hessian_is_exact(widths, bias, loss):
    network, landscape, points = case(widths, bias, loss)
    dense = landscape.hessian_product(points[0], np.eye(network.n_params))
    np.testing.assert_allclose(hessian_diagonal(landscape, points[0]), np.diag(dense), atol=1e-12)
    assert sl.sharpness(landscape, points, "trace").value[0] == pytest.approx(np.trace(dense), rel=1e-12)


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
@pytest.mark.parametrize("bias", [True, False])
def test_the_fisher_rao_norm_is_that_of_differences_of_the_outputs(bias, loss):
    network = sl.ReLUNetwork((4, 6, 5, 3), bias)
    draw = np.random.default_rng(1)
    x, point = draw.normal(size=(40, 4)), 2 * network.initialize(1, 3, dtype="float64")[0]
    y = draw.integers(0, 3, 40) if loss == "cross_entropy" else draw.normal(size=(40, 3))
    landscape = sl.NetworkLandscape(network, x, y, loss, "float64")
    assert fisher_rao(landscape, point) == pytest.approx(exact.fisher_rao(network, point, x, loss), rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_under_a_rescaling_the_hessian_is_divided_by_the_factors_on_both_sides(seed):
    network, landscape, points = case(seed=seed)
    symmetry = sl.symmetry.random_symmetry(network, seed)
    moved = sl.symmetry.rescale(network, points[0], symmetry.scales)
    with np.errstate(invalid="ignore"):
        ratio = np.where(points[0] != 0, moved / points[0], 1.0)
    identity = np.eye(network.n_params)
    before, after = (landscape.hessian_product(point, identity) for point in (points[0], moved))
    np.testing.assert_allclose(after, before / np.multiply.outer(ratio, ratio), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_measures_that_cannot_be_fooled_are_the_same_to_rounding_and_the_others_are_not(measure):
    network, landscape, points = case()
    moved = sl.symmetry.rescale(network, points, factors(network, 4.0))
    single = sl.symmetry.rescale(network, points, sl.symmetry.random_symmetry(network, 1).scales)
    before, layer, units = (sl.sharpness(landscape, at, measure, n_draws=20).value for at in (points, moved, single))
    if measure in INVARIANT:
        np.testing.assert_allclose(layer, before, rtol=1e-7)
        np.testing.assert_allclose(units, before, rtol=1e-7)
    else:
        assert np.abs(layer / before - 1).max() > 1e-3
        assert np.abs(units / before - 1).max() > 1e-3


def test_the_table_computes_what_the_measures_say():
    network, landscape, points = case()
    table = sl.dinh_table(landscape, points, 4.0, initial=np.zeros_like(points), n_draws=20, n_steps=400)
    assert set(table.measures) == {*MEASURES, "local_entropy", "pac_bayes"}
    unseen = {name for name, change in zip(table.measures, table.change(), strict=True) if change < 1e-6}
    assert unseen == set(INVARIANT)
    place = table.measures.index("trace")
    moved = sl.symmetry.rescale(network, points, factors(network, 4.0))
    np.testing.assert_array_equal(table.layer[place], sl.sharpness(landscape, moved, "trace").value)


def test_no_rescaling_has_a_smaller_trace_than_the_minimum_over_them():
    network, landscape, points = case()
    least = sl.sharpness(landscape, points[0], "rescaled_minimum").value[0]
    traces = []
    for seed in range(20):
        scales = sl.symmetry.random_symmetry(network, seed).scales
        traces.append(sl.sharpness(landscape, sl.symmetry.rescale(network, points[0], scales), "trace").value[0])
    assert min(traces) > least
    diagonal, ones = hessian_diagonal(landscape, points[0]), np.ones(network.n_params)

    def trace(logs):
        return np.sum(diagonal / sl.symmetry.rescale(network, ones, [np.exp(logs[:6]), np.exp(logs[6:])]) ** 2)

    assert scipy.optimize.minimize(trace, np.zeros(10), tol=1e-10).fun == pytest.approx(least, rel=1e-6)


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_a_point_alone_and_among_others_has_the_same_bits(measure):
    _, landscape, points = case()
    both, alone = (sl.sharpness(landscape, at, measure, n_draws=8) for at in (points, points[1]))
    assert both.value[1] == alone.value[0]
