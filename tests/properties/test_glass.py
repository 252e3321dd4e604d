"""The spherical glass against dense tensors; the same bits however points are grouped."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spinland as sl
from tests.oracles import glass as oracle

LARGEST = {2: 60, 3: 24, 4: 10, 5: 6, 6: 4}
TOLERANCE = {"float64": 1e-12, "float32": 3e-5}


@st.composite
def glasses(draw, **options):
    order = draw(st.integers(2, 6))
    chosen = order
    if draw(st.booleans()) and order > 2:
        chosen = {order: draw(st.floats(0.2, 2)), draw(st.integers(2, order - 1)): draw(st.floats(-2, -0.2))}
    return sl.SphericalSpinGlass(
        draw(st.integers(2, LARGEST[order])),
        chosen,
        draw(st.integers(0, 2**64 - 1)),
        disorder=draw(st.sampled_from(["gaussian", "signs"])),
        **options,
    )


def kept(glass, **options):
    """The same instance in another form."""
    settings = {"dtype": glass.dtype, "disorder": glass.disorder, **options}
    return sl.SphericalSpinGlass(glass.n_spins, glass.order, glass.seed, **settings)


@given(glasses(), st.sampled_from([1, 2, 5, 17]), st.sampled_from(["float64", "float32"]))
def test_values_and_derivatives_are_those_of_the_full_tensor(glass, count, dtype):
    tensors = oracle.tensors_of(glass)
    glass = kept(glass, dtype=dtype)
    points = glass.random_points(count, seed=1)
    vectors = glass.random_points(count, seed=2)
    values, gradients = glass.value_and_gradient(points)
    products, matrices = glass.hessian_products(points, vectors), glass.hessians(points)
    assert gradients.dtype == products.dtype == matrices.dtype == dtype
    for b, point in enumerate(points.astype(float)):
        hessian = oracle.hessian(tensors, point)
        size = 1 + abs(oracle.flat_hessian(tensors, point)).max() * glass.n_spins
        near = {"rtol": 0, "atol": TOLERANCE[dtype] * size}
        np.testing.assert_allclose(values[b], oracle.polynomial(tensors, point), **near)
        np.testing.assert_allclose(gradients[b], oracle.gradient(tensors, point), **near)
        np.testing.assert_allclose(products[b], hessian @ vectors[b], **near)
        np.testing.assert_allclose(matrices[b], hessian, **near)


@given(glasses())
def test_derivatives_are_slopes_on_great_circles(glass):
    point, other = glass.random_points(2, seed=3)
    tangent = other - point * (point @ other) / glass.n_spins
    tangent *= np.sqrt(glass.n_spins) / np.linalg.norm(tangent)

    def on_circle(angle):
        return np.cos(angle) * point + np.sin(angle) * tangent

    step = 1e-4
    low, middle, high = glass.value(np.array([on_circle(angle) for angle in (-step, 0, step)]))
    size = 1 + abs(oracle.flat_hessian(oracle.tensors_of(glass), point)).max() * glass.n_spins
    slope, bend = (high - low) / (2 * step), (high - 2 * middle + low) / step**2
    assert glass.gradient(point) @ tangent == pytest.approx(slope, abs=1e-6 * size)
    assert tangent @ glass.hessian_product(point, tangent) == pytest.approx(bend, abs=1e-5 * size)


@given(glasses(), st.sampled_from(["float64", "float32"]))
def test_bits_do_not_depend_on_the_batch(glass, dtype):
    glass = kept(glass, dtype=dtype)
    points, vectors = glass.random_points(140, seed=4), glass.random_points(140, seed=5)
    values, gradients = glass.value_and_gradient(points)
    products, matrices = glass.hessian_products(points, vectors), glass.hessians(points[:30])
    shared = glass.hessian_product(points[0], vectors)
    for part in (slice(0, 1), slice(3, 5), slice(7, 10), slice(11, 17), slice(20, 100)):
        some, slopes = glass.value_and_gradient(points[part])
        np.testing.assert_array_equal(some, values[part])
        np.testing.assert_array_equal(slopes, gradients[part])
        np.testing.assert_array_equal(glass.hessian_products(points[part], vectors[part]), products[part])
        np.testing.assert_array_equal(glass.hessian_product(points[0], vectors[part]), shared[part])
    np.testing.assert_array_equal(glass.hessian_product(points[0], vectors[0]), products[0])
    np.testing.assert_array_equal(glass.hessians(points[4:6]), matrices[4:6])


@given(glasses(), st.sampled_from(["float64", "float32"]), st.sampled_from([1, 30]))
def test_a_generated_glass_is_the_stored_one(glass, dtype, count):
    stored, generated = kept(glass, dtype=dtype), kept(glass, dtype=dtype, generated=True)
    assert generated.nbytes == 0
    assert stored.nbytes == stored.n_couplings * np.dtype(dtype).itemsize
    points, vectors = stored.random_points(count), stored.random_points(count, seed=1)
    for mine, theirs in zip(generated.value_and_gradient(points), stored.value_and_gradient(points), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(generated.hessian_products(points, vectors), stored.hessian_products(points, vectors))
    np.testing.assert_array_equal(generated.hessians(points), stored.hessians(points))
    mine, theirs = (g.slice(points[0], vectors[:1]).value([0.3]) for g in (generated, stored))
    assert mine == theirs


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("generated", [False, True])
def test_bits_do_not_depend_on_threads(order, generated, threads, two_threads):
    n = {2: 900, 3: 130, 4: 50}[order]  # several chunks of couplings each
    glass = sl.SphericalSpinGlass(n, order, seed=1, generated=generated)
    points, vectors = glass.random_points(70), glass.random_points(70, seed=1)

    def all_of_it():
        yield from glass.value_and_gradient(points)
        yield glass.gradient(points[0])
        yield glass.hessian_products(points, vectors)
        yield glass.hessians(points[:2])
        yield glass.slice(points[0], vectors[:2]).value([[0.1, 0.2]])
        yield glass.couplings() if order < 4 else 0

    two = list(all_of_it())
    threads(1)
    for one, other in zip(all_of_it(), two, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(two[2], two[1][0])  # and one point of several chunks is as in the batch


@given(glasses(), st.floats(-3, 3))
def test_a_pure_glass_is_homogeneous(glass, factor):
    if isinstance(glass.order, dict):
        glass = sl.SphericalSpinGlass(glass.n_spins, max(glass.order), glass.seed)
    points = glass.random_points(5)
    expected = factor**glass.order * glass.polynomial(points)
    scale = max(1, abs(factor)) ** glass.order
    np.testing.assert_allclose(glass.polynomial(factor * points), expected, rtol=0, atol=1e-11 * scale)


@given(glasses(), st.integers(1, 3), st.integers(0, 5))
def test_a_slice_is_the_glass_on_the_projected_points(glass, n_directions, seed):
    vectors = glass.random_points(n_directions + 1, seed=seed)
    coefficients = np.random.default_rng(seed).normal(size=(9, n_directions))
    cut = glass.slice(vectors[0], vectors[1:])
    points = vectors[0] + coefficients @ vectors[1:]
    expected = glass.value(glass.geometry.retract(points))
    size = (np.linalg.norm(vectors) / np.linalg.norm(points, axis=1)) ** max(glass.mixture)
    assert (abs(cut.value(coefficients) - expected) < 1e-11 * size * (1 + abs(expected))).all()
    assert cut.value(coefficients[0]) == cut.value(coefficients)[0]
    values, accuracy = cut.evaluate(coefficients)
    np.testing.assert_array_equal(values, cut.value(coefficients))
    assert np.isnan(accuracy).all()
    assert np.isnan(cut.evaluate(coefficients[0])[1])


def test_a_slice_has_no_value_at_the_centre():
    glass = sl.SphericalSpinGlass(12, 3, seed=1)
    point, other = glass.random_points(2)
    cut = glass.slice(np.zeros(12), [point, other])
    np.testing.assert_array_equal(np.isnan(cut.value([[0, 0], [1, 0], [0.5, 0.5]])), [True, False, False])
    assert np.isnan(glass.slice(point, [point]).value([-1]))


@given(glasses())
def test_couplings_go_round(glass):
    again = sl.SphericalSpinGlass.from_couplings(glass.couplings())
    points = glass.random_points(3)
    np.testing.assert_allclose(again.value(points), glass.value(points), rtol=1e-10, atol=1e-11)
    first, second = again.couplings(), glass.couplings()
    for p in again.mixture:
        one, two = (c[p] if isinstance(c, dict) else c for c in (first, second))
        np.testing.assert_allclose(one, two, rtol=1e-12)
        np.testing.assert_array_equal(one, np.swapaxes(one, 0, p - 1))


@given(st.integers(2, 5), st.integers(2, 5), st.integers(0, 99))
def test_only_the_symmetric_part_of_a_tensor_counts(order, n, seed):
    tensor = np.random.default_rng(seed).normal(size=(n,) * order)
    glass = sl.SphericalSpinGlass.from_couplings(tensor)
    np.testing.assert_allclose(glass.couplings(), oracle.symmetric(tensor), rtol=1e-13, atol=1e-13)
    point = glass.random_points(1)[0]
    assert glass.value(point) == pytest.approx(oracle.polynomial({order: tensor}, point), abs=1e-12)


@given(st.integers(2, 40), st.integers(0, 2**32))
def test_order_two_is_its_spectrum(n, seed):
    glass = sl.SphericalSpinGlass(n, 2, seed)
    eigenvalues, vectors = np.linalg.eigh(glass.couplings() / np.sqrt(n))
    points = vectors.T * np.sqrt(n)
    np.testing.assert_allclose(glass.value(points), eigenvalues, atol=1e-12)
    np.testing.assert_allclose(glass.gradient(points), 0, atol=1e-12)
    for j in (0, n - 1):
        spectrum = n * np.linalg.eigvalsh(glass.hessians(points[j])[0])
        expected = np.sort(2 * (eigenvalues - eigenvalues[j]))
        np.testing.assert_allclose(spectrum, expected, atol=1e-12 * n)


def test_an_instance_is_its_seed():
    one, same, other = (sl.SphericalSpinGlass(9, 3, seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.couplings(), same.couplings())
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert not np.array_equal(one.couplings(), other.couplings())
    assert set(np.unique(abs(sl.SphericalSpinGlass(9, 2, disorder="signs").couplings()[np.tril_indices(9, -1)]))) == {
        np.sqrt(0.5)
    }
