"""Beside the error of a mean stands the spread of what it is a mean of."""

import inspect
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import LineCollection

import spinland as sl
from spinland import figures
from spinland.errors import ArgumentError
from spinland.figures.inputs import mean_error
from tests.figures.looking import pale, words
from tests.oracles import results


def lines():
    return results.line("three", lines=3)


def swaps():
    return [results.swap(8), results.swap(16)]


def barrier_width(swaps, **options):
    return figures.barrier_width(swaps, n_swaps=4, **options)


def alignment_barriers(lines, **options):
    return figures.alignment_barriers(lines, [8, 16], **options)


def aligned_lines():
    return [results.aligned_lines(8, 3), results.aligned_lines(16, 3)]


SPREAD = {
    "alignment_barriers": (alignment_barriers, aligned_lines, "pairs"),
    "path_profiles": (figures.path_profiles, results.path_profile, "paths"),
    "walk_fan": (figures.walk_fan, results.walk, "walkers"),
    "line_profile": (figures.line_profile, lines, "lines"),
    "line_panels": (figures.line_panels, lines, "lines"),
    "line_pair": (figures.line_pair, lambda: [lines(), lines()], "lines"),
    "swap_curves": (figures.swap_curves, results.swap, "trials"),
    "swap_barrier": (figures.swap_barrier, swaps, "trials"),
    "barrier_width": (barrier_width, swaps, "trials"),
    "training_history": (figures.training_history, results.ensemble, "replicas"),
    "flatness_batch": (figures.flatness_batch, results.batches, "replicas"),
    "descent_curve": (figures.descent_curve, results.flow_of_instances, "instances"),
    "descent_curve one": (figures.descent_curve, results.flow, "starts"),
    "descent_curve warm": (figures.descent_curve, results.warm_flow, "walkers"),
}


def test_every_figure_that_can_draw_a_spread_has_a_case():
    with_spread = {
        name
        for name in figures.__all__
        if callable(draw := getattr(figures, name)) and "spread" in inspect.signature(draw).parameters
    }
    assert with_spread == {name.split()[0] for name in SPREAD}


@pytest.mark.parametrize("name", SPREAD)
def test_the_spread_is_drawn_and_told_beside_the_error_unless_it_is_switched_off(name):
    draw, make, whose = SPREAD[name]
    shown, without = draw(make()), draw(make(), spread=False)
    assert len(pale(shown)) > 0
    assert f"mean ± error\n(pale: 68 % of {whose})" in words(shown).replace("error (pale", "error\n(pale")
    assert not pale(without)
    assert "68 %" not in words(without)
    with pytest.raises(ArgumentError, match=r"^spread: "):
        draw(make(), spread="yes")


def height_of(area):
    height = area.get_paths()[0].vertices[:, 1]
    return pytest.approx((height.min(), height.max()))


def test_the_spread_lies_between_percentiles_of_what_the_error_is_over():
    for flow in (results.flow_of_instances(), results.flow()):
        those = flow.energies.mean(axis=1) if flow.energies.ndim == 3 else flow.energies
        (area,) = pale(figures.descent_curve(flow))
        low, high = np.percentile(those[:, 1:], (16, 84), axis=0)  # time 0 has no place on the axis
        assert (low.min(), high.max()) == height_of(area)
    energies = results.flow_of_instances().energies.copy()
    energies[0, 0, 3] = np.nan  # two instances are left at one time: no percentiles of them
    (area,) = pale(figures.descent_curve(replace(results.flow_of_instances(), energies=energies)))
    gap = results.TIMES[3]
    assert not any((path.vertices[:, 0] == gap).any() for path in area.get_paths())
    two = sl.gradient_flow(results.glass(), results.points(results.glass, 2), results.TIMES)
    assert not pale(figures.descent_curve(two))


def test_the_spread_of_barriers_at_one_place_is_seen():
    swap = results.swap(8)
    (bar,) = (c for c in pale(figures.barrier_width([swap], n_swaps=4)) if isinstance(c, LineCollection))
    trials = swap.barrier[list(swap.swaps).index(4)]
    np.testing.assert_allclose(bar.get_segments()[0][:, 1], np.percentile(trials, (16, 84)))


def test_the_fan_shows_the_spread_of_the_walkers_beside_the_error():
    walk = results.walk()
    ax = figures.walk_fan(walk)
    broad, narrow = ax.collections
    low, high = np.percentile(walk.values, (16, 84), axis=0)
    assert (low.min(), high.max()) == height_of(broad)
    assert narrow.get_paths()[0].vertices[:, 1].max() == pytest.approx((walk.mean + walk.error).max())
    assert "68 %" in ax.get_legend().get_title().get_text()
    assert len(figures.walk_fan(walk, spread=False).collections) == 1


def test_errors_of_accuracies_are_over_origins_as_those_of_losses_are():
    offset = np.repeat([0.0, 0.1, 0.2], 4)  # trials of one origin are alike
    swap, walk = results.swap(origins=3), results.walk(walkers=4, origins=3)
    assert list(swap.origin_index) == list(walk.origin_index) == [0] * 4 + [1] * 4 + [2] * 4
    swap = replace(swap, accuracy=0.5 + offset[None, :, None] + np.zeros_like(swap.values))
    walk = replace(walk, accuracy=0.5 + offset[:, None] + np.zeros_like(walk.values))
    for areas in (
        figures.swap_curves(swap, quantity="accuracy", spread=False).collections,
        figures.walk_fan(walk, quantity="accuracy", spread=False).collections,
    ):
        half = 0.1 / np.sqrt(3)  # three independent means that are 0.1 apart
        assert {round(float(np.ptp(area.get_paths()[0].vertices[:, 1])), 12) for area in areas} == {round(2 * half, 12)}


def test_one_walker_has_no_band():
    walk = results.walk(walkers=1)
    assert not figures.walk_fan(walk).collections
    assert not figures.walk_fan(walk, quantity="accuracy").collections


def test_means_leave_out_nan_and_agree_with_numpy():
    samples = np.random.default_rng(1).normal(size=(7, 3))
    mean, error = mean_error(samples)
    np.testing.assert_allclose(mean, samples.mean(0))
    np.testing.assert_allclose(error, samples.std(0, ddof=1) / np.sqrt(7))
    samples[2] = np.nan
    np.testing.assert_allclose(mean_error(samples)[0], np.delete(samples, 2, 0).mean(0))
    assert np.isnan(mean_error(samples[2:3])).all()
