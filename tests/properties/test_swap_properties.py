import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spinland.landscape.network import ReLUNetwork
from spinland.landscape.network_landscape import NetworkLandscape
from spinland.probes.swaps import swap_interpolation
from tests.oracles import network as networks
from tests.oracles import swaps as oracle


@st.composite
def cases(draw):
    widths = draw(st.lists(st.integers(1, 9), min_size=3, max_size=5))
    network = ReLUNetwork(widths, draw(st.booleans()))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, 60))
    x, y = generator.normal(size=(n, widths[0])), generator.integers(0, widths[-1], n)
    layer = draw(st.integers(0, len(widths) - 3))
    s = draw(st.integers(0, widths[layer + 1] // 2))
    return network, x, y, generator.normal(size=network.n_params), layer, s, draw(st.integers(0, 2**64 - 1))


@settings(max_examples=40, deadline=None)
@given(cases(), st.floats(0, 1))
def test_any_point_on_the_way_equals_plain_evaluation(case, alpha):
    network, x, y, point, layer, s, seed = case
    landscape = NetworkLandscape(network, x, y, dtype="float64")
    result = swap_interpolation(landscape, point, s, alpha, 1, layer, seed)
    copy = oracle.swapped(network, point, layer, oracle.pairs(seed, layer, 0, s, network.widths[layer + 1]))
    between = (1 - alpha) * point + alpha * copy
    value = networks.loss(network.widths, network.bias, between, x, y, "cross_entropy")
    accuracy = networks.accuracy(network.widths, network.bias, between, x, y)
    np.testing.assert_allclose(result.values[0, 0, 0], value, rtol=1e-10, atol=1e-12)
    if network.bias:  # without biases outputs may tie at zero, where the last digit decides
        np.testing.assert_allclose(result.accuracy[0, 0, 0], accuracy, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(cases())
def test_curve_is_the_same_from_either_end(case):
    # P exchanges pairs, so P P = 1 and (1 − α) w + α P w is P applied to (1 − α) P w + α w: equal losses.
    network, x, y, point, layer, s, seed = case
    landscape = NetworkLandscape(network, x, y, dtype="float64")
    values = swap_interpolation(landscape, point, [s], np.linspace(0, 1, 5), 2, layer, seed).values
    np.testing.assert_allclose(values, values[..., ::-1], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(values[..., 0], landscape.value(point), rtol=1e-10, atol=1e-12)
