"""What compiles which kernels: calls of public functions with tiny arguments, which chapters name.

Kernels are compiled for the types of their arguments. The surest list of these is what the functions themselves pass
on, so a recipe calls them: it compiles what they use, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import spinland as sl

Points = NDArray[Any]

_WIDTHS = (6, 8, 3)
_SHORT, _LONG = 40, 9000
"""Parameters of points whose products are formed in float64, and in the float type of the points."""


def _data(sparse: bool) -> sl.Dataset:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(12, _WIDTHS[0])) * (rng.random((12, _WIDTHS[0])) < (0.2 if sparse else 1.0))
    y = np.arange(12) % _WIDTHS[-1]
    return sl.Dataset("tiny", x, y, x[:6], y[:6])


def _landscape(dtype: str) -> sl.NetworkLandscape:
    return sl.NetworkLandscape(sl.ReLUNetwork(_WIDTHS), _data(sparse=False), dtype=dtype)


def _points(dtype: str) -> Points:
    return sl.ReLUNetwork(_WIDTHS).initialize(4, 0, dtype=dtype)


def _train(dtype: str) -> None:
    network = sl.ReLUNetwork(_WIDTHS)
    for sparse in (True, False):
        sl.train(network, _data(sparse), 2, batch_size=4, epochs=1, dtype=dtype, evaluate="final")


def _evaluate(dtype: str) -> None:
    _landscape(dtype).evaluate(_points(dtype))


def _walk(dtype: str) -> None:
    for constraint in ("none", "sphere"):
        sl.random_walk(_landscape(dtype), _points(dtype), 0.1, 2, 2, constraint=constraint)


def _swap(dtype: str) -> None:
    sl.swap_interpolation(_landscape(dtype), _points(dtype), [1, 2], np.linspace(0, 1, 3), 2)


def _pairs(dtype: str, dim: int) -> None:
    points = np.random.default_rng(0).normal(size=(4, dim)).astype(dtype)
    points[1] = points[0] * 1.001  # so near that their distance is formed from differences
    sl.distances(points)


def _short_pairs(dtype: str) -> None:
    _pairs(dtype, _SHORT)


def _long_pairs(dtype: str) -> None:
    _pairs(dtype, _LONG)


def _triangles(dtype: str) -> None:
    sl.ultrametricity(np.random.default_rng(0).normal(size=(6, 5)), n_splits=10, n_null=10)


def _sampled_triangles(dtype: str) -> None:
    sl.ultrametricity(np.random.default_rng(0).normal(size=(6, 5)), n_triples=8, n_splits=10, n_null=10)


def _line(dtype: str) -> None:
    points = _points(dtype)
    sl.line(_landscape(dtype), points[:2], points[2:], np.linspace(0, 1, 3))


def _path(dtype: str) -> None:
    network, points = sl.ReLUNetwork(_WIDTHS), _points(dtype)
    for sparse in (True, False):
        landscape = sl.NetworkLandscape(network, _data(sparse), dtype=dtype)
        path = sl.connecting_path(landscape, points[:2], points[2:], steps=1, batch_size=4)
        path.evaluate(landscape, 3)


def _glass_path(dtype: str) -> None:
    glass = _glass(dtype)
    points = glass.random_points(2, 0)
    sl.connecting_path(glass, points[:1], points[1:], steps=1).evaluate(glass, 3)


def _saddles(dtype: str) -> None:
    """All of it is in float64, whatever the landscapes of a study are."""
    network = sl.ReLUNetwork((3, 3, 2))
    x = np.random.default_rng(0).normal(size=(12, 3))
    landscape = sl.NetworkLandscape(network, x, x[:, :2], "mse", "float64")
    sl.permutation_saddle(landscape, network.initialize(1, 0, dtype="float64")[0], n=2, max_iterations=2)
    glass = sl.SphericalSpinGlass(4, 3, 0)
    critical = sl.critical_points(glass)
    sl.transition_states(glass, critical.points[critical.index == 1], critical.points[critical.index == 0])


def _flatness(dtype: str) -> None:
    sl.flatness(_landscape(dtype), _points(dtype), [0.1], 2)


def _measures(dtype: str) -> None:
    """The table of rescaled networks is in float64, whatever the landscapes of a study are."""
    points = _points(dtype)
    sl.pac_bayes(_landscape(dtype), points[:1], points[1:2], n_draws=10)
    for some in dict.fromkeys((dtype, "float64")):
        sl.sharpness(_landscape(some), points[:1], "filter", n_draws=2)
        sl.sharpness(_landscape(some), points[:1], "sam", max_steps=1)
        sl.sharpness(_landscape(some), points[:1], "largest")


def _glass_measures(dtype: str) -> None:
    glass = _glass(dtype)
    point = glass.random_points(1, 0)
    for measure in ("sam", "filter", "trace"):
        sl.sharpness(glass, point, measure, n_draws=2)


def _optimisers(dtype: str) -> None:
    """Orders and noise that steps of several gradients draw for themselves."""
    data = sl.load_dataset("digits").subset(40, 20)
    sl.train(sl.ReLUNetwork((64, 4, 10)), data, 1, sl.EntropySGD(n_langevin=1), 32, 1, dtype=dtype, evaluate="none")


def _subspaces(dtype: str) -> None:
    data = sl.load_dataset("digits").subset(40, 20)
    sl.train_subspace(sl.ReLUNetwork((64, 4, 10)), data, 3, 1, epochs=1, dtype=dtype)


def _sections(dtype: str) -> None:
    sl.section_minima(sl.SphericalSpinGlass(6, 3), [3], 1)


def _profile(dtype: str) -> None:
    sl.overlap_profile(_landscape(dtype), _points(dtype), 2, 2)


def _correlation(dtype: str) -> None:
    sl.correlation(_landscape(dtype), n_pairs=3)


def _gradient(dtype: str) -> None:
    _landscape(dtype).gradient(_points(dtype))


def _curvature(dtype: str) -> None:
    """Spectra are in float64, whatever the landscapes of a study are."""
    for kind in dict.fromkeys((dtype, "float64")):
        points = _points(kind)
        _landscape(kind).hessian_product(points[0], points[1:])
        _landscape(kind).gradient(points)


def _noise(dtype: str) -> None:
    network, data = sl.ReLUNetwork(_WIDTHS), _data(sparse=False)
    for sparse in (True, False):
        landscape = sl.NetworkLandscape(network, _data(sparse), dtype=dtype)
        sl.gradient_noise(landscape, _points(dtype)[0], 2)
    found = sl.record_trajectory(network, data, _points(dtype), batch_size=4, epochs=20, dtype=dtype)
    sl.noise_modes(_landscape(dtype), found, 2)
    sl.probability_current(found, n_modes=2, n_null=1)
    sl.train(network, data, 2, sl.SGD(0.1), batch_size=4, epochs=1, dtype=dtype, evaluate="final")


def _glass(dtype: str) -> sl.SphericalSpinGlass:
    return sl.SphericalSpinGlass(6, 3, 0, dtype=dtype)


def _descend(dtype: str) -> None:
    glass = _glass(dtype)
    sl.minimize(glass, glass.random_points(3, 0))


def _glass_slice(dtype: str) -> None:
    glass = _glass(dtype)
    points = glass.random_points(2, 0)
    sl.line(glass, points[:1], points[1:], np.linspace(0, 1, 3))


def _glass_curvature(dtype: str) -> None:
    glass = _glass(dtype)
    points = glass.random_points(3, 0)
    glass.hessians(points)
    glass.hessian_product(points[0], points[1:])


def _glass_walk(dtype: str) -> None:
    glass = _glass(dtype)
    sl.overlap_profile(glass, glass.random_points(3, 0), 2, 2)


def _glass_correlation(dtype: str) -> None:
    sl.correlation(_glass(dtype), n_pairs=3)


def _heat(dtype: str) -> None:
    glass = _glass(dtype)
    sl.langevin(glass, glass.random_points(2, 0), 0.5, [0.1, 0.2], 0.05)
    sl.replica_exchange(glass, [0.5, 1.0], 20)


def _potential(dtype: str) -> None:
    glasses, references = sl.planted_instances(6, 3, 1.0, 2)
    sl.franz_parisi(glasses, references, [0.0, 0.5], 1.0, 20, walkers=1, n_warmup=2)


def _inherent(dtype: str) -> None:
    for order in (3, {3: 1.0, 4: 1.0}):
        sl.inherent_energies(order, [1.5], [6, 8], 2, time=1.0)


def _critical(dtype: str) -> None:
    sl.critical_points(sl.SphericalSpinGlass(3, 3, 0))


RECIPES: dict[str, Callable[[str], None]] = {
    "training": _train,
    "losses": _evaluate,
    "walks": _walk,
    "swaps": _swap,
    "distances": _short_pairs,
    "distances of long points": _long_pairs,
    "triangles": _triangles,
    "sampled triangles": _sampled_triangles,
    "flatness": _flatness,
    "measures": _measures,
    "optimisers": _optimisers,
    "glass measures": _glass_measures,
    "subspaces": _subspaces,
    "sections": _sections,
    "slices": _line,
    "paths": _path,
    "glass paths": _glass_path,
    "saddles": _saddles,
    "profiles": _profile,
    "correlations": _correlation,
    "descent": _descend,
    "critical points": _critical,
    "dynamics": _heat,
    "potential": _potential,
    "inherent": _inherent,
    "glass slices": _glass_slice,
    "glass profiles": _glass_walk,
    "glass correlations": _glass_correlation,
    "gradients": _gradient,
    "curvature": _curvature,
    "noise": _noise,
    "glass curvature": _glass_curvature,
}
"""Every recipe by name; it takes the float type."""

Task = tuple[str, str]
"""A float type and the name of a recipe."""


def of_everything() -> list[Task]:
    """All recipes in both float types."""
    return [(dtype, name) for dtype in ("float32", "float64") for name in RECIPES]
