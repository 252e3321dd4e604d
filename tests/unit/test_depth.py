"""Depth against width: how networks are started, tuned and matched, and what the published comparison measured."""

from types import SimpleNamespace

import numpy as np
import pytest

import spinland as sl
from spinland.chapters.depth import _how, starts
from spinland.chapters.depth_finding import _published
from spinland.chapters.depth_measures import double_softmax, ends_of
from spinland.chapters.depth_results import RateSweep
from spinland.chapters.findings import Numbers
from spinland.chapters.matching import common_level
from spinland.chapters.sections import Section
from spinland.chapters.training import optimizer_of
from spinland.provenance import record
from spinland.study.books import book_of

QUICK = {
    "hidden": (8,),
    "depths": (1, 2, 4),
    "depth_replicas": 5,
    "depth_epochs": 10,
    "depth_rates": (0.003, 0.01, 0.03),
    "depth_tuning": 3,
    "walk_steps": 10,
    "walkers": 3,
    "directions": 4,
    "grid": 5,
    "correlation_pairs": 20,
}


def ensemble(train_loss, diverged=None):
    loss = np.array(train_loss, np.float64)
    return SimpleNamespace(train_loss=loss, diverged=np.zeros(len(loss), bool) if diverged is None else diverged)


def test_signals_keep_their_size_in_any_number_of_layers():
    """The mean square after 10 layers of 60 is that of the inputs on average over networks, exactly.

    200 networks, seed 5; the standard error is some 0.08 (mean squares are about log-normal), and 4 of them are
    allowed. PyTorch's own weights would leave 6^−10.
    """
    network = sl.ReLUNetwork((60, *[60] * 10, 1))
    x = np.random.default_rng(5).normal(size=60)
    sizes = []
    for point in starts(network, 200, 5, "float64"):
        values = x
        for weight, bias in network.layers(point)[:-1]:
            assert not bias.any()
            values = np.maximum(weight @ values, 0)
        sizes.append(np.mean(values**2) / np.mean(x**2))
    assert abs(np.mean(sizes) - 1) < 4 * np.std(sizes, ddof=1) / np.sqrt(200)


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "sam", "entropy-sgd", "replicated-sgd"])
def test_networks_of_a_depth_are_trained_by_the_optimiser_of_the_study(name):
    around = {"rho": 0.3, "gamma": 0.7, "langevin": 3, "coupled": 2, "scoping": 0.1}
    config = sl.StudyConfig(optimizer=name, learning_rate=0.2, **around)
    how = _how(SimpleNamespace(config=config, batch_size=8))
    assert optimizer_of(SimpleNamespace(**dict(how), learning_rate=0.2)) == optimizer_of(config)


def test_the_best_rate_is_that_of_the_lowest_mean_and_never_one_that_diverges():
    sweep = RateSweep(
        rates=np.array([0.1, 0.2, 0.4, 0.8]),
        losses=np.array([[0.5, 0.4], [0.3, 0.2], [0.1, 0.3], [np.nan, 0.01]]),
        provenance=record("rate_sweep", {}),
    )
    assert sweep.best == 0.4
    assert not sweep.at_the_end
    np.testing.assert_allclose(sweep.means, [0.45, 0.25, 0.2, np.inf])


def test_the_common_level_is_the_highest_of_the_lowest_of_all_that_learn():
    shallow = ensemble([[2.0, 0.5, 0.1, 0.2], [2.4, 0.6, 0.3, 0.3]])
    deep = ensemble(
        [[2.0, 0.9, 0.4, 0.45], [2.3, 2.3, 2.3, 2.29], [2.0, 0.01, np.nan, np.nan]], np.array([0, 0, 1]) > 0
    )
    assert (
        common_level([shallow, deep], "depth_epochs") == 0.4
    )  # neither the replica that is stuck nor the one that diverged
    with pytest.raises(sl.ArgumentError, match=r"^depth_epochs"):
        common_level([ensemble([[2.0, 1.9], [2.0, 1.5]])], "depth_epochs")


def test_directions_of_the_ends_have_nothing_in_between():
    network = sl.ReLUNetwork((4, 3, 5, 2))
    directions = np.random.default_rng(0).normal(size=(2, network.n_params))
    kept = [network.layers(row) for row in ends_of(network, directions)]
    for row, layers in zip(directions, kept, strict=True):
        was = network.layers(row)
        for k, (weight, bias) in enumerate(layers):
            factor = 0 if k == 1 else 1
            np.testing.assert_array_equal(weight, factor * was[k][0])
            np.testing.assert_array_equal(bias, factor * was[k][1])


def test_the_double_softmax_is_the_loss_of_the_probabilities():
    """By hand in float64, with an input that is zero in all samples; and between its bounds."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(20, 5)), np.arange(20) % 3
    x[:, 2] = 0
    network = sl.ReLUNetwork((5, 6, 4, 3))
    land = sl.NetworkLandscape(network, x, y, dtype="float64")
    points = 3 * network.initialize(4, 2, dtype="float64")
    found = double_softmax(SimpleNamespace(network=network, landscape=land)).value(points)
    for point, value in zip(points, found, strict=True):
        out = x
        for k, (weight, bias) in enumerate(network.layers(point)):
            out = out @ weight.T + bias
            out = np.maximum(out, 0) if k < 2 else out
        once = np.exp(out) / np.exp(out).sum(axis=1, keepdims=True)
        twice = np.exp(once) / np.exp(once).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(value, -np.log(twice[np.arange(20), y]).mean(), rtol=1e-12)
    assert (found > np.log(1 + 2 / np.e)).all()
    assert (found < np.log(np.e + 2)).all()


def test_too_many_layers_are_refused_before_anything_is_made(tmp_path):
    with pytest.raises(sl.ArgumentError, match=r"^depths"):
        sl.run_study(sl.StudyConfig(hidden=(1,), depths=(1, 500)), tmp_path / "a.h5")
    with pytest.raises(sl.ArgumentError, match=r"^depth_parameters"):
        sl.run_study(sl.StudyConfig(depths=(1,), depth_parameters=3), tmp_path / "a.h5")


def test_networks_that_learn_nothing_are_told_by_the_setting(tmp_path):
    """A rate at which nothing moves: no results of the landscape, and the reason in the file."""
    lines, path = [], tmp_path / "a.h5"
    config = sl.StudyConfig(**QUICK | {"depths": (1,), "depth_rates": (1e-7, 1e-6)})
    sl.run_study(config, path, chapters=("depth",), say=lines.append)
    assert any("to equal training loss, 1 hidden layer: cannot be made: depth_epochs" in line for line in lines)
    assert "depths/comparison" not in sl.Store(path, "r")


def test_a_chapter_that_nobody_asks_for_is_not_told(tmp_path):
    lines = []
    sl.run_study(sl.StudyConfig(**QUICK | {"depths": ()}), tmp_path / "a.h5", chapters=("depth",), say=lines.append)
    assert lines == ["depth against width: there is nothing in this file to make it of; depths asks for it"]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = tmp_path_factory.mktemp("depth") / "study.h5"
    sl.run_study(sl.StudyConfig(**QUICK), path, chapters=("depth",))
    return path


@pytest.mark.slow
def test_networks_are_compared_at_one_training_loss(study):
    """Kept after the first epoch at or below the level; their parameters have the loss that is told."""
    book, _ = book_of(sl.Store(study, "r"))
    digits = sl.load_dataset("digits")
    for subject in book.deep:
        ensemble, found = book.get(subject.name("ensemble")), book.get(subject.solutions)
        assert not found.diverged.any()
        rows, epochs = np.arange(len(found.epochs)), found.epochs.astype(int)
        assert (found.train_loss <= found.level).all()
        assert (ensemble.train_loss[rows, epochs] == found.train_loss).all()
        assert (epochs > 0).all()
        for row, epoch in zip(rows, epochs, strict=True):
            assert (ensemble.train_loss[row, :epoch] > found.level).all()
        land = sl.NetworkLandscape(subject.network, digits)
        np.testing.assert_allclose(land.value(found.params), found.train_loss, rtol=1e-5)
        assert abs(subject.residue) == abs(subject.network.n_params - 610)
        assert found.learning_rate == pytest.approx(book.get(subject.name("rates")).best)


@pytest.mark.slow
def test_the_study_of_depths_finds_and_shows(study):
    book, chapters = book_of(sl.Store(study, "r"))
    found = book.get("depths/comparison")
    assert found.shapes[0] == "64–8–10"
    np.testing.assert_allclose(found.log_complex, sl.theory.critical_points_by_depth(610, [2, 3, 5]).log_complex)
    for name in ("rise", "roughness", "largest", "trace", "rise_far", "rise_double"):
        assert (getattr(found, name) > 0).all(), name
    np.testing.assert_allclose(found.rise_ends[0], found.rise_far[0], rtol=1e-6)  # one hidden layer has no other layers
    assert np.isfinite(found.ageing).all()
    assert (found.ageing_error > 0).all()
    assert (found.rise_double < np.log(np.e + 9) - np.log(1 + 9 / np.e)).all()
    # Deeper at equally many parameters and equal loss is sharper: logarithms of 5 and 5 replicas, 3 errors, seed 0.
    rises = np.log(found.rise[[0, -1]])
    error = np.sqrt((rises.var(axis=1, ddof=1) / rises.shape[1]).sum())
    assert rises[1].mean() - rises[0].mean() > 3 * error
    chapter = next(c for c in chapters if c.name == "depth")
    section = chapter.write(book)
    assert isinstance(section, Section)
    assert len(section.figures) == 3
    assert len(section.tables) == 3
    assert "Networks of 1, 2 and 4 hidden layers with 610 parameters" in book.finding(chapter).statement


@pytest.mark.parametrize(
    ("deep", "verdict"),
    [(2.1, "what the published way shows does not differ significantly"), (9.0, "the published way, two layers")],
)
def test_what_does_not_grow_is_not_shown_by_any_way(deep, verdict):
    """Rises of 5 networks of 2 ± 0.1 at the smaller depth: the other ways stay there, whatever all layers do."""
    scatter = np.random.default_rng(0).normal(0, 0.1, (2, 5))
    found = SimpleNamespace(
        depths=(1, 3), rise_far=np.array([[2.0], [deep]]) + scatter, rise_ends=2 + scatter, rise_double=2 + scatter
    )
    assert "hidden layers it grows by factors of" in (told := _published(Numbers(), found))
    assert verdict in told
