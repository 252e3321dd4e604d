"""Work that the card cannot hold at once comes in parts, with the same bits; what cannot be parted is refused."""

import numpy as np
import pytest

import spinland as sl
from spinland_kernels.devices import operation
from spinland_kernels.types import Columns, Homotopy

DRAW = np.random.default_rng(5)
NETWORK = sl.ReLUNetwork((5, 7, 3))
X, Y = DRAW.normal(size=(40, 5)), DRAW.integers(0, 3, 40)
POINTS = DRAW.normal(size=(6, NETWORK.n_params))
SPINS = sl.SphericalSpinGlass(6, 3).random_points(6)


def landscape():
    return sl.NetworkLandscape(NETWORK, X, Y, dtype="float64", device="cuda")


def glass(generated=False):
    return sl.SphericalSpinGlass(6, 3, 2, generated=generated, device="cuda")


def trained():
    found = sl.train(NETWORK, (X, Y, X[:2], Y[:2]), 3, epochs=1, batch_size=20, evaluate="none", device="cuda")
    return found.params


def paths():
    trio = POINTS[:3], POINTS[3:]
    return sl.connecting_path(landscape(), *trio, steps=2, batch_size=20).controls


def pairs():
    rows = np.random.default_rng(3).normal(size=(130, 3))
    kernel, products, squares = operation("gram", "cuda"), np.zeros(130 * 129 // 2), np.zeros(130)
    kernel.add_products(Columns(rows, 0, 3), False, kernel.prepare(130, 1, "f8"), products, squares)
    return np.concatenate([products, squares])


def eigenpairs():
    tensor = sl.SphericalSpinGlass(2, 4, 1).couplings().reshape(1, -1)
    pairs = np.ones((1, 9, 3), np.complex128)
    pairs[0, :, 1] = np.nan  # paths that end where they begin
    operation("eigenpairs", "cuda").track(pairs, Homotopy(tensor, 4, 1j, 1e-2))
    return np.nan_to_num(pairs)


COMPUTED = {
    "losses": lambda: landscape().value(POINTS),
    "gradients": lambda: landscape().gradient(POINTS),
    "Hessian products": lambda: landscape().hessian_product(POINTS[0], POINTS),
    "residual products": lambda: landscape().residual_product(POINTS[0], POINTS),
    "slices": lambda: landscape().slice(POINTS[0], POINTS[1:2]).value(np.linspace(0, 1, 30)[:, None]),
    "swaps": lambda: sl.swap_interpolation(landscape(), POINTS[0], (1, 2), np.linspace(0, 1, 5), 3).values,
    "training": trained,
    "paths": paths,
    "energies": lambda: glass().value(SPINS),
    "drawn energies": lambda: glass(generated=True).value(SPINS),
    "curvature": lambda: glass().hessian_product(SPINS[0], SPINS[1:]),
    "pairs": pairs,
    "eigenpairs": eigenpairs,
}


def peak(compute, monkeypatch):
    """What is computed, and the most bytes of the card that it takes at a time."""
    from spinland_kernels import jit_cuda

    most, left = 1 << 30, []

    class Watched(jit_cuda._Small):
        def empty(self, shape, dtype):
            array = super().empty(shape, dtype)
            left.append(self.free())
            return array

    with monkeypatch.context() as for_now:
        for_now.setattr(jit_cuda, "_machine", Watched(most))
        found = compute()
    return found, most - min(left)


@pytest.mark.parametrize("name", COMPUTED)
def test_bits_do_not_depend_on_the_memory(name, card, monkeypatch):
    from spinland_kernels import jit_cuda

    whole, most = peak(COMPUTED[name], monkeypatch)
    with jit_cuda.with_memory(most - 1):
        np.testing.assert_array_equal(COMPUTED[name](), whole)


@pytest.mark.parametrize("name", ["losses", "training", "energies", "curvature"])
def test_one_that_does_not_fit_is_refused_with_its_bytes(name, card):
    from spinland_kernels import jit_cuda

    with jit_cuda.with_memory(100), pytest.raises(sl.DeviceMemoryError) as told:
        COMPUTED[name]()
    assert told.value.needed > 100
    assert told.value.free <= 100
