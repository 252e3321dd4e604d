"""Paths between points: ends, lines, spheres, training beside NumPy, and what nothing may depend on."""

import numpy as np
import pytest

import spinland as sl
from spinland.connect.descent import STRATA, stratified
from spinland.errors import ArgumentError, DivergenceWarning
from tests.oracles import paths as oracle
from tests.oracles import results
from tests.oracles import training as optimizers

BASES = [("bezier", 1), ("bezier", 3), ("chain", 1), ("chain", 4), ("sine", 1), ("sine", 3)]


def ring(dim=2):
    """Zero on the unit sphere, 1 at its centre."""
    return sl.FunctionLandscape(
        lambda w: ((w**2).sum(1) - 1) ** 2, dim, gradient=lambda w: 4 * ((w**2).sum(1) - 1)[:, None] * w
    )


def ends(of, n=2):
    """Starts and ends (n, dim)."""
    where = results.points(of, 2 * n)
    return where[:n], where[n:]


@pytest.mark.parametrize(("basis", "n_bends"), BASES)
@pytest.mark.parametrize("of", [results.landscape, results.glass, results.bowl])
def test_ends_are_the_points_that_were_given_bit_for_bit(basis, n_bends, of):
    start, end = (np.asarray(part, of().dtype) for part in ends(of))
    path = sl.connecting_path(of(), start, end, basis, n_bends, steps=20, optimizer=sl.Adam(0.01))
    assert not np.array_equal(path.controls, sl.connecting_path(of(), start, end, basis, n_bends, steps=0).controls)
    points = path.points([0, 0.3, 1])
    np.testing.assert_array_equal(points[:, 0], start)
    np.testing.assert_array_equal(points[:, 2], end)
    profile = path.evaluate(of(), 5)
    np.testing.assert_array_equal(profile.values[:, 0], of().value(start))
    np.testing.assert_array_equal(profile.values[:, -1], of().value(end))
    np.testing.assert_array_equal(profile.ends, profile.values[:, [0, -1]])


@pytest.mark.parametrize(("basis", "n_bends"), BASES)
@pytest.mark.parametrize(("of", "tolerance"), [(results.landscape, 1e-5), (results.glass, 1e-6), (results.bowl, 1e-12)])
def test_a_straight_path_is_the_line(basis, n_bends, of, tolerance):
    """Both go to the same places but for rounding, of the landscape's type and of the table of arc lengths."""
    start, end = ends(of)
    profile = sl.connecting_path(of(), start, end, basis, n_bends, steps=0).evaluate(of(), 9)
    line = sl.line(of(), start, end, profile.alphas)
    np.testing.assert_allclose(profile.values, line.values, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(profile.length_ratio, 1, rtol=1e-9)
    np.testing.assert_allclose(profile.arc_length, profile.alphas * profile.length[:, None], rtol=1e-9)


@pytest.mark.parametrize(("basis", "n_bends"), BASES)
def test_points_are_those_of_the_oracle(basis, n_bends):
    start, end = ends(results.bowl, 1)
    path = sl.connecting_path(results.bowl(), start[0], end[0], basis, n_bends, 30, optimizer=sl.Adam(0.1))
    t = np.array([0.0, 0.1, 0.37, 0.5, 0.99, 1.0])
    np.testing.assert_allclose(path.points(t), [oracle.point(basis, path.controls, s) for s in t], atol=1e-13)
    fine = np.linspace(0, 1, 4001)
    length = path.evaluate(results.bowl(), 5).length[0]
    np.testing.assert_allclose(length, oracle.length(path.points(fine)), rtol=1e-6)


@pytest.mark.parametrize(("basis", "n_bends"), BASES)
@pytest.mark.parametrize("rule", [sl.SGD(0.05), sl.SGD(0.05, 0.8, nesterov=True), sl.Adam(0.05)])
def test_training_on_any_landscape_is_that_of_the_oracle(basis, n_bends, rule):
    start, end = ends(results.bowl, 1)
    path = sl.connecting_path(results.bowl(), start[0], end[0], basis, n_bends, 40, optimizer=rule, seed=3)
    reference = optimizers.Adam if isinstance(rule, sl.Adam) else lambda: optimizers.SGD(rule.momentum, rule.nesterov)
    want = oracle.train(
        basis,
        oracle.straight(basis, start[0], end[0], n_bends),
        stratified(3, np.arange(1), 0, 40)[0],
        lambda step, at: results.bowl().gradient(at),
        reference,
        0.05,
    )
    np.testing.assert_allclose(path.controls, want, rtol=1e-9, atol=1e-11)


def test_each_part_of_a_path_has_its_turn():
    places = stratified(7, np.arange(3), 0, 5 * STRATA)
    for block in places.reshape(3, 5, STRATA):
        np.testing.assert_array_equal(np.sort((block * STRATA).astype(int), axis=1), np.tile(np.arange(STRATA), (5, 1)))
    np.testing.assert_array_equal(stratified(7, np.arange(3), 5, 37), places[:, 5:37])
    assert len(np.unique(places)) == places.size


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("batch_size", [None, 30])
@pytest.mark.parametrize("weighting", ["uniform", "arc_length"])
def test_bits_depend_on_no_threads(batch_size, weighting, threads):
    start, end = results.ensemble().params[:3], results.ensemble().params[3:]
    found = []
    for count in (1, 2):
        threads(count)
        path = sl.connecting_path(results.landscape(), start, end, "bezier", 2, 90, batch_size, weighting=weighting)
        found.append((path.controls, path.evaluate(results.landscape(), 7).values))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("batch_size", [None, 30])
def test_a_path_does_not_depend_on_its_neighbours(batch_size):
    """Path r of a batch has the places and samples of number r, whoever else is there."""
    start, end = results.ensemble().params[:3], results.ensemble().params[3:]
    many = sl.connecting_path(results.landscape(), start, end, "chain", 2, 20, batch_size)
    two = sl.connecting_path(results.landscape(), start[:2], end[:2], "chain", 2, 20, batch_size)
    np.testing.assert_array_equal(many.controls[:2], two.controls)
    alone = sl.connecting_path(results.landscape(), start[0], end[0], "chain", 2, 20, batch_size)
    np.testing.assert_array_equal(many.controls[0], alone.controls)


def test_launches_do_not_show(monkeypatch):
    from spinland.connect import descent

    start, end = results.ensemble().params[:1], results.ensemble().params[1:2]
    whole = sl.connecting_path(results.landscape(), start, end, steps=40, batch_size=50)
    monkeypatch.setattr(descent, "_LAUNCH_OPERATIONS", 1.0)  # a step at a time
    cut = sl.connecting_path(results.landscape(), start, end, steps=40, batch_size=50)
    np.testing.assert_array_equal(cut.controls, whole.controls)


def test_weights_of_dead_inputs_stay_on_the_line():
    start, end = results.ensemble().params[0], results.ensemble().params[1]
    path = sl.connecting_path(results.landscape(), start, end, steps=10, batch_size=40)
    keep = results.landscape().samples.keep
    dead = np.setdiff1d(np.arange(len(start)), keep)
    assert len(dead)
    straight = sl.connecting_path(results.landscape(), start, end, steps=0)
    np.testing.assert_array_equal(path.controls[1, dead], straight.controls[1, dead])
    assert np.mean(path.controls[1, keep] != straight.controls[1, keep]) > 0.9


def test_a_trained_path_is_lower_and_both_barriers_are_what_they_say():
    start, end = [-1.0, 0.1], [1.0, 0.1]
    straight = sl.connecting_path(ring(), start, end, steps=0).evaluate(ring())
    path = sl.connecting_path(ring(), start, end, "bezier", 3, 500, optimizer=sl.Adam(0.05)).evaluate(ring())
    # On the line the value is (x² + 0.01 − 1)², with its maximum in the middle.
    np.testing.assert_allclose(straight.highest, [0.99**2], rtol=1e-9)
    np.testing.assert_allclose(straight.highest_at, [0.5], atol=1e-4)
    np.testing.assert_allclose(straight.barrier, [0.99**2 - 0.01**2], rtol=1e-9)
    assert path.barrier[0] < 0.01
    assert path.length_ratio[0] == pytest.approx(np.pi / 2 * np.sqrt(1.01), rel=0.1)


def test_maxima_between_the_places_are_found():
    """A hump a tenth as wide as the places are apart, beside one of them, where the sections see it."""
    hump = sl.FunctionLandscape(lambda w: w[:, 0] + np.exp(-(((w[:, 0] - 0.52) / 0.05) ** 2)), 1)
    profile = sl.connecting_path(hump, [0.0], [1.0], steps=0).evaluate(hump, 11)
    fine = np.linspace(0, 1, 100_001)
    values = hump.value(fine[:, None])
    assert profile.values.max() < values.max() - 0.01
    np.testing.assert_allclose(profile.highest[0], values.max(), atol=1e-6)
    np.testing.assert_allclose(profile.barrier[0], values.max() - 0.5, atol=1e-6)
    np.testing.assert_allclose(profile.excess[0], (values - fine).max(), atol=1e-6)


def test_a_valley_between_the_ends_is_no_barrier_and_is_not_cut():
    valley = sl.FunctionLandscape(lambda w: (w[:, 0] - 0.25) ** 2, 1)
    profile = sl.connecting_path(valley, [0.0], [1.0], steps=0).evaluate(valley)
    np.testing.assert_allclose(profile.barrier, [0.75**2 - (0.25**2 + 0.75**2) / 2], atol=1e-12)
    assert profile.excess[0] == 0
    assert profile.highest_at[0] == 1


@pytest.mark.parametrize(("basis", "n_bends"), BASES)
def test_the_same_path_backwards_has_the_same_profile(basis, n_bends):
    start, end = ends(results.glass, 1)
    path = sl.connecting_path(results.glass(), start[0], end[0], basis, n_bends, 30, optimizer=sl.Adam(0.02))
    back = sl.connecting_path(results.glass(), end[0], start[0], basis, n_bends, steps=0)
    turned = path.controls[::-1].copy()
    if basis == "sine":  # sin(nπ(1 − t)) = (−1)^(n+1) sin(nπt)
        turned[1:-1] = path.controls[1:-1] * ((-1.0) ** np.arange(n_bends))[:, None]
    from dataclasses import replace

    there = path.evaluate(results.glass(), 21)
    here = replace(back, controls=turned).evaluate(results.glass(), 21)
    np.testing.assert_allclose(here.values, there.values[::-1], atol=1e-6)
    np.testing.assert_allclose(here.barrier, there.barrier, atol=1e-6)


@pytest.mark.parametrize(("basis", "n_bends"), BASES)
def test_paths_on_a_sphere_stay_on_it(basis, n_bends):
    glass = results.glass()
    start, end = ends(results.glass)
    path = sl.connecting_path(glass, start, end, basis, n_bends, 60, optimizer=sl.Adam(0.05))
    np.testing.assert_allclose((path.points(np.linspace(0, 1, 9)) ** 2).sum(-1), glass.n_spins, rtol=1e-12)
    if basis != "sine":
        np.testing.assert_allclose((path.controls**2).sum(-1), glass.n_spins, rtol=1e-12)
    profile = path.evaluate(glass, 9)
    assert np.all(profile.length_ratio >= 1)
    places = profile.places[0]
    np.testing.assert_allclose(glass.value(path.points(places)[0]), profile.values[0], atol=1e-12)


def test_a_chain_goes_through_what_it_is_led_through():
    points = results.points(results.bowl, 4)
    path = sl.connecting_path(
        results.bowl(), points[0], points[3], "chain", 2, 30, optimizer=sl.Adam(0.1), through=points[1:3]
    )
    np.testing.assert_array_equal(path.fixed, [0, 3, 6, 9])
    np.testing.assert_array_equal(path.controls[path.fixed], points)
    np.testing.assert_allclose(path.points([1 / 3, 2 / 3]), points[1:3], atol=1e-12)


def test_uniform_arc_length_does_not_sprint():
    """A wall beside a plateau: with t uniform the path is quick on the wall, with arc length it pays for all of it."""
    start, end = [-1.0, 0.1], [1.0, 0.1]
    made = {
        weighting: sl.connecting_path(ring(), start, end, "chain", 3, 600, optimizer=sl.Adam(0.02), weighting=weighting)
        for weighting in ("uniform", "arc_length")
    }
    means = {name: path.evaluate(ring(), 401).values.mean() for name, path in made.items()}
    assert means["arc_length"] < means["uniform"]


def test_equal_ends_make_a_loop_of_no_length():
    point = results.points(results.bowl, 1)[0]
    path = sl.connecting_path(results.bowl(), point, point, steps=0)
    profile = path.evaluate(results.bowl(), 5)
    assert profile.length[0] == profile.chord[0] == 0
    assert np.isnan(profile.length_ratio[0])
    np.testing.assert_allclose(profile.values, results.bowl().value(point), rtol=1e-12)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("batch_size", [None, 5])
def test_a_path_that_diverges_is_named_and_the_others_go_on(batch_size):
    """A single layer, of quadratic loss: at a rate that is far too large both grow alike, and one has begun far out."""
    draw = np.random.default_rng(0)
    network, x, y = sl.ReLUNetwork((4, 2)), draw.normal(size=(20, 4)), draw.normal(size=(20, 2))
    landscape = sl.NetworkLandscape(network, x, y, "mse", "float64")
    start, end = draw.normal(size=(2, 2, network.n_params))
    start[0] *= 1e150
    with pytest.warns(DivergenceWarning, match=r"diverged paths, now NaN: 0, by step \d+ of 130, with SGD\(300.0\)$"):
        path = sl.connecting_path(landscape, start, end, steps=130, batch_size=batch_size, optimizer=sl.SGD(300))
    np.testing.assert_array_equal(path.diverged, [True, False])
    assert np.isnan(path.controls[0, 1]).all()
    assert np.isfinite(path.controls[1]).all()
    np.testing.assert_array_equal(path.controls[:, [0, 2]], np.stack([start, end], axis=1))


def test_pairs_that_share_solutions_are_known():
    points = results.points(results.bowl, 4)
    path = sl.connecting_path(results.bowl(), points[[0, 0, 2]], points[[1, 2, 3]], steps=0)
    np.testing.assert_array_equal(path.members, [[0, 1], [0, 2], [2, 3]])
    value, error = path.evaluate(results.bowl(), 5).mean_barrier
    assert np.isfinite([value, error]).all()


WRONG = {
    "start": {"start": np.zeros(5)},
    "end": {"end": [np.nan] * 6},
    "end batch": {"start": np.zeros((2, 6)), "end": np.ones((3, 6))},
    "n_bends": {"n_bends": 0},
    "basis": {"basis": "spline"},
    "steps": {"steps": -1},
    "batch_size": {"batch_size": 10},
    "optimizer": {"optimizer": sl.Adam(0.1, weight_decay=0.1)},
    "optimizer kind": {"optimizer": 0.1},
    "weighting": {"weighting": "length"},
    "through": {"through": np.zeros((1, 6))},
    "through shape": {"basis": "chain", "through": np.zeros((1, 5))},
    "seed": {"seed": -1},
}


@pytest.mark.parametrize("name", WRONG)
def test_what_makes_no_sense_is_refused_by_name(name):
    with pytest.raises(ArgumentError, match=rf"^{name.split()[0]}"):
        sl.connecting_path(**({"landscape": results.bowl(), "start": np.zeros(6), "end": np.ones(6)} | WRONG[name]))


def test_points_off_the_sphere_and_opposite_ones_are_refused():
    glass, (start, end) = results.glass(), results.points(results.glass, 2)
    with pytest.raises(ArgumentError, match=r"^start: expected points on the sphere"):
        sl.connecting_path(glass, 1.1 * start, end)
    with pytest.raises(ArgumentError, match=r"^end: "):
        sl.connecting_path(glass, start, -start)


def test_evaluation_refuses_other_spaces():
    path = sl.connecting_path(results.bowl(), np.zeros(6), np.ones(6), steps=0)
    with pytest.raises(ArgumentError, match=r"^landscape: expected one of points of length 6"):
        path.evaluate(results.glass())
    with pytest.raises(ArgumentError, match=r"^n: "):
        path.evaluate(results.bowl(), 2)
    with pytest.raises(ArgumentError, match=r"^t: "):
        path.points([1.5])
