"""The sphere and flat space: one tolerance, and moves that stay on them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spinland as sl
from spinland.landscape.geometry import Euclidean, Sphere
from spinland.landscape.spaces import OFF_SPHERE

POINTS = np.random.default_rng(0).normal(size=(5, 7))
FLAT, UNIT, ANY = Euclidean().space, Sphere(3.0).space, Sphere().space


def on(radius, dtype="f8"):
    return Sphere(radius).retract(POINTS).astype(dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_points_off_by_rounding_are_brought_on_and_others_refused(dtype):
    room = OFF_SPHERE[np.dtype(dtype)] / 2  # of the norm, half of that of its square
    near, far = ((on(3.0) * (1 + share * room)).astype(dtype) for share in (0.9, 1.2))
    found = UNIT.on("points", near)
    assert found.dtype == dtype
    assert_allclose(np.linalg.norm(found, axis=1), 3.0, rtol=1e-6 if dtype == "float32" else 1e-15)
    for refuse in (UNIT.on, lambda name, points: UNIT.refuse_off(name, points, dtype)):
        with pytest.raises(sl.ArgumentError, match=r"points on the sphere of radius 3; .*retract"):
            refuse("points", far)
    with pytest.raises(sl.ArgumentError, match="centre"):
        UNIT.on("points", np.zeros((1, 7), dtype))


def test_glass_probe_and_dynamics_have_one_tolerance():
    glass = sl.SphericalSpinGlass(7, 3)
    point = glass.random_points(1)[0]
    for share, fits in ((0.4, True), (0.6, False)):
        moved = point * (1 + share * OFF_SPHERE[glass.dtype])
        for call in (
            glass.value,
            lambda w: sl.random_walk(glass, w, 0.1, 1),
            lambda w: sl.gradient_flow(glass, w, [0.0, 0.1]),
            lambda w: sl.plane(glass, w, POINTS[:2], [0], [0]),
        ):
            if fits:
                call(moved)
            else:
                with pytest.raises(sl.ArgumentError, match="points on the sphere of radius"):
                    call(moved)


def test_a_sphere_without_a_radius_is_that_of_each_point_or_of_the_first():
    assert_array_equal(ANY.on("points", POINTS), POINTS)
    with pytest.raises(sl.ArgumentError, match="on the sphere of radius"):
        ANY.on("points", POINTS, together=True)
    assert_allclose(ANY.on("points", on(2.0), together=True), on(2.0), rtol=1e-15)
    assert_allclose(ANY.radii(POINTS), np.linalg.norm(POINTS, axis=1))
    assert_array_equal(UNIT.radii(POINTS), 3.0)
    assert ANY.unit(on(2.0)[0]) == pytest.approx(2)


def test_chart_and_family_are_inverse_on_the_sphere():
    points = on(3.0)
    ways = UNIT.chart(points[0], points, "points")
    assert_allclose(np.linalg.norm(ways, axis=1), np.arccos(points @ points[0] / 9), atol=1e-7)
    origin, vectors, coefficients = UNIT.family(points[0], 3.0 * ways[1:], np.eye(4))
    assert_allclose(origin + coefficients @ vectors, points[1:], atol=1e-12)


def test_frame_is_orthonormal_and_tangent():
    frame = UNIT.frame(on(3.0)[0], POINTS[1:4])
    assert_allclose(frame @ frame.T, np.eye(3), atol=1e-14)
    assert_allclose(frame @ on(3.0)[0], 0, atol=1e-13)
    with pytest.raises(sl.ArgumentError, match="along the radius"):
        UNIT.directions(on(3.0)[0], 2 * on(3.0)[:1])


def test_bend_makes_the_hessian_of_the_sphere():
    point, rng = on(3.0)[:1], np.random.default_rng(1)
    matrix = rng.normal(size=(7, 7))
    matrix = matrix + matrix.T
    way = UNIT.frame(point[0], POINTS[1:2])
    hessian = UNIT.tangent(point, way @ matrix + UNIT.bend(point, point @ matrix, way))
    step = 1e-4 / 3  # an angle

    def value(angle):
        w = np.cos(angle) * point + 3 * np.sin(angle) * way
        return 0.5 * (w @ matrix @ w.T).item()

    second = (value(step) - 2 * value(0) + value(-step)) / (3 * step) ** 2
    assert_allclose((hessian @ way.T).item(), second, rtol=1e-5, atol=1e-6)


def test_flat_space_leaves_all_as_it_is():
    for moved in (
        FLAT.on("points", POINTS),
        FLAT.directions(POINTS[0], POINTS),
        FLAT.frame(POINTS[0], POINTS),
        FLAT.chart(POINTS[0], POINTS, "points"),
        FLAT.tangent(POINTS, POINTS),
    ):
        assert_array_equal(moved, POINTS)
    assert FLAT.bend(POINTS, POINTS, POINTS) == 0
    assert FLAT.unit(POINTS[0]) == 1
    copy = FLAT.scaled(POINTS, np.ones(5))
    assert not np.shares_memory(copy, POINTS)
