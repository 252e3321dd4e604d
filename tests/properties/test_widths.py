"""Networks of equally many parameters at different depths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spinland as sl

ends, depths = st.integers(1, 60), st.integers(1, 12)


@st.composite
def asked(draw):
    """Inputs, outputs, parameters, hidden layers and biases that go together."""
    inputs, outputs, depth, bias = draw(ends), draw(ends), draw(depths), draw(st.booleans())
    least = sl.ReLUNetwork((inputs, *[1] * depth, outputs), bias).n_params
    return inputs, outputs, least + draw(st.integers(0, 30_000)), depth, bias


@given(asked())
def test_the_residue_is_what_the_network_has_more(case):
    inputs, outputs, n_params, depth, bias = case
    widths, residue = sl.equal_parameter_widths(*case)
    assert (widths[0], widths[-1], len(widths)) == (inputs, outputs, depth + 2)
    assert residue == sl.ReLUNetwork(widths, bias).n_params - n_params


@given(asked())
def test_layers_are_as_even_as_they_can_be_and_never_widen(case):
    hidden = sl.equal_parameter_widths(*case).widths[1:-1]
    assert list(hidden) == sorted(hidden, reverse=True)
    assert hidden[0] - hidden[-1] <= 1


@given(asked())
def test_no_network_of_the_family_is_nearer(case):
    """The family has one network for each number of hidden neurons: all of them up to twice as many are counted."""
    inputs, outputs, n_params, depth, bias = case
    widths, residue = sl.equal_parameter_widths(*case)
    neurons = sum(widths[1:-1])
    for other in range(max(depth, neurons - 40), neurons + 40):
        width, more = divmod(other, depth)
        hidden = [width + 1] * more + [width] * (depth - more)
        off = abs(sl.ReLUNetwork((inputs, *hidden, outputs), bias).n_params - n_params)
        assert off >= abs(residue)
        assert off > abs(residue) or other >= neurons  # of two equally near the smaller


@given(asked(), st.integers(1, 500))
def test_more_parameters_never_make_a_layer_narrower(case, more):
    inputs, outputs, n_params, depth, bias = case
    fewer = sl.equal_parameter_widths(inputs, outputs, n_params, depth, bias).widths
    wider = sl.equal_parameter_widths(inputs, outputs, n_params + more, depth, bias).widths
    assert all(a <= b for a, b in zip(fewer, wider, strict=True))


@given(ends, ends, st.integers(1, 200), depths, st.booleans())
def test_a_uniform_network_is_found_again(inputs, outputs, width, depth, bias):
    network = sl.ReLUNetwork((inputs, *[width] * depth, outputs), bias)
    assert sl.equal_parameter_widths(inputs, outputs, network.n_params, depth, bias) == (network.widths, 0)


def test_deeper_is_narrower():
    hidden = [sl.equal_parameter_widths(784, 10, 101_770, depth).widths[1:-1] for depth in (1, 2, 5, 10)]
    assert [layers[0] for layers in hidden] == [128, 112, 89, 71]


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"depth": 0}, "depth"),
        ({"depth": 1.5}, "depth"),
        ({"n_inputs": 0}, "n_inputs"),
        ({"n_outputs": -1}, "n_outputs"),
        ({"n_params": 102}, "n_params"),
        ({"bias": 1}, "bias"),
    ],
)
def test_bad_input_is_refused_by_name(changed, name):
    good = {"n_inputs": 64, "n_outputs": 10, "n_params": 103, "depth": 10}  # 65 + 9·2 + 20: one neuron a layer
    with pytest.raises(sl.ArgumentError, match=f"^{name}"):
        sl.equal_parameter_widths(**good | changed)
