"""The triangle sums against a naive loop, threads, samples, refusals, words."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from scipy.spatial.distance import squareform

from spinland import figures
from spinland.errors import ArgumentError
from spinland.provenance import Provenance
from spinland.replicas import gram, nulls, triangles, triples
from spinland.statistics.uncertainty import split_error
from spinland.store.hdf5 import Store
from spinland_kernels.triangles import cpu, formula
from tests.oracles import replicas as oracle


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).standard_normal((14, 6))


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ((1.0, 2.0, 3.0), (0.5, 1 / 3, 1.0)),
        ((2.0, 2.0, 1.0), (0, 0, 0)),  # ultrametric
        ((1.0, 1.0, 2.0), (1.0, 0.5, 1.0)),
        ((1.0, 1.0, 1.0), (0, 0, 0)),
        ((1.0, 1.0 + 1e-14, 1.0), (0, 0, 0)),  # equilateral to rounding
        ((0.0, 0.0, 0.0), (0, 0, 0)),
    ],
)
def test_one_triangle_in_any_order(sides, expected):
    for a, b, c in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
        np.testing.assert_allclose(formula.deviations(sides[a], sides[b], sides[c]), expected, rtol=1e-14)


def test_no_weight_no_mean(rows):
    result = cpu.triangle_means(gram.distances(rows), np.zeros((14, 1)), 0.3)
    assert np.isnan(result).all()


def test_the_measures_of_parameters(rows):
    result = triangles.ultrametricity(rows, n_splits=20, n_null=3, tolerance=0.2)
    square = gram.distances(rows)
    spread = oracle.condensed(square).std()
    expected = oracle.triangle_means(square, np.ones((14, 1)), 0.2 * spread)[:, 0]
    measured = [result.deviation, result.relative_deviation, result.share]
    np.testing.assert_allclose(measured, expected, rtol=1e-12)
    assert result.n_triples == 364
    assert result.n_replicas == 14
    assert result.null_deviation.shape == result.null_share.shape == (2, 3)


@pytest.mark.parametrize("sampled", [False, True])
def test_errors_come_from_halves_and_quarters_with_a_spread_of_their_own(sampled):
    rows = np.random.default_rng(2).standard_normal((16, 5))
    square = gram.distances(rows)

    def means(members):
        part = square[np.ix_(members, members)]
        spread = oracle.condensed(part).std()
        return oracle.triangle_means(part, np.ones((len(members), 1)), 0.1 * spread)[:, 0]

    expected = split_error(means, 16, 30, seed=3)
    # 20,000 of the 560 triangles, 5,000 of 56, 1,250 of 4: what their choice adds is small
    result = triangles.ultrametricity(rows, 30, 2, 20_000 if sampled else None, seed=3)
    errors = [result.deviation_error, result.relative_deviation_error, result.share_error]
    np.testing.assert_allclose(errors, expected, rtol=0.1 if sampled else 1e-9)


@pytest.mark.usefixtures("all_threads")
@pytest.mark.parametrize("n_triples", [None, 5000])
def test_threads_do_not_change_the_bits(n_triples):
    rows = np.random.default_rng(3).standard_normal((40, 30))
    threads = numba.get_num_threads()
    results = []
    try:
        for count in (1, threads):
            numba.set_num_threads(count)
            results.append(triangles.ultrametricity(rows, 30, 3, n_triples, seed=1))
    finally:
        numba.set_num_threads(threads)
    for name in ("deviation", "deviation_error", "share_error", "null_deviation", "null_share"):
        np.testing.assert_array_equal(getattr(results[0], name), getattr(results[1], name))


def test_points_and_both_forms_of_distances_agree(rows):
    square = gram.distances(rows)
    results = [triangles.ultrametricity(data, 10, 2) for data in (rows, square, squareform(square))]
    for other in results[1:]:
        assert other.deviation == results[0].deviation
        np.testing.assert_array_equal(other.null_deviation, results[0].null_deviation)


def test_a_sample_of_triangles_is_near_all_of_them():
    rows = np.random.default_rng(4).standard_normal((40, 30))
    every = triangles.ultrametricity(rows, 10, 2)
    sample = triangles.ultrametricity(rows, 10, 2, n_triples=40_000)
    assert sample.n_triples == 40_000
    # K lies in [0, 1]: its mean over 40,000 triangles is off by at most 0.0025, one standard error
    assert 0 < abs(sample.deviation - every.deviation) < 4 * 0.0025


def test_sampled_triangles_have_three_corners_and_are_uniform():
    sampled = triples.chosen_triples(5, 30_000, seed=1)
    assert sampled.min() == 0
    assert sampled.max() == 4
    names, counts = np.unique(np.sort(sampled, axis=1), axis=0, return_counts=True)
    assert len(names) == 10
    assert np.all(np.diff(names, axis=1) > 0)
    assert np.all(np.abs(counts - 3000) < 5 * np.sqrt(3000 * 0.9))


def test_many_replicas_are_sampled(monkeypatch):
    monkeypatch.setattr(triples, "ALL_TRIPLES", 100)
    monkeypatch.setattr(triples, "SAMPLED_TRIPLES", 321)
    rows = np.random.default_rng(5).standard_normal((12, 4))
    assert triangles.ultrametricity(rows, 5, 2).n_triples == 321


def test_the_seed_is_everything(rows):
    first, again, other = (triangles.ultrametricity(rows, 20, 2, seed=s) for s in (0, 0, 1))
    assert first.deviation_error == again.deviation_error
    np.testing.assert_array_equal(first.null_deviation, again.null_deviation)
    assert first.deviation_error != other.deviation_error
    assert np.all(first.null_deviation != other.null_deviation)


@pytest.mark.parametrize("data", [np.ones(10), np.ones((4, 3))], ids=["equal distances", "coinciding"])
def test_what_does_not_vary_says_nothing(data):
    result = triangles.ultrametricity(data, 5, 199)
    assert result.deviation == 0
    assert not result.significant
    assert "nan" not in result.verdict
    if np.ndim(data) == 2:
        assert result.effective_dimension == 0
        np.testing.assert_array_equal(result.deviation_p, 1.0)
        assert "not distinguishable from shuffled cosines and Gaussian directions" in result.verdict
        assert "z not determined" in result.verdict


@pytest.mark.parametrize("n", [3, 5, 40])
def test_null_draws_carry_the_norms_of_the_data(n):
    generator = np.random.default_rng(n)
    points = generator.standard_normal((n, 30)) * np.exp(0.3 * generator.standard_normal((n, 1)))
    model = nulls.NormNulls(gram.distances(points, condensed=True), n)
    np.testing.assert_allclose(model.radii, np.linalg.norm(points - points.mean(axis=0), axis=1), rtol=1e-12)
    for draw in range(3):
        square = squareform(model.gaussian(1, draw)) ** 2
        about_mean = square.mean(axis=0) - square.mean() / 2
        # scaled and centred in turn: the mean of n points of norm r is about r/√n off, in a random direction
        found = np.sort(np.sqrt(about_mean))
        np.testing.assert_allclose(found, np.sort(model.radii), rtol=0.25 if n < 10 else 0.03)


def test_shuffling_keeps_norms_and_cosines(rows):
    model = nulls.NormNulls(gram.distances(rows, condensed=True), 14)
    one, two = model.shuffled(0, 0), model.shuffled(0, 1)
    i, j = np.triu_indices(14, 1)
    cosines = (model.radii[i] ** 2 + model.radii[j] ** 2 - one**2) / (2 * model.radii[i] * model.radii[j])
    np.testing.assert_allclose(np.sort(cosines), np.sort(model.cosines), atol=1e-12)
    assert np.any(one != two)
    model.cosines.sort()  # the draw does not touch what it draws from
    assert np.all(np.diff(model.cosines) >= 0)


def test_z_and_p_by_hand(rows):
    result = triangles.ultrametricity(rows, 5, 6)
    for name, sign in (("deviation", -1), ("share", 1)):
        value, draws = getattr(result, name), getattr(result, f"null_{name}")
        z = sign * (value - draws.mean(axis=1)) / draws.std(axis=1, ddof=1)
        np.testing.assert_allclose(getattr(result, f"{name}_z"), z, rtol=1e-12)
        ranks = [min(np.sum(d <= value), np.sum(d >= value)) for d in draws]
        np.testing.assert_allclose(getattr(result, f"{name}_p"), np.minimum(1, 2 * (1 + np.array(ranks)) / 7))
    assert result.p_resolution == 2 / 7


def _found(deviation, levels, draws=199, names=triangles.NULL_MODELS):
    """A result with null models about these levels, ± 0.01."""
    null = np.array(levels)[:, None] + np.linspace(-0.01, 0.01, draws)
    return triangles.Ultrametricity(
        deviation=deviation,
        deviation_error=0.002,
        relative_deviation=0.1,
        relative_deviation_error=0.1,
        share=0.1,
        share_error=0.1,
        null_models=names,
        null_deviation=null,
        null_relative_deviation=null,
        null_share=null,
        effective_dimension=10.0,
        tolerance=0.1,
        n_replicas=40,
        n_triples=9880,
        provenance=Provenance(version="0", function="ultrametricity"),
    )


@pytest.mark.parametrize(
    ("deviation", "levels", "words", "significant"),
    [
        (
            0.45,
            [0.5, 0.5],
            "are more ultrametric than both null models, by (10.00 ± 0.40) % of the way to a perfect hierarchy",
            True,
        ),
        (0.55, [0.5, 0.5], "are less ultrametric than both null models", False),
        (0.5, [0.52, 0.5], "are not distinguishable from Gaussian directions", False),
        (0.5, [0.5, 0.5], "are not distinguishable from shuffled cosines and Gaussian directions", False),
        (0.5, [0.55, 0.45], "lie between the null models", False),
    ],
)
def test_the_verdict_has_two_sides(deviation, levels, words, significant):
    result = _found(deviation, levels)
    assert f"Triangles {words}: K = {deviation:.4f} ± 0.0020 over 40 replicas" in result.verdict
    assert result.verdict.endswith("199 draws of each).")
    assert result.told("minima") == result.verdict.replace("replicas", "minima")
    assert result.significant is significant


def test_too_few_draws_are_no_verdict_and_results_of_earlier_files_stay_readable(tmp_path):
    earlier = _found(0.45, [0.5, 0.5], draws=50, names=("shuffled", "gaussian"))
    with Store(tmp_path / "earlier.h5") as store:
        store.save("hierarchy/ultrametricity", earlier)
    with Store(tmp_path / "earlier.h5", "r") as store:
        loaded = store.load("hierarchy/ultrametricity")
    np.testing.assert_array_equal(loaded.deviation_p, 2 / 51)
    assert "are not judged, which takes 199 draws of each null model" in loaded.verdict
    assert not loaded.significant
    labels = [text.get_text() for text in figures.ultrametricity_null(loaded).get_yticklabels()]
    assert labels[1].startswith("shuffled distances")


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"data": np.ones((2, 5))}, "at least 3 replicas"),
        ({"data": [1.0]}, "at least 3 replicas"),
        ({"data": [1.0, 2.0]}, "data"),
        ({"data": [1.0, -2.0, 1.0]}, "data"),
        ({"data": np.array([[1.0], [np.nan], [2.0]])}, "row 1"),
        ({"n_splits": 1}, "n_splits"),
        ({"n_null": 1}, "n_null"),
        ({"n_triples": 0}, "n_triples"),
        ({"tolerance": -0.1}, "tolerance"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_arguments_are_refused(rows, arguments, match):
    with pytest.raises(ArgumentError, match=match):
        triangles.ultrametricity(**({"data": rows} | arguments))


def test_numbers_too_small_to_be_squared_are_refused():
    points = np.random.default_rng(0).normal(size=(20, 3))
    measured = triangles.ultrametricity(points, n_splits=2, n_null=2)
    for unit in (2.0**-60, 2.0**-200, 2.0**-400):
        assert triangles.ultrametricity(points * unit, n_splits=2, n_null=2).deviation == measured.deviation
    for small in (1e-150, 1e-170, 1e-200, 5e-324):
        with pytest.raises(ArgumentError, match="squares"):
            triangles.ultrametricity(points * 0 + small * np.eye(20, 3), n_splits=2, n_null=2)
    assert triangles.ultrametricity(np.zeros((4, 3)), n_splits=2, n_null=2).deviation == 0
