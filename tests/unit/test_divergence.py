"""Rates that are far too large, between solutions: what diverged is told in words, flagged, and stops nothing else."""

import warnings

import numpy as np
import pytest

import spinland as sl
from spinland.errors import DivergenceWarning
from spinland.store.hdf5 import Store
from spinland.study.atlas import AtlasConfig
from spinland.study.books import book_of
from spinland.study.networks import StudyConfig
from tests.unit.test_chapters import ATLAS, STUDY

NETWORK = sl.ReLUNetwork((64, 8, 10))
DATA = sl.load_dataset("digits").subset(100, 20)
FAR = sl.Adam(1e300)
RATES = {name: 1e300 for name in ("path_rate", "simplex_rate", "subspace_rate", "average_rate")}


def told(call):
    """What a call returns, and its one warning: any other is a failure."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = call()
    assert [item.category for item in caught] == [DivergenceWarning]
    assert caught[0].filename == __file__
    return found, str(caught[0].message)


@pytest.fixture(params=["float32", "float64"])
def landscape(request):
    return sl.NetworkLandscape(NETWORK, DATA, dtype=request.param)


@pytest.fixture
def points(landscape):
    return NETWORK.initialize(4, dtype=landscape.dtype)


@pytest.mark.parametrize("batch_size", [None, 32])
def test_paths_of_a_network(landscape, points, batch_size):
    path, words = told(lambda: sl.connecting_path(landscape, points[:2], points[2:], "bezier", 1, 200, batch_size, FAR))
    assert words == "diverged paths, now NaN: 0, 1, by step 16 of 200, with Adam(1e+300)"
    assert path.diverged.all()
    np.testing.assert_array_equal(path.taken, [16, 16])
    with pytest.raises(sl.ArgumentError, match=r"^self: .*diverged: 0, 1, by step 16 of 200$"):
        path.evaluate(landscape)


def test_paths_on_a_sphere():
    glass = sl.SphericalSpinGlass(10, 3)
    points = glass.random_points(4, 0)
    path, words = told(lambda: sl.connecting_path(glass, points[:2], points[2:], steps=50, optimizer=FAR))
    assert words == "diverged paths, now NaN: 0, 1, by step 16 of 50, with Adam(1e+300)"
    assert np.isnan(path.controls[:, 1]).all()


def test_a_path_that_converges_has_taken_all_its_steps(landscape, points):
    path = sl.connecting_path(landscape, points[0], points[1], steps=20)
    np.testing.assert_array_equal(path.taken, [20])
    assert path.divergence == ""


def test_vertices(landscape, points):
    grown, words = told(lambda: sl.grow_simplex(landscape, points[:2], 2, 1e-2, 20, 4, 32, FAR))
    step = 1 if landscape.dtype == np.float32 else 2  # 1e300 is a number of float64
    assert words == f"diverged vertices, now NaN: 2 (at step {step} of 20, with Adam(1e+300))"
    np.testing.assert_array_equal(grown.diverged, [False, False, True, True])
    assert np.isnan(grown.log_volume)
    for call in (lambda: sl.simplex_values(landscape, grown, 5), lambda: sl.random_vertices(grown)):
        with pytest.raises(sl.ArgumentError, match=r"^complex_: .* NaN for vertices \[2, 3\]"):
            call()
    with pytest.raises(sl.ArgumentError, match=r"^self: .* NaN for vertices"):
        grown.sample(3)


def test_subspaces(landscape):
    arguments = {"optimizer": FAR, "epochs": 2, "dtype": landscape.dtype}
    ensemble, words = told(lambda: sl.train_subspace(NETWORK, DATA, 5, 2, **arguments))
    last = int(ensemble.taken.max())
    assert ensemble.diverged.all()
    assert 1 <= last <= 3
    assert words == f"diverged replicas, now NaN: 0, 1 (by step {last} of 8, with Adam(1e+300))"
    found, words = told(lambda: sl.intrinsic_dimension(NETWORK, DATA, [5, 10], 2, **arguments))
    assert words.count("2 of 2 at d = ") == 2
    assert "with Adam(1e+300)" in words
    assert np.isnan(found.accuracy).all()
    assert not found.success.any()


def run(folder, study, **settings):
    """An atlas of these settings: its book, and what was said."""
    lines = []
    source, path = folder / "study.h5", folder / "atlas.h5"
    sl.run_study(StudyConfig(**STUDY | study), source, chapters=("training",))
    chapters = ("paths", "simplexes", "subspaces", "averages", "surfaces")
    sl.run_atlas(AtlasConfig(**ATLAS | settings), source, path, chapters=chapters, say=lines.append)
    return book_of(Store(path, "r"))[0], lines


@pytest.mark.filterwarnings("error")
def test_chapters_say_why_they_cannot_be_made_and_the_others_go_on(tmp_path):
    book, lines = run(tmp_path, {"glass_replicas": 0}, **RATES)
    failed = book.facts["failed"]
    assert {"hierarchy/paths/bezier", "simplexes/1/complex", "subspaces/dimension"} < set(failed)
    assert "averages/constant/ensemble" in failed
    for name in RATES:
        reasons = [why for why in failed.values() if why.startswith(f"{name}: expected one at which")]
        assert reasons, name
        assert all("1e+300" in why for why in reasons)
        assert sum("cannot be made: " + name in line for line in lines) == 1
        assert book.unfinished.count(name) == 1
    assert any(line.startswith("warning: Bezier curve") and "by step 10 of 10, with Adam(" in line for line in lines)
    assert {"hierarchy/paths/straight-test", "simplexes/ensembles/independent"} <= set(book.store.names())
    assert any(name.endswith("/surface") for name in book.store.names())
    assert "nowhere" in book.finding(next(c for c in book.chapters if c.name == "paths")).statement


@pytest.mark.filterwarnings("error")
def test_a_study_that_diverged_is_told_of_once(tmp_path):
    book, lines = run(tmp_path, {"glass_replicas": 0, "learning_rate": 1e30})
    failed = book.facts["failed"]
    assert len(failed) > 20
    assert sum("cannot be made: " in line for line in lines) == 1
    assert sum("more cannot be made for the same reason: learning_rate" in line for line in lines) == 1
    assert book.unfinished.count("learning_rate") == 1
    assert "averages/constant/comparison" in book.store.names()
