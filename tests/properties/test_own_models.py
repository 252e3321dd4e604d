"""A model of one's own, with its functions, is a landscape like those of spinland."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import spinland as sl
from spinland.errors import ArgumentError

NETWORK = sl.ReLUNetwork((5, 4, 3))
DRAW = np.random.default_rng(0)
X, Y = DRAW.normal(size=(24, 5)), DRAW.integers(0, 3, 24)
ENDS = NETWORK.initialize(2, seed=3).astype(np.float64)


def theirs():
    """The network as spinland has it."""
    return sl.NetworkLandscape(NETWORK, X, Y, dtype="float64")


def mine(of=None, **more):
    """The same one as four functions."""
    of = theirs() if of is None else of
    return sl.FunctionLandscape(
        of.value,
        of.dim,
        of.gradient,
        hessian_product=of.hessian_product,
        batch=lambda samples: mine(of.batch(samples)),
        n_samples=of.n_samples,
        **more,
    )


def test_products_and_batches_are_those_of_its_functions():
    vectors = DRAW.normal(size=(3, NETWORK.n_params))
    assert np.array_equal(mine().hessian_product(ENDS[0], vectors), theirs().hessian_product(ENDS[0], vectors))
    assert np.array_equal(mine().hessian_product(ENDS[0], vectors[0]), theirs().hessian_product(ENDS[0], vectors[0]))
    assert mine().batch([3, 3, 7]).value(ENDS[0]) == theirs().batch([3, 3, 7]).value(ENDS[0])
    assert (mine().n_samples, mine().batch([0, 1]).n_samples) == (24, 2)


def test_curvature_is_that_of_the_network():
    found, expected = (sl.eigenpairs(of, ENDS[0], 3, seed=1) for of in (mine(), theirs()))
    assert np.array_equal(found.values, expected.values)
    assert found.converged.all()


def test_simplexes_in_batches_have_the_same_bits():
    found, expected = (
        sl.grow_simplex(of, ENDS, 1, steps=20, batch_size=5, optimizer=sl.Adam(0.01)) for of in (mine(), theirs())
    )
    assert np.array_equal(found.vertices, expected.vertices)


def test_a_path_is_trained_in_batches_of_its_samples():
    landscape = mine()
    path = sl.connecting_path(landscape, *ENDS, steps=160, batch_size=6, optimizer=sl.Adam(0.02))
    straight = sl.connecting_path(landscape, *ENDS, basis="chain", steps=0)
    assert path.evaluate(landscape, 21).values.mean() < straight.evaluate(landscape, 21).values.mean()
    whole, all_at_once = (
        sl.connecting_path(landscape, *ENDS, steps=20, batch_size=size, optimizer=sl.SGD(0.1)) for size in (None, 24)
    )
    np.testing.assert_allclose(whole.controls, all_at_once.controls, atol=1e-12)  # another order of the samples


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hessian_product": 3}, "hessian_product: expected a function"),
        ({"batch": 3}, "batch: expected a function"),
        ({"n_samples": None}, "n_samples: expected the number of samples with batch"),
        ({"batch": None}, "n_samples: expected .*None without"),
        ({"n_samples": 0}, "n_samples: expected"),
    ],
)
def test_odd_functions_are_refused(change, message):
    of = theirs()
    good = {"hessian_product": of.hessian_product, "batch": of.batch, "n_samples": 24}
    with pytest.raises(ArgumentError, match=message):
        sl.FunctionLandscape(of.value, of.dim, of.gradient, **good | change)


def test_what_its_functions_return_is_checked():
    of = theirs()
    short = sl.FunctionLandscape(of.value, of.dim, of.gradient, hessian_product=lambda p, v: v[:, 1:])
    with pytest.raises(ArgumentError, match=r"landscape\.hessian_product: .*shape \(1, 39\)"):
        short.hessian_product(ENDS[0], ENDS[1])
    other = sl.FunctionLandscape(of.value, of.dim, batch=lambda samples: None, n_samples=24)
    with pytest.raises(ArgumentError, match=r"landscape\.batch: expected .* returns a landscape of dim 39"):
        other.batch([0])
    with pytest.raises(ArgumentError, match="indices"):
        mine().batch([24])
    with pytest.raises(ArgumentError, match="indices: expected at least one"):
        mine().batch(np.array([], int))
    with pytest.raises(ArgumentError, match="batch_size: expected None"):
        sl.connecting_path(sl.FunctionLandscape(of.value, of.dim), *ENDS, batch_size=4, steps=1)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_example_of_a_convolution_runs():
    """A convolutional network of PyTorch: its pairs against the matrix of autograd, and a curve below the line."""
    torch = pytest.importorskip("torch")
    path = Path(__file__).parents[2] / "docs/examples/torch_convolution.py"
    spec = importlib.util.spec_from_file_location("torch_convolution", path)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    pairs, _, line, profile = example.main(samples=120, steps=100, path_steps=150)
    assert pairs.converged.all()
    assert profile.excess.max() < line.excess.max()
    x, y = torch.tensor(DRAW.normal(size=(9, 64))), torch.tensor(DRAW.integers(0, 10, 9))
    landscape = example.landscape_of(example.made(0), x, y)
    at = DRAW.normal(size=landscape.dim) / 5
    way = DRAW.normal(size=landscape.dim)
    slope = (landscape.gradient(at + 1e-5 * way) - landscape.gradient(at - 1e-5 * way)) / 2e-5
    np.testing.assert_allclose(landscape.hessian_product(at, way), slope, atol=1e-7)
