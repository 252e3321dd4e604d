"""Gradients of single samples on the card: the same bits however work is cut, and what each launch costs."""

import numpy as np
import pytest

import spinland as sl
from tests.card.costs import check
from tests.parity.cases import points, samples

SHAPE = (3, 5, 4, 2)


def landscape(widths=SHAPE, loss="cross_entropy", n=18, dtype="float32"):
    x, y = samples(n, widths[0], widths[-1], loss)
    return sl.NetworkLandscape(sl.ReLUNetwork(widths), x, y, loss, dtype, device="cuda")


@pytest.mark.usefixtures("card")
def test_bits_depend_neither_on_what_goes_together_nor_on_memory(monkeypatch):
    from spinland_kernels import jit_cuda
    from spinland_kernels.sample_gradients import cuda

    monkeypatch.setattr(cuda, "PART", 8)
    at, *vectors = points(sl.ReLUNetwork(SHAPE), 3)
    weights = np.random.default_rng(0).normal(size=(2, 18))

    def everything():
        of = landscape()
        return of.gradient_products(at), of.gradient_sums(at, weights), of.gradient_components(at, vectors)

    together = everything()
    monkeypatch.setattr(jit_cuda, "free", lambda: 0)  # one row, sum or vector at a time
    for one, other in zip(everything(), together, strict=True):
        np.testing.assert_array_equal(one, other)


SHAPES = {"of MNIST": ((784, 512, 10), 10_000), "small": ((64, 32, 10), 1437), "deep": ((100, 80, 300, 40, 17), 2049)}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_it_costs(dtype, paper):
    def everywhere():
        for widths, n in SHAPES.values():
            of = landscape(widths, n=n, dtype=dtype)
            at = np.zeros(of.dim, dtype)
            of.gradient_products(at)
            of.gradient_sums(at, np.zeros((3, n)))
            of.gradient_components(at, np.zeros((3, of.dim), dtype))

    found = paper(everywhere)
    own = {launch.kernel.name for launch in found if launch.kernel.name.startswith("sample_gradients")}
    assert own == {f"sample_gradients.cuda.{name}" for name in ("add_layer", "weigh", "dot")}
    check(found, double=("lanes.cuda.add_parts",))
