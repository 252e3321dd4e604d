"""What holds for any set of replicas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinland.replicas import gram, hierarchy, pairs, triangles
from tests.oracles import replicas as oracle

pytestmark = pytest.mark.usefixtures("one_thread")


_SETTINGS = settings(max_examples=40, deadline=None)


@st.composite
def replica_sets(draw, minimum=3):
    n = draw(st.integers(minimum, 12))
    dim = draw(st.integers(1, 40))
    offset = draw(st.sampled_from([0.0, 1.0, 100.0]))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return generator.standard_normal((n, dim)) + offset


@_SETTINGS
@given(replica_sets(), st.sampled_from(["euclidean", "sqeuclidean", "cosine"]), st.randoms(use_true_random=False))
def test_permuting_replicas_permutes_distances(rows, metric, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    distances = gram.distances(rows, metric)
    permuted = gram.distances(rows[order], metric)
    np.testing.assert_allclose(permuted, distances[np.ix_(order, order)], rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(distances, oracle.distances(rows, metric), rtol=1e-9, atol=1e-13)


@_SETTINGS
@given(replica_sets())
def test_distances_form_a_metric(rows):
    distances = gram.distances(rows)
    through = np.min(distances[:, :, None] + distances[None, :, :], axis=1)
    assert np.all(distances <= through * (1 + 1e-12))
    assert np.all(np.abs(gram.overlaps(rows)) <= 1)


@_SETTINGS
@given(replica_sets(), st.sampled_from(["single", "complete", "average", "weighted", "ward"]))
def test_cophenetic_distances_are_ultrametric(rows, method):
    square = gram.square_form(hierarchy.hierarchy(rows, method).cophenetic, len(rows), 0.0)
    worst = np.min(np.maximum(square[:, :, None], square[None, :, :]), axis=1)
    assert np.all(square <= worst)
    assert triangles.ultrametricity(square, 2, 2).deviation == 0


@_SETTINGS
@given(replica_sets(), st.sampled_from(["average", "complete", "ward"]), st.randoms(use_true_random=False))
def test_permuting_replicas_permutes_the_tree(rows, method, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    square = gram.square_form(hierarchy.hierarchy(rows, method).cophenetic, len(rows), 0.0)
    permuted = gram.square_form(hierarchy.hierarchy(rows[order], method).cophenetic, len(rows), 0.0)
    np.testing.assert_allclose(permuted, square[np.ix_(order, order)], rtol=1e-7)


@_SETTINGS
@given(replica_sets())
def test_the_order_of_leaves_draws_a_tree_without_crossings(rows):
    tree = hierarchy.hierarchy(rows)
    place = np.argsort(tree.order)
    members = [{i} for i in range(len(rows))]
    for a, b, _, _ in tree.linkage:
        members.append(members[int(a)] | members[int(b)])
        places = sorted(place[i] for i in members[-1])
        assert places == list(range(places[0], places[0] + len(places)))


@_SETTINGS
@given(replica_sets(), st.floats(0.1, 10.0), st.floats(0.0, 5.0))
def test_a_factor_and_a_constant_leave_the_deviation(rows, factor, constant):
    distances = gram.distances(rows, condensed=True)
    before = triangles.ultrametricity(distances, 2, 2)
    after = triangles.ultrametricity(factor * distances + constant, 2, 2)
    np.testing.assert_allclose(after.deviation, before.deviation, rtol=1e-6, atol=1e-9)


@_SETTINGS
@given(replica_sets())
def test_distribution_of_overlaps_is_normalised(rows):
    result = pairs.overlap_distribution(pairs.pair_statistics(rows), np.linspace(-1, 1, 21))
    np.testing.assert_allclose(np.sum(result.density) * 0.1, 1.0, rtol=1e-12)
    assert np.all(result.density_error >= 0) or len(rows) < 4
