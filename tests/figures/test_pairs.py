"""Pairs of replicas: histograms, spreads, trees, null models."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import LineCollection

import spinland as sl
from spinland import figures
from spinland.errors import ArgumentError
from spinland.figures.hierarchy import branches
from spinland.formatting import plus_minus
from spinland.statistics.histograms import histogram_bins
from tests.oracles import results


@pytest.mark.parametrize("n", [3, 20, 100, 1000])
def test_the_bins_of_pairs_follow_the_number_of_replicas(n):
    bins = histogram_bins(n)
    assert 4 <= bins <= 40
    assert bins <= max(4, 0.5 * n)  # no more bins than replicas could fill
    item = replace(results.statistics(), n_replicas=n, distances=np.linspace(1, 2, 99), mean_distance=1.5)
    drawn = figures.distance_histogram(item).patches
    assert {len(patch.get_data().values) for patch in drawn} == {bins}


def test_histograms_beside_each_other_have_no_fills():
    def filled(ax):
        return sum(patch.get_fill() for patch in ax.patches)

    both = [results.statistics(8), results.statistics(16)]
    assert filled(figures.distance_histogram(both[0])) == 1
    assert filled(figures.distance_histogram(both)) == 0
    assert filled(figures.overlap_histogram([results.overlap_distribution(m) for m in (8, 16)])) == 0


def test_histograms_of_overlaps_beside_each_other_share_one_scale():
    both = results.ensemble(), results.minima()
    overlaps = [sl.overlap_distribution(sl.pair_statistics(of)) for of in both]
    figure = figures.hierarchy_pair([sl.hierarchy(of) for of in both], overlaps)
    scales = [ax.get_xlim() for ax in figure.axes if ax.get_ylabel() == "$P(q)$"]
    assert len(scales) == 2
    assert len(set(scales)) == 1


def test_the_measured_slope_is_drawn_with_its_error():
    widths = np.array([16, 64, 256, 1024])
    made = results.statistics()
    shape = (made.distances - made.distances.mean()) / made.distances.std()
    items = [replace(made, distances=1 + m**-0.3 * shape, mean_distance=1.0, std_distance=m**-0.3) for m in widths]
    ax = figures.width_spread(items, widths)
    relative = np.array([item.relative_spread_error / item.relative_spread for item in items])
    _, ((variance, _), _) = np.polyfit(np.log(widths), np.zeros(4), 1, w=1 / relative, cov="unscaled")
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert any(plus_minus(-0.3, np.sqrt(variance)) in text for text in told), told
    assert not any("M^{-0.5}" in text for text in told)  # no guide that nobody asked for
    np.testing.assert_allclose(ax.lines[-1].get_ydata(), widths**-0.3)
    assert figures.width_spread(items[:2], widths[:2]).get_legend() is None  # two points fit any law


def test_brackets_of_the_dendrogram():
    linkage = np.array([[1.0, 2.0, 0.5, 2.0], [0.0, 3.0, 2.0, 3.0]])
    corners = branches(linkage, np.array([0, 2, 1]))
    np.testing.assert_array_equal(corners[0], [(2, 0), (2, 0.5), (1, 0.5), (1, 0)])
    np.testing.assert_array_equal(corners[1], [(0, 0), (0, 2), (1.5, 2), (1.5, 0.5)])
    short = branches(linkage, np.array([0, 2, 1]), stem=0.1)
    np.testing.assert_allclose(short[1], [(0, 1.9), (0, 2), (1.5, 2), (1.5, 0.5)])


def test_the_matrix_is_in_the_order_of_the_tree_and_the_axis_of_close_heights_is_cut():
    tree = results.tree(12, apart=0.0, dim=4000)
    distances = np.zeros((12, 12))
    distances[np.triu_indices(12, 1)] = tree.distances
    figure = figures.dendrogram_matrix(tree)
    shown = figure.axes[0].images[0].get_array()
    i, j = sorted((tree.order[3], tree.order[8]))
    assert shown[3, 8] == shown[8, 3] == distances[i, j]
    assert np.ma.getmaskarray(shown).diagonal().all()
    side = figure.axes[2]
    assert "not from 0" in side.get_xlabel()
    assert 0 < side.get_xlim()[1] < tree.linkage[0, 2]
    (trees,) = (c for c in figure.axes[1].collections if isinstance(c, LineCollection))
    assert len(trees.get_segments()) == 11


def test_a_tree_without_distances_stands_alone_or_beside_a_given_matrix():
    tree = replace(results.tree(12, apart=3.0), distances=None)
    (alone,) = figures.dendrogram_matrix(tree).axes
    assert len(alone.collections[0].get_segments()) == 11
    assert alone.get_ylim()[0] == 0
    with pytest.raises(ArgumentError, match="shape"):
        figures.dendrogram_matrix(tree, matrix=np.eye(11))
    figure = figures.dendrogram_matrix(tree, matrix=np.random.default_rng(0).random((12, 12)), matrix_label="overlap")
    assert figure.axes[2].get_xlim()[1] == 0


def test_leaves_carry_their_own_labels():
    tree = sl.hierarchy(results.ensemble())
    names = list("abcdef")
    figure = figures.dendrogram_matrix(tree, matrix=np.eye(6), labels=names)
    drawn = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert drawn == [names[k] for k in tree.order]
    alone = figures.dendrogram_matrix(replace(tree, distances=None), labels=names)
    assert [label.get_text() for label in alone.axes[0].get_xticklabels()] == drawn
    with pytest.raises(ArgumentError, match=r"^labels: "):
        figures.dendrogram_matrix(tree, labels=names[1:])


def test_null_models_stand_at_their_means():
    result = results.ultrametricity()
    ax = figures.ultrametricity_null(result, measure="share")
    places = [line.get_xdata()[0] for line in ax.lines if line.get_marker() in ("D", "o")]
    np.testing.assert_allclose(places, [result.share, *result.null_share.mean(1)])
