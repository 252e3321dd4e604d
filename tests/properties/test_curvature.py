"""Eigenpairs, traces and densities against whole matrices; the split of a network's Hessian; directions of symmetry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spinland as sl
from spinland.curvature import stretches
from spinland.curvature.lanczos import chosen, room_of
from spinland.curvature.quadrature import broadened
from tests.oracles import network as oracle

WHICH = "largest", "smallest", "both", "magnitude"


def quadric(eigenvalues, seed=0, curved=False):
    """A function whose Hessian has these eigenvalues, and the matrix."""
    n = len(eigenvalues)
    turned = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))[0]
    matrix = (turned * np.asarray(eigenvalues, float)) @ turned.T
    matrix = (matrix + matrix.T) / 2
    geometry = sl.Sphere(2.0) if curved else None
    value, gradient = (lambda w: ((w @ matrix) * w).sum(axis=1) / 2), (lambda w: w @ matrix)
    return sl.FunctionLandscape(value, n, gradient, geometry), matrix


SPECTRA = {
    "twenty copies": np.r_[np.full(20, 5.0), np.linspace(-1, 0.93, 280)],
    "far outliers": np.r_[1e3, 1e2, np.linspace(0, 1, 298)],
    "of low rank": np.r_[100.0, 50.0, np.zeros(298)],
    "nothing": np.zeros(200),
    "both signs": np.r_[3.0, 3.0, 3.0, -2.5, -2.5, np.linspace(-1, 0.93, 295)],
}


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("name", SPECTRA)
def test_lanczos_finds_what_the_whole_matrix_has_with_all_copies_and_no_ghosts(name, which):
    landscape, matrix = quadric(SPECTRA[name])
    n = 24 if name == "twenty copies" else 9
    assert room_of(n) < landscape.dim  # else the matrix is formed
    found = sl.eigenpairs(landscape, np.zeros(landscape.dim), n, which)
    every = np.linalg.eigvalsh(matrix)
    scale = np.abs(every).max(initial=1e-300)
    assert found.converged.all()
    np.testing.assert_allclose(found.values, every[chosen(every, n, which)], rtol=0, atol=1e-9 * scale)
    np.testing.assert_allclose(found.vectors @ found.vectors.T, np.eye(n), atol=1e-12)
    # Central differences of a linear gradient are exact but for rounding.
    certificate = np.linalg.norm(found.vectors @ matrix - found.values[:, None] * found.vectors, axis=1)
    np.testing.assert_allclose(found.residuals, certificate, rtol=0, atol=1e-8 * scale)
    nearest = np.abs(every[:, None] - found.values).min(axis=0)
    assert np.all(nearest <= certificate + 1e-12 * scale)


@pytest.mark.parametrize("dim", [30, 8192, 20_001])
def test_long_vectors_in_stretches_are_what_they_are_as_a_whole(dim):
    draw = np.random.default_rng(0)
    vectors, basis = draw.normal(size=(3, dim)), np.linalg.qr(draw.normal(size=(dim, 5)))[0].T
    parts = stretches.along(vectors, basis)
    np.testing.assert_allclose(parts, vectors @ basis.T, rtol=1e-11, atol=1e-11)
    rows, left = stretches.beyond(vectors, basis, parts)
    np.testing.assert_allclose(rows, vectors - parts @ basis, atol=1e-12)
    assert left == pytest.approx(np.abs(rows @ basis.T).max(), abs=1e-13)
    _, most = stretches.beyond(vectors, basis, np.zeros((3, 5)))  # nothing is taken off, and all of it is told
    assert most == pytest.approx(np.abs(parts).max())
    np.testing.assert_allclose(stretches.combined(parts, basis), parts @ basis, atol=1e-12)
    vectors[2] = vectors[0] + 1e-7 * vectors[1]  # singular values far apart
    left_vectors, sizes, right = stretches.singular(vectors)
    np.testing.assert_allclose(sizes, np.linalg.svd(vectors, compute_uv=False), rtol=1e-12, atol=1e-14 * sizes[0])
    np.testing.assert_allclose(right @ right.T, np.eye(3), atol=1e-13)
    np.testing.assert_allclose((left_vectors * sizes) @ right, vectors, atol=1e-12)


def test_sums_may_take_the_place_of_their_basis():
    basis = np.random.default_rng(1).normal(size=(6, 20_000))
    factors = np.random.default_rng(2).normal(size=(4, 6))
    wanted = stretches.combined(factors, basis)
    stretches.combined(factors, basis, basis[:4])
    np.testing.assert_array_equal(basis[:4], wanted)


def test_curvature_has_the_same_bits_on_one_and_two_threads(threads):
    """Of 24,000 parameters: vectors of three stretches."""
    draw = np.random.default_rng(5)
    network = sl.ReLUNetwork((300, 80, 4))
    landscape = sl.NetworkLandscape(network, draw.normal(size=(64, 300)), draw.integers(0, 4, 64))
    point, found = network.initialize(1, 3)[0], []
    for n in (1, 2):
        threads(n)
        pairs = sl.eigenpairs(landscape, point, 5)
        density = sl.spectral_density(landscape, point, 2, 5, n_extremes=3)
        found.append((pairs.vectors, pairs.residuals, sl.hessian_trace(landscape, point, 12).value, density.density))
    for one, two in zip(*found, strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_search_that_ends_early_says_which_pairs_are_not_there():
    landscape, matrix = quadric(np.linspace(-1, 1, 400) ** 3)
    found = sl.eigenpairs(landscape, np.zeros(400), 10, max_products=64)
    assert not found.converged.all()
    certificate = np.linalg.norm(found.vectors @ matrix - found.values[:, None] * found.vectors, axis=1)
    np.testing.assert_allclose(found.residuals, certificate, rtol=1e-5, atol=1e-8)
    assert 64 <= found.n_products <= 64 + 8 + 10


def test_eigenpairs_do_not_depend_on_what_they_start_from():
    landscape, _ = quadric(SPECTRA["both signs"])
    first, second = (sl.eigenpairs(landscape, np.zeros(300), 6, seed=seed) for seed in (0, 1))
    np.testing.assert_allclose(first.values, second.values, atol=1e-9)
    again = sl.eigenpairs(landscape, np.zeros(300), 6, seed=1)
    np.testing.assert_array_equal(again.vectors, second.vectors)


@pytest.mark.parametrize("n_spins", [12, 120])
def test_on_a_sphere_pairs_are_those_of_tangent_directions(n_spins):
    glass = sl.SphericalSpinGlass(n_spins, 3, seed=3)
    point = glass.random_points(1, 1)[0]
    matrix = sl.hessian(glass, point)
    np.testing.assert_allclose(matrix, glass.hessians(point[None])[0], atol=1e-12)
    every = np.linalg.eigvalsh(matrix)
    every = np.delete(every, np.abs(every).argmin())  # that of the radius
    for which in WHICH:
        found = sl.eigenpairs(glass, point, 5, which)
        np.testing.assert_allclose(found.values, every[chosen(every, 5, which)], atol=1e-9)
        np.testing.assert_allclose(found.vectors @ point, 0, atol=1e-9)


def test_a_function_on_a_sphere_bends_with_it():
    landscape, matrix = quadric(np.linspace(0, 3, 9), curved=True)
    point = np.full(9, 2 / 3)
    project = np.eye(9) - np.outer(point, point) / 4
    wanted = project @ (matrix - np.eye(9) * (point @ matrix @ point) / 4) @ project
    np.testing.assert_allclose(sl.hessian(landscape, point), wanted, atol=1e-7)
    every = np.linalg.eigvalsh(wanted)
    found = sl.eigenpairs(landscape, point, 8, "both").values
    np.testing.assert_allclose(found, np.delete(every, np.abs(every).argmin()), atol=1e-7)


@given(st.integers(0, 10**6), st.booleans(), st.sampled_from(["cross_entropy", "mse"]))
def test_the_hessian_of_a_network_is_its_gauss_newton_matrix_and_what_is_left(seed, bias, kind):
    draw = np.random.default_rng(seed)
    widths = tuple(draw.integers(1, 6, draw.integers(2, 5)).tolist())
    n = int(draw.integers(1, 40))
    x = draw.normal(size=(n, widths[0]))
    y = draw.integers(0, widths[-1], n) if kind == "cross_entropy" else draw.normal(size=(n, widths[-1]))
    network = sl.ReLUNetwork(widths, bias)
    point, vectors = draw.normal(size=network.n_params), draw.normal(size=(3, network.n_params))
    split = sl.gauss_newton(sl.NetworkLandscape(network, x, y, kind, "float64"), point)
    linear, rest, whole = split.product(vectors), split.residual_product(vectors), split.hessian_product(vectors)
    scale = 1e-12 * max(1.0, np.abs(linear).max(), np.abs(rest).max())
    np.testing.assert_allclose(linear + rest, whole, rtol=0, atol=scale)
    wanted = oracle.gauss_newton_products(widths, bias, point, vectors, x, kind)
    np.testing.assert_allclose(linear, wanted, rtol=0, atol=scale)
    assert np.einsum("ij,ij->i", linear, vectors).min() >= -scale


@pytest.mark.parametrize("kind", ["cross_entropy", "mse"])
def test_within_a_layer_nothing_is_left(kind):
    draw = np.random.default_rng(0)
    network = sl.ReLUNetwork((4, 5, 3))
    x, y = draw.normal(size=(30, 4)), draw.integers(0, 3, 30)
    landscape = sl.NetworkLandscape(network, x, y, kind, "float64")
    split = sl.gauss_newton(landscape, draw.normal(size=network.n_params))
    rest = split.residual_product(np.eye(network.n_params))
    for layer in network.geometry.layers:
        np.testing.assert_array_equal(rest[np.ix_(layer, layer)], 0)
    first, second = network.geometry.layers
    assert np.abs(rest[np.ix_(first, second)]).max() > 1e-3


@pytest.fixture(scope="module")
def learnt():
    """Loss of a small network on digits, some of whose inputs are dead, and a point on the way down."""
    data = sl.load_dataset("digits").subset(300, 10)
    network = sl.ReLUNetwork((64, 6, 5, 10))
    run = sl.train(network, data, 1, epochs=5, seed=2, dtype="float64", evaluate="none")
    return sl.NetworkLandscape(network, data, dtype="float64"), run.params[0]


def test_modes_are_orthonormal_and_do_what_their_names_say(learnt):
    landscape, point = learnt
    modes = sl.symmetry_modes(landscape, point)
    np.testing.assert_allclose(modes.vectors @ modes.vectors.T, np.eye(len(modes.names)), atol=1e-12)
    gradient = landscape.gradient(point)
    bends = landscape.hessian_product(point, modes.vectors)
    size = np.linalg.norm(gradient)
    assert size > 1e-3
    np.testing.assert_allclose(modes.vectors @ gradient, 0, atol=1e-12)  # r·g = 0 always
    np.testing.assert_allclose(bends[modes.exact], 0, atol=1e-12)
    assert np.linalg.norm(bends[~modes.exact], axis=1).min() > 1e-6
    kinds = np.array(modes.kinds)
    x = landscape.samples.x
    assert np.sum(kinds == "dead input") == 6 * (64 - x.shape[1])
    assert np.sum(kinds == "softmax shift") <= 5 + 1
    for vector in modes.vectors[np.isin(kinds, ["dead input", "softmax shift"])][::7]:
        assert landscape.value(point + 0.5 * vector) == pytest.approx(landscape.value(point), rel=1e-12)


def test_along_a_rescaling_the_hessian_is_minus_the_gradient_with_its_signs(learnt):
    landscape, point = learnt
    network = landscape.network
    gradient = landscape.gradient(point)
    for layer, unit in ((0, 2), (1, 3)):
        into, out = network.spans[layer], network.spans[layer + 1]
        signs = np.zeros(network.n_params)
        signs[into.weight].reshape(into.shape)[unit] = 1
        signs[into.bias.start + unit] = 1
        signs[out.weight].reshape(out.shape)[:, unit] = -1
        direction = signs * point
        assert direction @ gradient == pytest.approx(0, abs=1e-13)
        np.testing.assert_allclose(landscape.hessian_product(point, direction), -signs * gradient, atol=1e-12)
        alone = sl.symmetry_modes(network, point)
        span = alone.vectors @ direction
        assert span @ span == pytest.approx(direction @ direction, rel=1e-12)


def test_at_a_critical_point_rescalings_are_null():
    draw = np.random.default_rng(1)
    network = sl.ReLUNetwork((3, 4, 2))
    x = draw.normal(size=(60, 3))
    teacher = network.initialize(1, 5, dtype="float64")[0] * 2
    y = oracle.forward(network.widths, True, teacher, x)[-1]
    landscape = sl.NetworkLandscape(network, x, y, "mse", "float64")
    found = sl.near_zero_modes(landscape, teacher, 1e-10)
    assert found.gradient_norm < 1e-12
    assert found.modes.kinds == ("rescaling",) * 4
    assert (found.n_zero, found.n_symmetric, found.n_other, found.n_bent) == (4, 4, 0, 0)
    rest = sl.gauss_newton(landscape, teacher).residual_product(draw.normal(size=network.n_params))
    np.testing.assert_allclose(rest, 0, atol=1e-13)  # the outputs are the targets


def test_duplicated_units_may_share_their_outgoing_weights_in_any_way():
    draw = np.random.default_rng(2)
    network = sl.ReLUNetwork((3, 4, 2))
    point = draw.normal(size=network.n_params)
    (hidden, bias), out = network.layers(point)
    hidden[2], bias[2] = 1.5 * hidden[0], 1.5 * bias[0]
    point = network.flatten([(hidden, bias), out])
    landscape = sl.NetworkLandscape(network, draw.normal(size=(20, 3)), draw.normal(size=(20, 2)), "mse", "float64")
    modes = sl.symmetry_modes(landscape, point)
    twins = modes.vectors[np.array(modes.kinds) == "duplicated units"]
    assert len(twins) == 2
    for vector in twins:
        assert landscape.value(point + 0.7 * vector) == pytest.approx(landscape.value(point), rel=1e-12)
        assert vector @ landscape.hessian_product(point, vector) == pytest.approx(0, abs=1e-13)


def test_the_radius_is_the_one_mode_of_a_glass():
    glass = sl.SphericalSpinGlass(10, 3)
    point = glass.random_points(1)[0]
    modes = sl.symmetry_modes(glass, point)
    assert modes.kinds == ("constraint",)
    np.testing.assert_allclose(glass.hessian_product(point, modes.vectors), 0, atol=1e-14)
    assert sl.near_zero_modes(glass, point).n_all == 9


def test_rescaled_weights_have_the_congruent_hessian():
    """T_α of Dinh et al. (2017): H at T w is D⁻¹ H D⁻¹ for D = T."""
    draw = np.random.default_rng(3)
    network = sl.ReLUNetwork((4, 5, 3))
    landscape = sl.NetworkLandscape(network, draw.normal(size=(30, 4)), draw.integers(0, 3, 30), dtype="float64")
    point, scale = draw.normal(size=network.n_params), np.ones(network.n_params)
    first, second = network.spans
    scale[first.weight] = scale[first.bias] = 3.0
    scale[second.weight] = 1 / 3
    here, there = sl.hessian(landscape, point), sl.hessian(landscape, scale * point)
    np.testing.assert_allclose(there, here / np.outer(scale, scale), atol=1e-12)


@pytest.mark.parametrize("method", ["xtrace", "hutch++", "hutchinson"])
def test_as_many_products_as_directions_give_the_trace_itself(method):
    landscape, matrix = quadric(np.linspace(-1, 2, 9))
    found = sl.hessian_trace(landscape, np.zeros(9), 12, method)
    assert found.value == pytest.approx(np.trace(matrix), rel=1e-8)
    assert found.error < 1e-12
    glass = sl.SphericalSpinGlass(8, 3)
    point = glass.random_points(1)[0]
    on_sphere = sl.hessian_trace(glass, point, 7, method)
    assert on_sphere.value == pytest.approx(np.trace(glass.hessians(point[None])[0]), rel=1e-10)
    assert on_sphere.n_directions == 7


@pytest.mark.parametrize("method", ["xtrace", "hutch++"])
def test_a_sketch_takes_a_matrix_of_low_rank_whole(method):
    landscape, matrix = quadric(np.r_[np.arange(1.0, 6.0), np.zeros(95)])
    found = sl.hessian_trace(landscape, np.zeros(100), 36, method)
    assert found.value == pytest.approx(np.trace(matrix), rel=1e-7)
    assert found.error < 1e-6


def test_the_density_is_that_of_all_eigenvalues_broadened():
    landscape, matrix = quadric(np.r_[30.0, 20.0, 12.0, np.random.default_rng(0).normal(size=397)])
    found = sl.spectral_density(landscape, np.zeros(400), 50, 40, n_extremes=8)
    every = np.linalg.eigvalsh(matrix)
    np.testing.assert_allclose(found.outliers, [30, 20, 12], rtol=1e-8)
    assert found.converged.all()
    assert np.trapezoid(found.density, found.grid) == pytest.approx(1, abs=1e-6)
    assert found.mean == pytest.approx(every.mean(), abs=0.05)
    exact = broadened(every, np.full(400, 1 / 400), found.grid, found.width)
    away = 0.5 * np.trapezoid(np.abs(found.density - exact), found.grid)
    assert away < np.trapezoid(found.error, found.grid)
    alone = np.abs(found.grid - 20) < 3 * found.width  # an outlier is there exactly
    np.testing.assert_allclose(found.density[alone], exact[alone], rtol=1e-6)


def test_outliers_are_beyond_the_widest_gap_or_there_are_none():
    glass = sl.SphericalSpinGlass(120, 3, seed=1)
    assert len(sl.spectral_density(glass, glass.random_points(1)[0], 4, 30).outliers) == 0
    landscape, _ = quadric(np.r_[-20.0, 15.0, np.linspace(-1, 1, 198)])
    np.testing.assert_allclose(sl.spectral_density(landscape, np.zeros(200), 4, 30).outliers, [15, -20], rtol=1e-6)
    assert len(sl.spectral_density(landscape, np.zeros(200), 4, 30, n_extremes=0).outliers) == 0


def test_a_history_has_the_curvature_of_each_point(learnt):
    landscape, point = learnt
    points = np.stack([landscape.network.initialize(1, 0, dtype="float64")[0], point])
    found = sl.curvature_history(landscape, points, [0, 5], n=3, split=True)
    for row, at in enumerate(points):
        matrix = sl.hessian(landscape, at)
        every = np.linalg.eigvalsh(matrix)
        np.testing.assert_allclose(found.largest[row], every[::-1][:3], atol=1e-8 * every[-1])
        split = sl.gauss_newton(landscape, at)
        for norm, product in (
            (found.hessian_norm, split.hessian_product),
            (found.gauss_newton_norm, split.product),
            (found.residual_norm, split.residual_product),
        ):
            whole = product(np.eye(landscape.dim))
            assert norm[row] == pytest.approx(np.abs(np.linalg.eigvalsh((whole + whole.T) / 2)).max(), rel=1e-7)
        gradient = landscape.gradient(at)
        overlap = sl.eigenpairs(landscape, at, 3).gradient_overlap
        assert found.gradient_overlap[row] == pytest.approx(overlap, rel=1e-4)
        _, vectors = np.linalg.eigh(matrix)
        assert overlap == pytest.approx(np.sum((vectors[:, -3:].T @ gradient) ** 2) / (gradient @ gradient), rel=1e-4)
    assert found.converged.all()
    np.testing.assert_allclose(found.stability(0.3, 0.9), found.largest[:, 0] * 0.3 / 3.8)
    assert found.values[1] < found.values[0]
