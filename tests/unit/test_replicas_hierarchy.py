"""Clustering: agreement with SciPy for every method, both memories, errors, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster import hierarchy as scipy_trees
from scipy.spatial.distance import squareform

from spinland import budget
from spinland.errors import ArgumentError
from spinland.replicas import gram, hierarchy
from spinland.statistics.uncertainty import split_error
from tests.oracles import replicas as oracle


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).standard_normal((25, 6))


@pytest.mark.parametrize("method", hierarchy.METHODS)
def test_every_method_agrees_with_scipy(rows, method):
    tree = hierarchy.hierarchy(rows, method)
    condensed = oracle.condensed(oracle.distances(rows, "euclidean"))
    expected = scipy_trees.linkage(condensed, method)
    np.testing.assert_array_equal(tree.linkage[:, 3], expected[:, 3])
    np.testing.assert_allclose(tree.linkage, expected, rtol=1e-12)
    cophenetic = scipy_trees.cophenet(expected)
    np.testing.assert_allclose(tree.cophenetic, cophenetic, rtol=1e-12)
    assert tree.cophenetic_correlation == pytest.approx(np.corrcoef(condensed, cophenetic)[0, 1], rel=1e-12)
    assert sorted(tree.order.tolist()) == list(range(25))
    assert (tree.method, tree.metric) == (method, "euclidean")


@pytest.mark.parametrize("method", hierarchy.VECTOR_METHODS)
def test_vectors_give_the_same_tree(rows, method):
    tree = hierarchy.hierarchy(rows.astype(np.float32), method, memory="vectors")
    expected = hierarchy.hierarchy(rows.astype(np.float32), method, memory="distances")
    np.testing.assert_allclose(tree.linkage, expected.linkage, rtol=1e-6)
    np.testing.assert_array_equal(tree.order, expected.order)
    assert tree.distances is None
    assert tree.cophenetic is None
    assert np.isnan(tree.cophenetic_correlation)


@pytest.mark.parametrize(("method", "vectors"), [("ward", True), ("average", False)])
def test_auto_turns_to_vectors_where_distances_are_large(rows, method, vectors, monkeypatch):
    assert hierarchy.hierarchy(rows, method).distances is not None
    monkeypatch.setattr(budget, "CONDENSED", 100)
    assert (hierarchy.hierarchy(rows, method).distances is None) == vectors
    wide = np.random.default_rng(1).standard_normal((5, 100))
    assert hierarchy.hierarchy(wide, method).distances is not None


@pytest.mark.parametrize("metric", ["sqeuclidean", "cosine"])
def test_other_metrics(rows, metric):
    tree = hierarchy.hierarchy(rows, "complete", metric)
    np.testing.assert_array_equal(tree.distances, gram.distances(rows, metric, condensed=True))
    expected = scipy_trees.linkage(oracle.condensed(oracle.distances(rows, metric)), "complete")
    np.testing.assert_allclose(tree.linkage, expected, rtol=1e-12)


def test_given_distances(rows):
    square = gram.distances(rows)
    before = square.copy()
    from_square = hierarchy.hierarchy_from_distances(square, "average")
    from_condensed = hierarchy.hierarchy_from_distances(squareform(square), "average")
    for tree in (from_square, from_condensed):
        np.testing.assert_array_equal(tree.linkage, hierarchy.hierarchy(rows).linkage)
        assert tree.metric == "given"
    np.testing.assert_array_equal(square, before)


def test_the_error_comes_from_trees_of_halves_and_quarters(rows):
    square = oracle.distances(rows, "euclidean")

    def faithfulness(members):
        condensed = oracle.condensed(square[np.ix_(members, members)])
        heights = scipy_trees.cophenet(scipy_trees.linkage(condensed, "average"))
        return np.corrcoef(condensed, heights)[0, 1]

    expected = split_error(faithfulness, len(rows), hierarchy.SPLITS)
    assert hierarchy.hierarchy(rows).cophenetic_correlation_error == pytest.approx(expected, rel=1e-9)
    assert np.isnan(hierarchy.hierarchy(rows[:11]).cophenetic_correlation_error)


def test_few_replicas():
    tree = hierarchy.hierarchy(np.eye(2))
    assert tree.linkage.shape == (1, 4)
    assert np.isnan([tree.cophenetic_correlation, tree.cophenetic_correlation_error]).all()
    assert np.isnan(hierarchy.hierarchy(np.eye(5)).cophenetic_correlation)  # equal distances: no correlation


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"method": "centre"}, "method"),
        ({"metric": "manhattan"}, "metric"),
        ({"memory": "disk"}, "memory"),
        ({"method": "ward", "metric": "cosine"}, r"metric.*'euclidean'.*'ward'"),
        ({"method": "centroid", "metric": "sqeuclidean"}, "metric"),
        ({"method": "median", "metric": "cosine"}, "metric"),
        ({"method": "average", "memory": "vectors"}, "memory"),
        ({"method": "single", "metric": "cosine", "memory": "vectors"}, "memory"),
    ],
)
def test_bad_arguments_are_refused(rows, arguments, match):
    with pytest.raises(ArgumentError, match=match):
        hierarchy.hierarchy(rows, **arguments)


@pytest.mark.parametrize("memory", ["vectors", "distances"])
def test_diverged_replicas_are_refused(rows, memory):
    bad = rows.copy()
    bad[3, 0] = np.nan
    with pytest.raises(ArgumentError, match="row 3"):
        hierarchy.hierarchy(bad, "ward", memory=memory)


@pytest.mark.parametrize(
    "distances", [[1.0, 2.0], [], [1.0, -1.0, 2.0], [np.nan], np.ones((3, 3)), np.zeros((2, 3)), [[0, 1], [2, 0]], 3.0]
)
def test_what_are_no_distances_is_refused(distances):
    with pytest.raises(ArgumentError, match="distances"):
        hierarchy.hierarchy_from_distances(distances)
