"""What a spin glass refuses, and what it says of itself."""

import numpy as np
import pytest

import spinland as sl
from spinland.errors import ArgumentError


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"n_spins": 1}, "n_spins"),
        ({"n_spins": True}, "n_spins"),
        ({"n_spins": "10"}, "n_spins"),
        ({"n_spins": 10.0}, "n_spins"),
        ({"order": 1}, "order"),
        ({"order": True}, "order"),
        ({"order": "3"}, "order"),
        ({"order": 2.5}, "order"),
        ({"order": {}}, "order"),
        ({"order": {1: 1.0}}, "order"),
        ({"order": {2: np.nan}}, "order"),
        ({"order": {2: "1"}}, "order"),
        ({"order": {2: 0.0, 3: 0.0}}, "order"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**64}, "seed"),
        ({"seed": 0.5}, "seed"),
        ({"dtype": "float16"}, "dtype"),
        ({"dtype": None}, "dtype"),
        ({"disorder": "uniform"}, "disorder"),
        ({"generated": 1}, "generated"),
        ({"device": "gpu"}, "device"),
    ],
)
def test_arguments_are_checked(arguments, name):
    with pytest.raises(ArgumentError, match=f"^{name}"):
        sl.SphericalSpinGlass(**{"n_spins": 8, "order": 3, **arguments})


def test_what_does_not_fit_is_told_in_bytes():
    with pytest.raises(ArgumentError, match=r"GB.*generated=True.*GB"):
        sl.SphericalSpinGlass(4500, 3)
    with pytest.raises(ArgumentError, match=r"^n_spins.*GB"):
        sl.SphericalSpinGlass(4500, 3, generated=True).couplings()
    with pytest.raises(ArgumentError, match=r"^n_spins"):
        sl.SphericalSpinGlass(20000, 4, generated=True)


def test_points_off_the_sphere_are_refused_and_those_near_it_brought_there():
    for dtype, within, off in (("float64", 4e-6, 6e-6), ("float32", 4e-4, 6e-4)):
        glass = sl.SphericalSpinGlass(50, 3, dtype=dtype)
        point = glass.random_points(1)[0]
        energy = glass.value(point)
        assert glass.value(point * (1 + within)) == pytest.approx(energy, rel=1e-5 if dtype == "float32" else 1e-13)
        for call in (glass.value, glass.gradient, glass.hessians, glass.evaluate):
            with pytest.raises(ArgumentError, match=r"^points.*sphere.*retract.*1\.0"):
                call(point * (1 + off))
        with pytest.raises(ArgumentError, match=r"^point:? .*sphere"):
            glass.hessian_product(point * 2, point)
        assert glass.polynomial(2 * point) == pytest.approx(8 * energy, rel=1e-5)


def test_points_of_another_kind_are_refused():
    glass = sl.SphericalSpinGlass(6, 3)
    point = glass.random_points(1)[0]
    for wrong in (point[:5], np.full(6, np.nan), "text", np.ones((2, 2, 6)), point + 1j):
        with pytest.raises(ArgumentError, match=r"^points"):
            glass.gradient(wrong)
    with pytest.raises(ArgumentError, match=r"^vectors"):
        glass.hessian_products(point, np.ones((2, 6)))
    with pytest.raises(ArgumentError, match=r"^vectors"):
        glass.hessian_product(point, np.ones(5))
    with pytest.raises(ArgumentError, match=r"^origin"):
        glass.slice(point[None], [point])
    with pytest.raises(ArgumentError, match=r"^coefficients"):
        glass.slice(point, [point]).value(np.zeros((3, 2)))


@pytest.mark.parametrize(
    "wrong",
    [
        np.ones(3),
        np.ones((3, 4)),
        np.ones((1, 1)),
        np.ones((3, 3, 2)),
        np.full((3, 3), np.nan),
        "J",
        {},
        {3: np.ones((4, 4))},
        {2: np.ones((3, 3)), 3: np.ones((4, 4, 4))},
        np.ones((2, 2)) * 1j,
    ],
)
def test_couplings_are_checked(wrong):
    with pytest.raises(ArgumentError, match=r"^couplings"):
        sl.SphericalSpinGlass.from_couplings(wrong)


def test_a_glass_says_what_it_is():
    glass = sl.SphericalSpinGlass(7, 3, seed=2, disorder="signs", generated=True)
    assert repr(glass) == (
        "SphericalSpinGlass(n_spins=7, order=3, seed=2, disorder='signs', dtype='float64', generated=True)"
    )
    assert "order={2: 0.5, 4: 1.0}" in repr(sl.SphericalSpinGlass(7, {4: 1, 2: 0.5}))
    assert "given couplings" in repr(sl.SphericalSpinGlass.from_couplings(np.eye(3)))
    assert (glass.n_couplings, glass.nbytes, glass.dim) == (84, 0, 7)
    assert sl.SphericalSpinGlass(7, 3, dtype="float32").nbytes == 84 * 4
    assert glass.geometry.radius == pytest.approx(np.sqrt(7))
    np.testing.assert_allclose(sl.SphericalSpinGlass(4, {2: 0.5, 3: 2}).covariance([0.5, 1]), [0.5625, 4.25])


def test_fingerprints_tell_instances_apart():
    def mark(*arguments, **options):
        return sl.SphericalSpinGlass(*arguments, **options).fingerprint

    marks = [
        mark(7, 3),
        mark(8, 3),
        mark(7, 2),
        mark(7, 3, 1),
        mark(7, 3, disorder="signs"),
        mark(7, {3: 2.0}),
        sl.SphericalSpinGlass.from_couplings(np.eye(3)).fingerprint,
        sl.SphericalSpinGlass.from_couplings(2 * np.eye(3)).fingerprint,
    ]
    assert len(set(marks)) == len(marks)
    assert mark(7, 3) == mark(7, 3, generated=True)  # the same function of the points
