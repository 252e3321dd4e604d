"""What a newcomer tried and the glass did not refuse in words."""

import numpy as np
import pytest

import spinland as sl
from spinland.errors import ArgumentError

GLASS = sl.SphericalSpinGlass(4, 3, seed=1)
STARTS = GLASS.random_points(2)

REFUSED = {
    "constant energy": ("glass", lambda: sl.critical_points(sl.SphericalSpinGlass.from_couplings(np.eye(4)))),
    "no couplings": ("glass", lambda: sl.critical_points(sl.SphericalSpinGlass.from_couplings(np.zeros((4,) * 3)))),
    "too high an order": ("order", lambda: sl.SphericalSpinGlass(3, 60)),
    "ragged couplings": ("couplings", lambda: sl.SphericalSpinGlass.from_couplings([[1, 2], [3]])),
    "overlap in words": ("q", lambda: GLASS.covariance("a")),
    "overlap beyond 1": ("q", lambda: GLASS.covariance(2.0)),
    "tolerance below rounding": ("tolerance", lambda: sl.gradient_flow(GLASS, STARTS, [0, 1], tolerance=1e-30)),
    "copies beyond memory": ("copies", lambda: sl.replica_exchange(GLASS, [1.0, 2.0], n_sweeps=5, copies=10**9)),
    "sweeps beyond memory": ("n_sweeps", lambda: sl.replica_exchange(GLASS, [1.0, 2.0], n_sweeps=10**12)),
    "temperature 0": ("temperatures", lambda: sl.replica_exchange(GLASS, [0.0, 2.0], n_sweeps=5)),
    "step too long": ("step", lambda: sl.theory.quench_energy([0, 5], 3, step=5)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_by_name(case):
    name, call = REFUSED[case]
    with pytest.raises(ArgumentError, match=f"^{name}: "):
        call()


def test_no_points_have_no_values():
    nothing = np.empty((0, 4))
    assert GLASS.value(nothing).shape == (0,)
    assert GLASS.gradient(nothing).shape == (0, 4)
    assert GLASS.hessian_products(nothing, nothing).shape == (0, 4)


def test_messages_write_shapes_as_numpy_does():
    with pytest.raises(ArgumentError, match=r"shape \(4,\)"):
        GLASS.slice(np.zeros(3), np.zeros((1, 4)))
