"""Eigenpairs on the card: the paths of the cores, known ends, the same bits however paths go together, and the cost."""

import numpy as np
import pytest

import spinland as sl
from spinland.critical.homotopy import start_pairs
from spinland_kernels.devices import operation
from spinland_kernels.types import Homotopy
from tests.card.costs import check
from tests.oracles import glass as glasses

GAMMA = complex(np.exp(0.7j))


def tensors(n, order, count=1):
    """Symmetric tensors of glasses, (count, n^order)."""
    return np.stack([sl.SphericalSpinGlass(n, order, seed).couplings().reshape(-1) for seed in range(count)])


def followed(device, them, n, order, tolerance=1e-2, some=slice(None)):
    """Ends of some paths of each tensor, and what became of them."""
    pairs = np.repeat(start_pairs(n, order, GAMMA)[None, some], len(them), axis=0)
    status = operation("eigenpairs", device).track(pairs, Homotopy(them, order, GAMMA, tolerance))
    return pairs, status


@pytest.mark.parametrize(("n", "order", "some"), [(2, 3, 3), (3, 3, 7), (2, 4, 4), (2, 5, 2)])
def test_paths_end_where_those_of_the_cores_do(n, order, some, card):
    them = tensors(n, order, 2 if n == 2 else 1)
    there, ended = followed("cuda", them, n, order, some=slice(some))
    here, status = followed("cpu", them, n, order, some=slice(some))
    np.testing.assert_array_equal(ended, status)
    assert (ended == operation("eigenpairs", "cuda").FOLLOWED).all()
    np.testing.assert_allclose(there, here, rtol=0, atol=1e-12)


def test_eigenpairs_of_a_diagonal_tensor_are_found(card):
    """J = e_1³ + 2 e_2³: x along an axis with λ = 1, 2, or along (2, 1)/√5 with λ = 2/√5, up to a common phase."""
    tensor = np.zeros((2, 2, 2))
    tensor[0, 0, 0], tensor[1, 1, 1] = 1, 2
    pairs, _ = followed("cuda", tensor.reshape(1, -1), 2, 3)
    ends = pairs[0] * np.exp(-1j * np.angle(pairs[0, :, 2]))[:, None]  # λ has the phase of x where p = 3
    want = [[2 / 5**0.5, 1 / 5**0.5, 2 / 5**0.5], [1, 0, 1], [0, 1, 2]]
    np.testing.assert_allclose(ends[np.argsort(ends[:, 2].real)], want, rtol=0, atol=1e-12)


def test_paths_that_cannot_go_on_are_told(card):
    """The second of two tensors is no number: its paths end at once, the others go on."""
    them = np.concatenate([tensors(2, 3), np.full((1, 8), np.nan)])
    kernel, (_, status) = operation("eigenpairs", "cuda"), followed("cuda", them, 2, 3)
    np.testing.assert_array_equal(status, [3 * [kernel.FOLLOWED], 3 * [kernel.LOST]])


def test_a_path_alone_is_the_path_among_others(card):
    them = tensors(2, 3, 2)
    together, _ = followed("cuda", them, 2, 3)
    alone, _ = followed("cuda", them[1:].copy(), 2, 3, some=slice(1, 2))
    np.testing.assert_array_equal(alone[0], together[1, 1:2])


def test_all_critical_points_of_a_glass_on_the_card(card):
    here, there = (sl.SphericalSpinGlass(2, 3, seed=2, device=device) for device in ("cpu", "cuda"))
    found, known, tensor = sl.critical_points(there), sl.critical_points(here), glasses.tensors_of(here)
    assert found.complete
    assert found.n_complex == 3
    slopes = [glasses.gradient(tensor, point) for point in found.points]
    np.testing.assert_allclose(slopes, np.zeros_like(slopes), rtol=0, atol=1e-10)
    np.testing.assert_allclose(found.energy, known.energy, rtol=1e-10)
    np.testing.assert_array_equal(found.index, known.index)


@pytest.mark.parametrize(("n", "order"), [(12, 3), (7, 4)])
def test_what_it_costs(n, order, paper):
    launches = paper(lambda: followed("cuda", np.zeros((2, n**order)), n, order, some=slice(300)))
    (launch,) = launches
    assert launch.blocks == 600
    assert launch.shared == 16 * (n + 1) * (n + 6)
    check(launches)
