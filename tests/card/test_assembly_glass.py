"""What the kernels of glasses, pairs and triangles cost on the card, by its own compiler."""

import numpy as np
import pytest

from spinland_kernels.devices import operation
from spinland_kernels.types import Columns, Couplings, Pairs
from tests.card.costs import check

DOUBLE = (
    "pspin.cuda.draw",  # normal numbers
    "pspin.sweeps.gather",  # the sum over slots
)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_glass(dtype, paper):
    def all_of_it():
        kernel = operation("pspin", "cuda")
        stored = Couplings(np.zeros(kernel.n_couplings(40, 3), dtype), 40, 3, 5, 7, 0)
        kernel.fill_couplings(stored)
        points = np.zeros((5, 40), dtype)
        for couplings in (stored, stored._replace(values=np.empty(0, dtype))):
            prepared = kernel.prepare(couplings)
            kernel.values_and_gradients(points[:1], couplings, prepared)
            kernel.values_and_gradients(points, couplings, prepared)
            kernel.hessian_products(points, points, couplings, prepared)
            kernel.hessians(points[:1], couplings, prepared)
            kernel.table(points[:2], couplings, prepared)

    check(paper(all_of_it), DOUBLE)


@pytest.mark.parametrize(("dtype", "work"), [("f4", "f4"), ("f4", "f8"), ("f8", "f8")])
def test_pairs(dtype, work, paper):
    def all_of_it():
        kernel = operation("gram", "cuda")
        columns, count = Columns(np.zeros((70, 3000), dtype), 0, 3000), 70 * 69 // 2
        kernel.add_products(columns, True, kernel.prepare(70, 2, work), np.zeros(count), np.zeros(70))
        pairs = Pairs(np.zeros(3, int), np.ones(3, int), np.ones(70))
        kernel.add_differences(columns, pairs, np.zeros(3))

    check(paper(all_of_it))


def test_triangles(paper):
    def all_of_it():
        kernel = operation("triangles", "cuda")
        for triples in (None, np.zeros((2000, 3), int)):
            kernel.triangle_means(np.zeros((30, 30)), np.zeros((30, 9)), 0.1, triples)

    check(paper(all_of_it))


def test_launches_and_bytes_are_those_of_the_shapes(paper):
    """One gradient of order 3 is three launches; sums and slots are a twentieth of the couplings."""
    from spinland_kernels.pspin import blocks

    def gradient():
        kernel = operation("pspin", "cuda")
        couplings = Couplings(np.empty(kernel.n_couplings(400, 3)), 400, 3, 5, 7, 0)
        kernel.values_and_gradients(np.zeros((1, 400)), couplings, kernel.prepare(couplings))

    launches = paper(gradient)
    assert [launch.kernel.name for launch in launches] == [
        "pspin.sweeps.sweep_1",
        "pspin.sweeps.lower",
        "pspin.sweeps.gather",
    ]
    walk, _, _ = blocks.orders(400, 3)
    assert [launch.blocks for launch in launches] == [1002, 30, 50]
    more = sum(one.parts + blocks.PANEL * len(one.blocks) for one in walk)
    assert more < 0.05 * operation("pspin", "cpu").n_couplings(400, 3)
