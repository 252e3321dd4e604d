"""Every probe on both: the glass goes through the same functions as the network, and stays on its sphere."""

from __future__ import annotations

import numpy as np
import pytest

import spinland as sl
from spinland.errors import ArgumentError
from spinland.landscape.geometry import Sphere
from spinland.probes.profiles import overlap_profile
from spinland.replicas.minima import glass_minima

N = 16
GLASS = sl.SphericalSpinGlass(N, 3, seed=11)
NETWORK = sl.NetworkLandscape(
    sl.ReLUNetwork((2, 3, 2)), np.linspace(-1, 1, 12).reshape(6, 2), np.arange(6) % 2, dtype="float64"
)
POINTS = {"glass": GLASS.random_points(5, seed=1), "network": NETWORK.network.initialize(5, 1, dtype="float64")}
LANDSCAPES = {"glass": GLASS, "network": NETWORK}


def unit_angle(x, y):
    """Angle between two points, by the chord."""
    x, y = x / np.linalg.norm(x), y / np.linalg.norm(y)
    return 2 * np.arcsin(np.linalg.norm(x - y) / 2)


def on_great_circle(origin, vector, radius):
    """exp_origin(vector), written out."""
    angle = np.linalg.norm(vector) / radius
    return np.cos(angle) * origin + radius * np.sin(angle) * vector / np.linalg.norm(vector)


@pytest.mark.parametrize("kind", ["glass", "network"])
def test_every_probe_takes_both(kind):
    landscape, points = LANDSCAPES[kind], POINTS[kind]
    here = landscape.value(points)
    walk = sl.random_walk(landscape, points[:2], 0.1, 8, 3, seed=2)
    np.testing.assert_allclose(walk.values[[0, 3], 0], here[:2], rtol=1e-12)
    assert sl.ruggedness(walk).lag[0] == 0
    assert walk.constraint == ("sphere" if kind == "glass" else "none")
    line = sl.line(landscape, points[0], points[1:], [0, 0.5, 1])
    np.testing.assert_allclose(line.values[:, [0, 2]], np.stack([np.full(4, here[0]), here[1:]], 1), atol=1e-12)
    planes = [
        sl.plane(landscape, points[0], sl.random_directions(landscape, points[0], 2), [0, 0.5], [0, 1]),
        sl.random_plane(landscape, points[0], a=[0, 0.1], b=[0, 0.1]),
    ]
    for plane in planes:
        assert plane.values[0, 0] == pytest.approx(here[0], abs=1e-12)
    three = sl.plane_through(landscape, points[:3], n=3)
    assert np.isfinite(three.values).all()
    path = sl.trajectory_plane(landscape, points, n=3)
    np.testing.assert_allclose(path.path_values, here, atol=1e-12)
    np.testing.assert_allclose(path.path[-1], 0, atol=1e-12)
    flat = sl.flatness(landscape, points, [0.0, 0.2], 3)
    np.testing.assert_allclose(flat.rise[:, 0], 0, atol=1e-12)
    radius = None if kind == "glass" else 1.0
    curve = sl.correlation(landscape, [0.5, 1.0], 8, radius=radius)
    assert curve.correlation[1] == pytest.approx(1)
    profile = overlap_profile(landscape, points[:2], 20, 3, n_typical=16)
    assert profile.overlap[0] == pytest.approx(1)
    np.testing.assert_allclose(profile.value[0], here[:2].mean(), atol=1e-12)
    assert profile.rise[0] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("kind", ["glass", "network"])
def test_replicas_take_whatever_has_params(kind):
    ensemble = (
        glass_minima(GLASS, 6)
        if kind == "glass"
        else sl.train(NETWORK.network, _tiny_data(), 4, epochs=1, batch_size=3)
    )
    params = np.asarray(ensemble.params)
    np.testing.assert_array_equal(sl.distances(ensemble), sl.distances(params))
    np.testing.assert_array_equal(sl.overlaps(ensemble), sl.overlaps(params))
    np.testing.assert_array_equal(sl.hierarchy(ensemble).linkage, sl.hierarchy(params).linkage)
    statistics = sl.pair_statistics(ensemble)
    np.testing.assert_array_equal(statistics.overlaps, sl.overlaps(params, condensed=True))
    assert sl.overlap_distribution(statistics, 5).density.shape == (5,)
    assert sl.ultrametricity(ensemble, 5, 5).deviation == sl.ultrametricity(params, 5, 5).deviation


def _tiny_data():
    x = np.linspace(-1, 1, 12).reshape(6, 2)
    return sl.as_dataset((x, np.arange(6) % 2, x, np.arange(6) % 2))


def test_swaps_are_of_networks_only():
    with pytest.raises(ArgumentError, match=r"landscape: expected a NetworkLandscape.*SphericalSpinGlass"):
        sl.swap_interpolation(GLASS, POINTS["glass"][0], [1], [0, 1], 2)


@pytest.mark.parametrize("normalize", ["filter", "layer"])
def test_a_sphere_has_no_filters(normalize):
    with pytest.raises(ArgumentError, match=f"normalize.*no {normalize}s"):
        sl.random_directions(GLASS, POINTS["glass"][0], 2, normalize=normalize)


def test_directions_are_tangent_and_as_long_as_the_radius():
    origin = POINTS["glass"][0]
    directions = sl.random_directions(GLASS, origin, 4, seed=3)
    np.testing.assert_allclose(directions @ origin, 0, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), np.sqrt(N), rtol=1e-12)


def test_a_plane_has_the_values_at_the_ends_of_the_great_circles():
    origin = POINTS["glass"][0]
    directions = np.random.default_rng(4).normal(size=(2, N))  # neither tangent nor orthogonal nor scaled
    plane = sl.plane(GLASS, origin, directions, [-2.0, 0.3, 5.0], [0.7, -1.1])
    tangent = directions - np.outer(directions @ origin, origin) / N
    for i, a in enumerate(plane.a):
        for j, b in enumerate(plane.b):
            point = on_great_circle(origin, a * tangent[0] + b * tangent[1], np.sqrt(N))
            assert plane.values[i, j] == pytest.approx(GLASS.value(point), abs=1e-12)


def test_a_random_plane_is_in_radians():
    coordinate = sl.FunctionLandscape(lambda w: w @ POINTS["glass"][0] / N, N, geometry=sl.Sphere(np.sqrt(N)))
    plane = sl.random_plane(coordinate, POINTS["glass"][0], seed=5, a=[0, 0.6], b=[0, 0.8, 3.0])
    np.testing.assert_allclose(plane.values, np.cos(np.hypot(plane.a[:, None], plane.b)), atol=1e-12)
    assert plane.a_label.endswith("(rad)")


def test_three_points_stand_at_their_angles_from_the_mean_and_have_their_values():
    three = POINTS["glass"][:3]
    centre = three.mean(axis=0) * np.sqrt(N) / np.linalg.norm(three.mean(axis=0))
    plane = sl.plane_through(GLASS, three, n=5)
    assert "angle" in plane.a_label
    angles = [unit_angle(centre, point) for point in three]
    np.testing.assert_allclose(np.hypot(*plane.points.T), angles, rtol=1e-10)
    assert plane.points[0, 1] == pytest.approx(plane.points[1, 1], abs=1e-12)
    # A landscape whose value is the overlap with one of the points is 1 there and nowhere else.
    near = sl.FunctionLandscape(lambda w: w @ three[2] / N, N, geometry=sl.Sphere(np.sqrt(N)))
    fine = sl.plane_through(near, three, n=201, margin=0.1)
    i, j = np.unravel_index(fine.values.argmax(), fine.values.shape)
    np.testing.assert_allclose([fine.a[i], fine.b[j]], fine.points[2], atol=0.02)
    assert fine.values.max() == pytest.approx(1, abs=1e-3)


def test_a_trajectory_on_a_great_circle_is_a_straight_path_in_radians():
    origin, other = np.eye(N)[0] * np.sqrt(N), np.eye(N)[1] * np.sqrt(N)
    angles = np.array([1.5, 1.0, 0.4, 0.0])
    trajectory = np.cos(angles)[:, None] * origin + np.sin(angles)[:, None] * other
    trajectory[1] += 0.05 * np.sqrt(N) * np.eye(N)[2]
    plane = sl.trajectory_plane(GLASS, GLASS.geometry.retract(trajectory), n=3)
    np.testing.assert_allclose(np.hypot(*plane.path[[0, 2]].T), [1.5, 0.4], atol=1e-10)
    assert plane.explained[0] > 0.99


def test_flatness_goes_by_the_angle():
    direction_free = sl.FunctionLandscape(lambda w: w @ POINTS["glass"][0] / N, N, geometry=sl.Sphere(np.sqrt(N)))
    flat = sl.flatness(direction_free, POINTS["glass"][0], [0.3, 2.0], 4)
    np.testing.assert_allclose(flat.rise[0], np.cos([0.3, 2.0]) - 1, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_long_walk_and_a_great_circle_stay_on_the_sphere(dtype):
    norms = []

    def value(points):
        norms.append(np.linalg.norm(points.astype(float), axis=1))
        return np.zeros(len(points))

    glass = sl.SphericalSpinGlass(N, 3, seed=11, dtype=dtype)
    points = glass.random_points(2)
    walk = sl.random_walk(glass, points, 0.5, 300, 2)  # the glass refuses points off the sphere
    assert np.isfinite(walk.values).all()
    watched = sl.FunctionLandscape(value, N, geometry=sl.Sphere(np.sqrt(N)))
    sl.line(watched, points[0].astype(float), points[1].astype(float), np.linspace(-1, 2, 7))
    np.testing.assert_allclose(np.concatenate(norms), np.sqrt(N), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("origin", lambda off: sl.random_walk(GLASS, off, 0.1, 2)),
        ("end", lambda off: sl.line(GLASS, POINTS["glass"][0], off, [0, 1])),
        ("origin", lambda off: sl.plane(GLASS, off, np.eye(N)[:2], [0], [0])),
        ("origin", lambda off: sl.random_plane(GLASS, off)),
        ("origin", lambda off: sl.random_directions(GLASS, off, 1)),
        ("three", lambda off: sl.plane_through(GLASS, [off, *POINTS["glass"][:2]])),
        ("trajectory", lambda off: sl.trajectory_plane(GLASS, [off, *POINTS["glass"][:2]])),
        ("points", lambda off: sl.flatness(GLASS, off, [0.1], 2)),
        ("origin", lambda off: overlap_profile(GLASS, off)),
        ("directions", lambda off: sl.plane(GLASS, off / 1.01, [off, np.eye(N)[0]], [0], [0])),
    ],
)
def test_points_off_the_sphere_are_refused_by_name(name, call):
    with pytest.raises(ArgumentError) as caught:
        call(1.01 * POINTS["glass"][0])
    assert caught.value.argument == name


def test_three_points_on_one_great_circle_are_refused():
    a, b = np.eye(N)[:2] * np.sqrt(N)
    with pytest.raises(ArgumentError, match="great circle"):
        sl.plane_through(GLASS, [a, b, GLASS.geometry.retract(a + 2 * b)])
    with pytest.raises(ArgumentError, match="opposite"):
        sl.trajectory_plane(GLASS, [a, b, -a])


def test_rotating_couplings_and_points_together_changes_no_plane_line_or_overlap():
    rotation = np.linalg.qr(np.random.default_rng(6).normal(size=(N, N)))[0]
    turned = sl.SphericalSpinGlass.from_couplings(
        np.einsum("abc,ia,jb,kc->ijk", GLASS.couplings(), rotation, rotation, rotation, optimize=True)
    )
    points = POINTS["glass"]
    directions = sl.random_directions(GLASS, points[0], 2, seed=7)
    axis = np.linspace(-2, 2, 5)
    for probe in (
        lambda glass, turn: sl.plane(glass, turn(points[0]), turn(directions), axis, axis).values,
        lambda glass, turn: sl.plane_through(glass, turn(points[:3]), n=5).values,
        lambda glass, turn: np.abs(sl.trajectory_plane(glass, turn(points), n=5).path),
        lambda glass, turn: sl.line(glass, turn(points[0]), turn(points[1:]), axis).values,
    ):
        np.testing.assert_allclose(probe(turned, lambda x: x @ rotation.T), probe(GLASS, lambda x: x), atol=1e-10)


def test_walks_of_a_turned_glass_have_the_same_mean():
    """Seeds 11 and 6; 16 bins of 400 walkers each, the largest of 16 deviations within 4 standard errors."""
    rotation = np.linalg.qr(np.random.default_rng(6).normal(size=(N, N)))[0]
    turned = sl.SphericalSpinGlass.from_couplings(
        np.einsum("abc,ia,jb,kc->ijk", GLASS.couplings(), rotation, rotation, rotation, optimize=True)
    )
    origin = POINTS["glass"][0]
    one = sl.random_walk(GLASS, origin, 0.3, 16, 400, seed=8)
    other = sl.random_walk(turned, rotation @ origin, 0.3, 16, 400, seed=9)
    error = np.hypot(one.error, other.error)[1:]
    assert np.abs((one.mean - other.mean)[1:] / error).max() < 4


def test_mean_energy_about_a_random_point_is_q_to_the_order_times_its_own():
    """Seeds 100 to 159: 60 instances of N = 24, 40 directions each; three overlaps, 3 standard errors.

    E[H(σ') | H(σ)] = q^p H(σ) when σ' is isotropic about σ.
    """
    angles = np.arccos([0.9, 0.6, 0.2])
    residues = []
    for seed in range(100, 160):
        glass = sl.SphericalSpinGlass(24, 3, seed=seed)
        flat = sl.flatness(glass, glass.random_points(1, seed=seed), angles[np.argsort(angles)], 40, seed=seed)
        residues.append(flat.rise[0] - flat.values[0] * (np.cos(flat.radii) ** 3 - 1))
    residues = np.array(residues)
    error = residues.std(axis=0, ddof=1) / np.sqrt(len(residues))
    assert (np.abs(residues.mean(axis=0)) < 3 * error).all()


def test_mean_energy_about_minima_is_q_to_the_order_times_theirs_and_the_curvature():
    """Seeds 200 to 223: 24 instances of N = 40, one minimum each, 64 directions; three overlaps, 3 standard errors.

    Over the directions u of the tangent space, |u|² = N, the mean of H(qσ + sqrt(1−q²) u)/N at order 3 is
    q³ e + q (1−q²) c for every instance, where c is half the mean curvature uᵀ∇²H u / N. For a minimum c is
    of order 1/N, but positive.
    """
    n, q, residues = 40, np.array([0.9, 0.6, 0.2]), []
    for seed in range(200, 224):
        glass = sl.SphericalSpinGlass(n, 3, seed=seed)
        minima = glass_minima(glass, 1, seed=seed)
        flat = sl.flatness(glass, minima.params, np.arccos(q), 64, seed=seed)
        energy = flat.values[0]
        flat_trace = np.trace(glass.hessians(minima.params)[0]) + 3 * energy * (n - 1) / n
        curvature = 0.5 * flat_trace * n / (n - 1)
        residues.append(flat.rise[0] - energy * (q**3 - 1) - curvature * q * (1 - q**2))
    residues = np.array(residues)
    error = residues.std(axis=0, ddof=1) / np.sqrt(len(residues))
    assert (np.abs(residues.mean(axis=0)) < 3 * error).all(), residues.mean(axis=0) / error


def test_minima_are_minima_and_counted_once():
    minima = glass_minima(GLASS, 12, seed=3)
    assert minima.gradient_norms.max() < 1e-7
    for hessian, point in zip(GLASS.hessians(minima.params), minima.params, strict=True):
        eigenvalues, vectors = np.linalg.eigh(hessian)
        radial = np.abs(vectors.T @ point).argmax()
        assert np.delete(eigenvalues, radial).min() > 0
    np.testing.assert_allclose(minima.values, GLASS.value(minima.params))
    kept = minima.params[minima.distinct]
    assert sl.overlaps(kept, condensed=True).max() < 0.999
    nearest = (minima.params @ kept.T / N).max(axis=1)
    assert nearest.min() > 0.999
    assert len(kept) < 12  # so small an instance has few minima


def test_even_order_has_overlaps_up_to_their_sign():
    glass = sl.SphericalSpinGlass(8, 4, seed=2)
    minima = glass_minima(glass, 8)
    assert minima.symmetric
    assert not glass_minima(GLASS, 1).symmetric
    flipped = minima.params * np.where(np.arange(8) % 2, -1.0, 1.0)[:, None]
    np.testing.assert_allclose(glass.value(flipped), minima.values)
    for measure in (
        lambda x: sl.overlaps(x, unsigned=True),
        lambda x: sl.distances(x, "projective"),
        lambda x: sl.pair_statistics(x, unsigned=True).distances,
        lambda x: sl.hierarchy(x, metric="projective").cophenetic,
    ):
        np.testing.assert_allclose(measure(flipped), measure(minima.params), atol=1e-7)
    a, b = POINTS["glass"][0], 0.7 * POINTS["glass"][1]
    expected = min(np.linalg.norm(a - b), np.linalg.norm(a + b))
    assert sl.distances([a, b], "projective", condensed=True)[0] == pytest.approx(expected)


def test_exponential_and_logarithm_are_inverse():
    origin, points = POINTS["glass"][0], POINTS["glass"][1:]
    ways = Sphere().space.chart(origin, points, "points")
    np.testing.assert_allclose(ways @ origin, 0, atol=1e-12)
    for way, point in zip(ways, points, strict=True):
        np.testing.assert_allclose(on_great_circle(origin, way * np.sqrt(N), np.sqrt(N)), point, atol=1e-12)


def test_the_profile_of_a_network_falls_to_the_last_overlap_at_the_pace_of_a_glass():
    profiles = [
        overlap_profile(LANDSCAPES[kind], POINTS[kind], 30, 10, last=0.2, n_bins=8, n_typical=8)
        for kind in ("glass", "network")
    ]
    for profile in profiles:
        assert profile.overlap[-1] < 0.4
        assert (np.diff(profile.overlap) < 0).all()
        assert profile.start.shape == profile.typical.shape == profile.radius.shape == (5,)


def test_bad_profiles_and_minima_are_refused():
    for name, call in (
        ("last", lambda: overlap_profile(GLASS, POINTS["glass"], last=1.0)),
        ("n_bins", lambda: overlap_profile(GLASS, POINTS["glass"], n_bins=0)),
        ("glass", lambda: glass_minima(NETWORK, 3)),
        ("n", lambda: glass_minima(GLASS, 0)),
        ("tolerance", lambda: glass_minima(GLASS, 1, tolerance=0)),
    ):
        with pytest.raises(ArgumentError) as caught:
            call()
        assert caught.value.argument == name
