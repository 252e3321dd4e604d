"""L. Dinh, R. Pascanu, S. Bengio, Y. Bengio, "Sharp minima can generalize for deep nets" (arXiv:1703.04933): T_α takes
(θ₁, θ₂) to (αθ₁, θ₂/α), the same function, whose Hessian is D H D with D = diag(1/α, α). So the trace is
tr H₁/α² + α² tr H₂, the spectral norm at least α² that of H₂, and both can be made as large as one likes.

Exact, to rounding in float64: no error bars. A table of all measures at one solution.
"""

import numpy as np
import pytest

import spinland as sl

ALPHAS = (0.1, 0.5, 2.0, 10.0, 100.0)
SEEN = {"keskar", "sam", "noise", "trace", "largest", "local_entropy", "filter"}
NOT_SEEN = {"adaptive", "relative_noise", "fisher_rao", "rescaled_minimum"}


@pytest.fixture(scope="module")
def solution():
    network = sl.ReLUNetwork((64, 8, 10), bias=False)
    data = sl.load_dataset("digits").subset(400, 100)
    trained = sl.train(network, data, 1, epochs=20, dtype="float64")
    return sl.NetworkLandscape(network, data, dtype="float64"), trained.params[0]


def moved(landscape, point, alpha):
    return sl.symmetry.rescale(landscape.network, point, [np.full(8, alpha)])


@pytest.mark.parametrize("alpha", ALPHAS)
def test_the_hessian_of_a_rescaled_network_is_that_of_the_formula(solution, alpha):
    landscape, point = solution
    identity, split = np.eye(landscape.dim), landscape.network.spans[1].weight.start
    before = landscape.hessian_product(point, identity)
    after = landscape.hessian_product(moved(landscape, point, alpha), identity)
    d = np.where(np.arange(landscape.dim) < split, 1 / alpha, alpha)
    np.testing.assert_allclose(after, d[:, None] * before * d, rtol=1e-8, atol=1e-12 * alpha**2)
    trace = sl.sharpness(landscape, moved(landscape, point, alpha), "trace").value[0]
    first, second = np.trace(before[:split, :split]), np.trace(before[split:, split:])
    assert trace == pytest.approx(first / alpha**2 + alpha**2 * second, rel=1e-9)
    largest = sl.sharpness(landscape, moved(landscape, point, alpha), "largest").value[0]
    assert largest >= alpha**2 * np.linalg.eigvalsh(before[split:, split:])[-1] * (1 - 1e-3)


def test_which_measures_see_it(solution):
    """Without biases filter normalisation does not see a layer's factor, but those of single neurons."""
    landscape, point = solution
    table = sl.dinh_table(landscape, point[None], 10.0, n_draws=20, n_steps=1000)
    by_layer, by_neuron = (
        {name for name, change in zip(table.measures, table.change(which), strict=True) if change > 1e-6}
        for which in ("layer", "units")
    )
    assert by_neuron == SEEN
    assert by_layer == SEEN - {"filter"}
    assert set(table.measures) == SEEN | NOT_SEEN
