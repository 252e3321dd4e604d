"""What looks right and is not: masks, text for booleans, matrices of pairs for parameters, huge counts, constants."""

import re
from dataclasses import dataclass

import numpy as np
import pytest
import scipy.sparse

import spinland as sl
from spinland import arrays, checks
from spinland.statistics.histograms import equal_edges
from tests.oracles import objects, odd

POINTS = objects.numbers(5, 4)
MASKED = np.ma.masked_array(POINTS, POINTS > 1)
LOST = sl.FunctionLandscape(lambda w: np.full(len(w), np.nan), 3)


def row():
    return sl.plane(objects.bowl(), np.ones(3), np.eye(3)[:2], [0.0, 1.0], [0.0])


REFUSED = {
    "masked distances": (lambda: sl.distances(MASKED), "params"),
    "masked overlaps": (lambda: sl.overlaps(MASKED), "params"),
    "masked hierarchy": (lambda: sl.hierarchy(MASKED), "params"),
    "masked triangles": (lambda: sl.ultrametricity(MASKED), "data"),
    "masked points": (lambda: objects.bowl().value(odd.masked(2, 3)), "points"),
    "masked in a list": (lambda: objects.bowl().value([odd.masked(3), np.ones(3)]), "points"),
    "masked samples": (lambda: sl.NetworkLandscape(objects.network(), odd.masked(4, 3), np.arange(4) % 2), "x"),
    "masked labels": (
        lambda: sl.NetworkLandscape(objects.network(), np.ones((4, 3)), np.ma.masked_equal([0, 1, 0, 1], 1)),
        "y",
    ),
    "masked data": (lambda: sl.Dataset("a", odd.masked(4, 3), np.arange(4) % 2, POINTS[:, :3], [0, 1] * 2), "x_train"),
    "sparse": (lambda: sl.distances(scipy.sparse.csr_matrix(POINTS)), "params"),
    "tensor": (lambda: objects.bowl().value(odd.Gradient()), "points"),
    "ragged": (lambda: sl.distances([[1.0, 2.0], [3.0]]), "params"),
    "text in objects": (lambda: objects.bowl().value(np.array(["1", "2", "3"], object)), "points"),
    "none in objects": (lambda: objects.bowl().value(np.array([1, None, 2], object)), "points"),
    "complex number": (lambda: sl.random_walk(objects.bowl(), np.ones(3), np.complex128(0.1 + 2j), 3), "sigma"),
    "hierarchy of distances": (lambda: sl.hierarchy(sl.distances(POINTS)), "params"),
    "hierarchy of overlaps": (lambda: sl.hierarchy(sl.overlaps(POINTS)), "params"),
    "distances of distances": (lambda: sl.distances(sl.distances(POINTS)), "params"),
    "overlaps of distances": (lambda: sl.overlaps(sl.distances(POINTS)), "params"),
    "statistics of distances": (lambda: sl.pair_statistics(sl.distances(POINTS)), "params"),
    "statistics of a number": (lambda: sl.overlap_distribution(3), "statistics"),
    "condensed in words": (lambda: sl.distances(POINTS, condensed="no"), "condensed"),
    "unsigned in words": (lambda: sl.overlaps(POINTS, unsigned="no"), "unsigned"),
    "overwriting in words": (lambda: objects.store().save("walk", objects.walk(), overwrite="no"), "overwrite"),
    "mapping in words": (lambda: objects.store().load("walk", mmap="no"), "mmap"),
    "no path": (lambda: sl.Store(None), "path"),
    "a path with NUL": (lambda: sl.Store("a\0b"), "path"),
    "an empty path": (lambda: sl.Store(""), "path"),
    "no network": (lambda: sl.symmetry.permute(3, POINTS, []), "network"),
    "an order of arrays": (lambda: sl.theory.static_temperature(np.ones(2)), "order"),
    "a margin without end": (lambda: sl.plane_through(objects.loss(), objects.weights(), margin=1e300), "margin"),
    "a replica without end": (lambda: objects.network().initialize(2, first=2**40), "first"),
    "a step without end": (lambda: sl.random_walk(objects.bowl(), np.ones(3), 1e300, 3), "sigma"),
    "a flow of NaN": (lambda: sl.gradient_flow(LOST, np.ones(3), [0, 1]), "landscape"),
    "heat of NaN": (lambda: sl.langevin(LOST, np.ones(3), 0.5, [0, 0.1]), "landscape"),
    "a plane of one row": (lambda: sl.figures.plane_contour(row()), "plane"),
    "a surface of one row": (lambda: sl.figures.plane_surface(row()), "plane"),
    "no data": (lambda: sl.as_dataset(3), "value"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name(name):
    call, argument = REFUSED[name]
    with pytest.raises(sl.ArgumentError) as caught:
        call()
    assert re.split(r"\W", caught.value.argument)[0] == argument


HUGE = {
    "n_walkers": lambda n: sl.random_walk(objects.bowl(), np.ones(3), 0.1, 3, n_walkers=n),
    "n_steps": lambda n: sl.random_walk(objects.bowl(), np.ones(3), 0.1, n),
    "n_replicas": lambda n: objects.network().initialize(n),
    "n": lambda n: objects.glass().random_points(n),
    "n_instances": lambda n: sl.instances(5, 3, n),
    "n_directions": lambda n: sl.flatness(objects.bowl(), np.ones(3), [0.1], n, kind="walk"),
    "n_train": lambda n: sl.load_dataset("teacher", n_train=n),
    "bins": lambda n: sl.overlap_distribution(objects.statistics(), n),
}


@pytest.mark.parametrize("argument", HUGE)
def test_huge_counts_are_refused_with_the_bytes_they_need(argument, monkeypatch):
    monkeypatch.setattr(checks, "free_memory", lambda: 2**28)
    with pytest.raises(sl.ArgumentError, match=rf"^{argument}: .*memory that is free.*takes [\d.e+]+ GB"):
        HUGE[argument](2**31)


def test_nearly_equal_values_have_bins():
    for values in (np.full(6, 3.0), 1 + 1e-16 * np.arange(6), np.full(3, 1e300), np.zeros(2)):
        edges = equal_edges(values, 50)
        assert len(edges) == 51
        assert np.all(np.diff(edges) > 0)
        assert edges[0] <= values.min() <= values.max() <= edges[-1]
    spread = objects.numbers(40)
    assert np.array_equal(equal_edges(spread, 7), np.histogram_bin_edges(spread, 7))


def test_masks_that_hide_nothing_and_objects_that_are_numbers_pass():
    whole = np.ma.masked_array(POINTS, False)
    assert np.array_equal(sl.distances(whole), sl.distances(POINTS))
    assert objects.bowl().value(np.array([1, 2.5, True], object)) == 1 + 6.25 + 1


def test_tiny_sets_that_look_like_matrices_of_pairs_pass():
    assert sl.distances(np.eye(3))[0, 1] == pytest.approx(np.sqrt(2))
    assert not sl.distances(np.zeros((3, 3))).any()
    assert sl.distances([[0.0, 1.0], [1.0, 0.0]])[0, 1] == pytest.approx(np.sqrt(2))


@dataclass(frozen=True)
class Kept(arrays.Owner):
    array: np.ndarray


def test_what_is_locked_is_shared_and_what_is_not_is_copied(tmp_path):
    mine = np.ones(4)
    assert not np.shares_memory(Kept(mine).array, mine)
    assert mine.flags.writeable
    given = arrays.sealed(np.ones(4))
    assert np.shares_memory(Kept(given).array, given)
    shown = mine.view()
    shown.flags.writeable = False  # its owner can still write
    assert not np.shares_memory(Kept(shown).array, mine)
    once = Kept(mine)
    assert np.shares_memory(Kept(once.array[1:]).array, once.array)
    window = checks.float_array("a", once.array)
    assert window.flags.writeable
    assert np.shares_memory(Kept(window).array, once.array)
    large = np.memmap(tmp_path / "large", "f8", "w+", shape=(8,))
    kept = Kept(large).array
    assert np.shares_memory(kept, large)
    assert not kept.flags.writeable


@pytest.mark.parametrize(("run", "config"), [(sl.run_study, sl.StudyConfig()), (sl.run_glass, sl.GlassConfig())])
def test_studies_check_their_arguments_before_they_begin(run, config, tmp_path):
    for argument, call in {
        "config": lambda: run(3, tmp_path / "a.h5"),
        "out": lambda: run(config, None),
        "overwrite": lambda: run(config, tmp_path / "a.h5", overwrite="no"),
    }.items():
        with pytest.raises(sl.ArgumentError) as caught:
            call()
        assert caught.value.argument == argument
    assert not list(tmp_path.iterdir())
