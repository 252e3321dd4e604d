"""Networks on the card: the same bits however work is cut, probes that know of no card, and what each launch costs."""

import pickle

import numpy as np
import pytest

import spinland as sl
from tests.card.costs import check
from tests.parity.cases import points, samples

SHAPE = (3, 5, 4, 2)
DOUBLE = "dense.samples.total", "lanes.cuda.add_parts"  # sums over samples and over parts of them, by intent


def landscape(device, loss="cross_entropy", widths=SHAPE, n=18, dtype="float32"):
    x, y = samples(n, widths[0], widths[-1], loss)
    return sl.NetworkLandscape(sl.ReLUNetwork(widths), x, y, loss, dtype, device=device)


@pytest.fixture
def parts_of_samples(card, monkeypatch):
    """Sums of gradients have three parts."""
    from spinland_kernels.mlp import cuda

    monkeypatch.setattr(cuda, "PART", 8)


def everything(of, at):
    """What a landscape computes at some points, one after the other or together."""
    slice_of, coefficients = of.slice(at[0], at[1:]), np.array([[0.1], [1.0]])
    return {
        "evaluate": lambda some: np.transpose(of.evaluate(at[some])),
        "gradient": lambda some: of.gradient(at[some]),
        "hessian_product": lambda some: of.hessian_product(at[0], at[some]),
        "gauss_newton_product": lambda some: of.gauss_newton_product(at[0], at[some]),
        "residual_product": lambda some: of.residual_product(at[0], at[some]),
        "slice": lambda some: np.transpose(slice_of.evaluate(coefficients[some])),
    }


@pytest.mark.usefixtures("parts_of_samples")
def test_bits_depend_neither_on_what_goes_together_nor_on_memory(monkeypatch):
    from spinland_kernels import jit_cuda

    at = points(sl.ReLUNetwork(SHAPE), 2)
    together = {name: compute(slice(None)) for name, compute in everything(landscape("cuda"), at).items()}
    monkeypatch.setattr(jit_cuda, "free", lambda: 0)  # one point at a time
    short = everything(landscape("cuda"), at)
    for name, compute in short.items():
        np.testing.assert_array_equal(compute(slice(None)), together[name], err_msg=name)
        np.testing.assert_array_equal(compute(slice(1, 2)), together[name][1:2], err_msg=name)


@pytest.mark.usefixtures("card")
def test_bits_of_swaps_do_not_depend_on_memory(monkeypatch):
    from spinland_kernels import jit_cuda

    (at,) = points(sl.ReLUNetwork(SHAPE), 1)
    found = []
    for free in (jit_cuda.free, lambda: 0):
        monkeypatch.setattr(jit_cuda, "free", free)
        found.append(sl.swap_interpolation(landscape("cuda", n=9), at, (1, 2), (0.0, 0.3), 2, layer=1))
    np.testing.assert_array_equal(found[0].values, found[1].values)
    np.testing.assert_array_equal(found[0].accuracy, found[1].accuracy)


@pytest.mark.usefixtures("card")
def test_a_landscape_is_pickled_without_what_lies_on_the_card():
    of, at = landscape("cuda", n=9), points(sl.ReLUNetwork(SHAPE), 1)
    value, held = of.value(at), pickle.dumps(of)
    assert b"Array" not in held.replace(b"ndarray", b"")
    np.testing.assert_array_equal(pickle.loads(held).value(at), value)


@pytest.mark.usefixtures("card")
def test_probes_know_of_no_card():
    at = points(sl.ReLUNetwork((3, 4, 2)), 3)
    here, there = [], []
    for device, found in (("cpu", here), ("cuda", there)):
        of = landscape(device, "mse", (3, 4, 2), 9, "float64")
        found.append(sl.line(of, at[0], at[1], [0.5]).values)
        found.append(sl.plane(of, at[0], at[1:], [0, 1], [0, 1]).values)
        found.append(sl.flatness(of, at[0], [0.1], 1).rise)
        found.append(of.batch([3, 3, 8]).value(at[:1]))
        found += of.value_and_gradient(at[:1])
    for one, other in zip(here, there, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-11, atol=1e-13)


SHAPES = {"of MNIST": ((784, 512, 10), 10_000), "small": ((64, 32, 10), 1437), "deep": ((100, 80, 300, 40, 17), 2049)}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_it_costs(dtype, paper):
    def all_of(name, loss):
        widths, n = SHAPES[name]
        of, at = landscape("cuda", loss, widths, n, dtype), np.zeros((3, sl.ReLUNetwork(widths).n_params), dtype)
        of.value(at)
        of.gradient(at)
        for product in (of.hessian_product, of.gauss_newton_product, of.residual_product):
            product(at[0], at)
        of.slice(at[0], at[1:]).value(np.zeros((40, 2)))
        sl.swap_interpolation(of, at[0], [0, 1, 16], np.linspace(0, 1, 21), 10, layer=len(widths) - 3)

    def everywhere():
        for name in SHAPES:
            for loss in ("cross_entropy", "mse"):
                all_of(name, loss)

    check(paper(everywhere), double=DOUBLE)
