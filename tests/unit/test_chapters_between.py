"""Chapters of subspaces, averages and simplexes: made in a small study, with findings, pictures and tables."""

import numpy as np
import pytest

import spinland as sl
from spinland.chapters.averages import AVERAGES
from spinland.chapters.simplexes import SIMPLEXES
from spinland.chapters.subspaces import SUBSPACES
from spinland.store.hdf5 import Store
from spinland.study.atlas import AtlasConfig
from spinland.study.books import book_of
from spinland.study.networks import StudyConfig
from tests.unit.test_chapters import ATLAS, STUDY

CHAPTERS = (SUBSPACES, AVERAGES, SIMPLEXES)
SOLUTIONS = ("training", "minima")


def made(folder, **settings):
    """An atlas of a small study, and the study."""
    study, path = folder / "study.h5", folder / "atlas.h5"
    sl.run_study(StudyConfig(**STUDY | settings), study, chapters=SOLUTIONS)
    sl.run_atlas(AtlasConfig(**ATLAS), study, path, chapters=tuple(chapter.name for chapter in CHAPTERS))
    return book_of(Store(path, "r"))[0], Store(study, "r")


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    return made(tmp_path_factory.mktemp("between"))


@pytest.fixture
def book(both):
    return both[0]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_each_finds_and_shows_something(chapter, book):
    kept = book.finding(chapter)
    assert kept.chapter == chapter.name
    assert len(kept.names) >= 2
    assert "nan" not in kept.statement
    section = chapter.write(book)
    assert len(section.figures) == 2
    assert section.tables[0].rows
    assert all(len(row) == len(section.tables[0].header) for row in section.tables[0].rows)
    names = [step.name for step in chapter.all_steps(book)]
    assert all(name in book for name in names)


def test_results_are_those_of_public_functions(both):
    book, study = both
    network = book.network.network
    data = sl.load_dataset("digits").subset(STUDY["n_train"], STUDY["n_test"])
    found, seed = book.get("subspaces/dimension"), book.seed(11)
    one = sl.train_subspace(network, data, 30, 3, None, sl.Adam(0.03), 32, 4, seed)
    np.testing.assert_array_equal(found.accuracy[1], one.test_accuracy[:, -1])
    np.testing.assert_array_equal(found.direct, study.load("ensemble").test_accuracy[:, -1])
    constant = book.get("averages/constant/ensemble")
    assert list(constant.snapshot_epochs) == [4, 6, 8]
    assert list(book.get("averages/falling/ensemble").snapshot_epochs) == [8]
    np.testing.assert_array_equal(constant.train_loss[:, 0], book.get("averages/cyclic/ensemble").train_loss[:, 0])
    plane = book.get("averages/plane")
    average = sl.weight_average(constant)[0]
    assert plane.point_labels[-1] == "average"
    np.testing.assert_allclose(plane.points[3], plane.points[:3].mean(axis=0), atol=1e-5)  # of just these three
    assert np.isfinite(average).all()


def test_a_regression_has_no_accuracies_to_judge(tmp_path):
    regression = {"data": "linnerud", "n_train": None, "n_test": None, "batch_sizes": (4,), "glass_replicas": 0}
    book, _ = made(tmp_path, **regression)
    assert book.get("subspaces/dimension") is None
    for chapter in (SUBSPACES, AVERAGES):
        assert not chapter.all_steps(book)
        assert chapter.write(book) is None
    assert SIMPLEXES.write(book).figures
    assert "nats" not in book.finding(SIMPLEXES).statement


def test_curves_and_vertices_are_trained_on_all_training_samples(tmp_path):
    """The probes look at a third of the samples; what is trained looks at all, and is looked at as all else is."""
    study, path = tmp_path / "study.h5", tmp_path / "atlas.h5"
    config = StudyConfig(**STUDY | {"probe_samples": 20, "glass_replicas": 0})
    sl.run_study(config, study, chapters=("training",))
    sl.run_atlas(AtlasConfig(**ATLAS), study, path, chapters=("paths", "simplexes"))
    book, solutions = book_of(Store(path, "r"))[0], Store(study, "r").load("ensemble")
    data, network = sl.load_dataset("digits").subset(STUDY["n_train"], STUDY["n_test"]), book.network.network
    every = sl.NetworkLandscape(network, data)
    some = sl.NetworkLandscape(network, data.x_train[:20], data.y_train[:20])
    starts, ends = solutions.params[:4:2], solutions.params[1:4:2]
    adam = sl.Adam(sl.Cosine(book.config.path_rate))
    found = book.load("hierarchy/paths/bezier")
    one = sl.connecting_path(every, starts, ends, "bezier", 1, ATLAS["path_steps"], 60, adam, book.seed(31))
    np.testing.assert_array_equal(found.controls, one.controls)
    profile = book.load("hierarchy/paths/bezier-profile")
    np.testing.assert_array_equal(profile.values, found.evaluate(some, ATLAS["path_points"]).values)
    grown = sl.grow_simplex(every, solutions.params[:2], 1, 0.01, 3, 4, 60, sl.Adam(0.01), book.seed(13))
    np.testing.assert_array_equal(book.load("simplexes/1/complex").vertices, grown.vertices)
    values = sl.simplex_values(some, grown, 200, book.seed(13))
    np.testing.assert_array_equal(book.load("simplexes/1/values").values, values.values)


def test_members_of_ensembles_are_those_that_there_are(tmp_path):
    """Four solutions give two groups and ensembles of two; the page tells so, from the file alone."""
    study, path, lines = tmp_path / "study.h5", tmp_path / "atlas.h5", []
    sl.run_study(StudyConfig(**STUDY | {"glass_replicas": 0}), study, chapters=("training",))
    config = AtlasConfig(**ATLAS | {"simplex_groups": 6, "simplex_members": 8})
    sl.run_atlas(config, study, path, chapters=("simplexes",), say=lines.append)
    assert "simplexes between solutions: simplex_groups comes to 2, where 6 was asked for" in lines
    assert "simplexes between solutions: simplex_members comes to 2, where 8 was asked for" in lines
    values = book_of(Store(path, "r"))[0].values
    assert (values["simplex_groups"], values["simplex_members"]) == (2, 2)
