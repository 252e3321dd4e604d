"""Random linear sections of a sphere: a glass on one is a smaller glass."""

import numpy as np
import pytest

import spinland as sl
from spinland.connect.sections import Section, _basis


def test_derivatives_are_those_of_the_coordinates():
    glass = sl.SphericalSpinGlass(30, 3, seed=1)
    section = Section(glass, _basis(4, 0, 6, 30))
    np.testing.assert_allclose(section._basis @ section._basis.T, np.eye(6), atol=1e-12)
    z = section.geometry.retract(np.random.default_rng(0).normal(size=6))
    differences = sl.FunctionLandscape(lambda p: _extended(glass, p @ section._basis), 6)
    assert section.value(z) == pytest.approx(differences.value(z), rel=1e-12)
    tangent = section.geometry.tangent
    np.testing.assert_allclose(tangent(z, section.gradient(z)), tangent(z, differences.gradient(z)), atol=1e-8)


def _extended(glass, points):
    """The energy per spin of a pure glass of order 3 off its sphere too, homogeneous."""
    lengths = np.linalg.norm(points, axis=1) / np.sqrt(glass.dim)
    return glass.value(points / lengths[:, None]) * lengths**3


def test_the_section_of_all_dimensions_is_the_whole():
    glass = sl.SphericalSpinGlass(24, 3, seed=5)
    found = sl.section_minima(glass, [24], 4, seed=2)
    starts = np.stack([_basis(2, s, 24, 24)[0] for s in range(4)]) * np.sqrt(24)
    whole = sl.minimize(glass, starts)
    assert found.converged.all()
    np.testing.assert_allclose(found.values[0], whole.values, atol=1e-9)


def test_energies_on_sections_are_those_of_smaller_glasses():
    """Means of 60 instances each, seeds 0 … 59; the difference has a known error, of which four are allowed."""
    n, spins = 12, 48
    on_sections = [
        sl.section_minima(sl.SphericalSpinGlass(spins, 3, seed=s), [n], 1, seed=s).values[0, 0] for s in range(60)
    ]
    small = [sl.SphericalSpinGlass(n, 3, seed=100 + s) for s in range(60)]
    energies = np.sqrt(n / spins) * np.array([sl.minimize(g, g.random_points(1, seed=3)).values[0] for g in small])
    error = np.sqrt((np.var(on_sections) + np.var(energies)) / 59)
    assert error < 0.02
    assert abs(np.mean(on_sections) - energies.mean()) < 4 * error


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("dimensions", {"dimensions": [1, 4]}),
        ("dimensions", {"dimensions": [5, 4]}),
        ("dimensions", {"dimensions": [31]}),
        ("n_sections", {"n_sections": 0}),
        ("landscape", {"landscape": sl.FunctionLandscape(lambda w: w[:, 0], 3)}),
    ],
)
def test_bad_arguments_are_named(name, wrong):
    good = {"landscape": sl.SphericalSpinGlass(30, 3), "dimensions": [4], "n_sections": 1}
    with pytest.raises(sl.ArgumentError, match=f"^{name}"):
        sl.section_minima(**good | wrong)
