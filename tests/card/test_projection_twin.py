"""Random projections on the card: the same bits however replicas go together, and what they cost."""

import numpy as np
import pytest

import spinland as sl
from spinland_kernels import jit_cuda
from spinland_kernels.devices import operation
from spinland_kernels.projection.formula import NORMAL, SIGNS
from spinland_kernels.types import Projection
from tests.card.costs import check

SEED = 0xFEDCBA9876543210
NUMBERS = np.array([4, 4, 4, 4, 4, 9])
DOUBLE = (
    "projection.cuda.lengths",
    "projection.cuda.points_of_normals",
    "projection.cuda.coordinates_of_normals",
    "projection.cuda.coordinates_of_signs",
    "projection.cuda.add_chunks",
)  # normals and sums over chunks, by intent


def projected(numbers, kind, dtype, dim, d):
    kernel, draw = operation("projection", "cuda"), np.random.default_rng(dim)
    z, theta = draw.normal(size=(len(NUMBERS), d)).astype(dtype), draw.normal(size=(len(NUMBERS), dim)).astype(dtype)
    rows = np.flatnonzero(np.isin(np.arange(len(NUMBERS)), numbers))
    prepared = kernel.prepare(Projection(np.uint64(SEED), 27, kind), NUMBERS[rows], dim, d)
    out = np.empty((len(rows), dim), dtype)
    kernel.points(z[rows], theta[rows], prepared, out)
    return out, kernel.coordinates(theta[rows], prepared)


@pytest.mark.parametrize("kind", [SIGNS, NORMAL])
def test_a_replica_alone_is_the_replica_among_others(card, kind):
    together = projected(range(6), kind, "f4", 131, 3)
    for r in (0, 4, 5):
        for one, all_of_them in zip(projected([r], kind, "f4", 131, 3), together, strict=True):
            np.testing.assert_array_equal(one[0], all_of_them[r])


def test_points_that_lie_on_the_card_stay_there(card):
    kernel, theta = operation("projection", "cuda"), np.ones((1, 131), np.float32)
    prepared = kernel.prepare(Projection(np.uint64(SEED), 27, SIGNS), NUMBERS[:1], 131, 2)
    held, out = jit_cuda.put(theta), np.empty_like(theta)
    kernel.points(np.ones((1, 2), np.float32), held, prepared, held)
    kernel.points(np.ones((1, 2), np.float32), theta, prepared, out)
    np.testing.assert_array_equal(jit_cuda.get(held), out)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("kind", [SIGNS, NORMAL])
def test_what_it_costs(dtype, kind, paper):
    check(paper(lambda: projected(range(6), kind, dtype, 199_210, 1000)), double=DOUBLE)


def test_a_training_in_subspaces_is_that_of_the_cores(card):
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(12, 3)), np.arange(12) % 2
    settings = {"batch_size": 6, "epochs": 2, "seed": 1, "share": 2, "dtype": "float64", "snapshots": [1]}
    here, there = (
        sl.train_subspace(sl.ReLUNetwork((3, 4, 2)), (x, y, x, y), 5, 3, None, sl.Adam(0.1), device=device, **settings)
        for device in ("cpu", "cuda")
    )
    for field in ("coordinates", "params", "snapshots", "train_loss"):
        np.testing.assert_allclose(getattr(there, field), getattr(here, field), rtol=1e-9, atol=1e-11)
