"""Arguments of figures that are wrong are named."""

import pytest

from spinland import figures
from spinland.errors import ArgumentError
from tests.oracles import results

ROWS = [("replicas", 0.041, 0.003), ("shuffled distances", 0.082, 0.004)]


def swaps():
    return [results.swap(8), results.swap(16)]


def statistics():
    return [results.statistics(8), results.statistics(16)]


def orders():
    return [results.correlation(p) for p in (2, 3)]


BAD = [
    ("walks", lambda: figures.walk_fan([])),
    ("quantity", lambda: figures.walk_fan(results.walk(), quantity="energy")),
    ("versus", lambda: figures.walk_fan(results.walk(), versus="time")),
    ("quantity", lambda: figures.plane_contour(results.plane(results.glass), quantity="accuracy")),
    ("quantity", lambda: figures.swap_curves(results.swap_of_regression(), quantity="accuracy")),
    ("labels", lambda: figures.distance_histogram(statistics(), labels=["one"])),
    ("names", lambda: figures.plane_pair([results.plane()], names=["a", "b"])),
    ("orders", lambda: figures.line_pair(results.line(), names=["a"], orders=(None, 2))),
    ("orders", lambda: figures.overlap_profiles(results.profile(), names=["a"], value_labels=["v"])),
    ("distributions", lambda: figures.hierarchy_pair(results.tree(), [], names=["a"])),
    ("widths", lambda: figures.width_spread(statistics(), [64])),
    ("n_swaps", lambda: figures.barrier_width(swaps())),
    ("n_swaps", lambda: figures.barrier_width(swaps(), n_swaps=3)),
    ("fraction", lambda: figures.barrier_width(swaps(), fraction=0.4)),
    ("result", lambda: figures.ultrametricity_null(ROWS[:1])),
    ("measure", lambda: figures.ultrametricity_null(ROWS, measure="height")),
    ("kind", lambda: figures.flatness_batch(results.batches(), kind="ball")),
    ("orders", lambda: figures.correlation_curve(results.correlation(), orders=(0,))),
    ("values", lambda: figures.effective_order_sweep(orders(), [8])),
    ("labels", lambda: figures.effective_order_sweep([orders(), orders()], [8, 16], labels=["one"])),
]


@pytest.mark.parametrize(("argument", "draw"), BAD)
def test_bad_arguments_are_named(argument, draw):
    with pytest.raises(ArgumentError, match=rf"^{argument}: "):
        draw()
