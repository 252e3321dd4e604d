"""Chapters of subspaces, averages and simplexes: made in a small study, with findings, pictures and tables."""

from dataclasses import dataclass

import numpy as np
import pytest

import spinland as sl
from spinland.chapters.averages import AVERAGES, AverageSettings
from spinland.chapters.minima import MINIMA
from spinland.chapters.simplexes import SIMPLEXES, SimplexSettings
from spinland.chapters.subspaces import SUBSPACES, SubspaceSettings
from spinland.chapters.training import TRAINING
from spinland.store.hdf5 import Store
from spinland.study.execution import run
from spinland.study.networks import NetworkBook, StudyConfig, _facts
from tests.unit.test_chapters import STUDY

CHAPTERS = (TRAINING, MINIMA, SUBSPACES, AVERAGES, SIMPLEXES)
OWN = {
    "subspace_replicas": 3,
    "subspace_epochs": 4,
    "subspace_dimensions": (4, 30, 200),
    "subspace_threshold": 0.5,
    "average_replicas": 3,
    "average_epochs": 8,
    "average_cycle": 2,
    "average_grid": 3,
    "simplex_vertices": (1, 2),
    "simplex_steps": 3,
    "simplex_groups": 2,
    "simplex_members": 2,
}


@dataclass(frozen=True)
class Config(SubspaceSettings, AverageSettings, SimplexSettings, StudyConfig):
    """Settings of a study with these chapters."""


class Between(NetworkBook):
    settings = Config
    chapters = CHAPTERS


def made(path, data, **settings):
    config = Config(**STUDY | OWN | settings)
    arguments = {"wanted": None, "overwrite": False, "mixed": False, "say": lambda text: None}
    run(config, path, CHAPTERS, lambda store: Between(config, store, store.meta, data), _facts(data), **arguments)
    store = Store(path, "r")
    return Between(config, store, store.meta, data)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    data = sl.load_dataset("digits").subset(STUDY["n_train"], STUDY["n_test"])
    return made(tmp_path_factory.mktemp("between") / "study.h5", data)


@pytest.mark.parametrize("chapter", CHAPTERS[2:], ids=lambda chapter: chapter.name)
def test_each_finds_and_shows_something(chapter, book):
    kept = book.finding(chapter)
    assert kept.chapter == chapter.name
    assert len(kept.names) > 2
    assert "nan" not in kept.statement
    section = chapter.write(book)
    assert len(section.figures) == 2
    assert section.tables[0].rows
    assert all(len(row) == len(section.tables[0].header) for row in section.tables[0].rows)
    names = [step.name for step in chapter.all_steps(book)]
    assert all(name in book for name in names)


def test_results_are_those_of_public_functions(book):
    network, data = book.network.network, book.dataset
    found, seed = book.get("subspaces/dimension"), book.seed(11)
    one = sl.train_subspace(network, data, 30, 3, None, sl.Adam(0.03), 32, 4, seed)
    np.testing.assert_array_equal(found.accuracy[1], one.test_accuracy[:, -1])
    np.testing.assert_array_equal(found.direct, book.get("ensemble").test_accuracy[:, -1])
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
    data = sl.load_dataset("linnerud")
    settings = {"n_train": None, "n_test": None, "batch_sizes": (4,), "glass_replicas": 0}
    book = made(tmp_path / "study.h5", data, **settings)
    assert book.get("subspaces/dimension") is None
    for chapter in (SUBSPACES, AVERAGES):
        assert chapter.write(book) is None
    assert SIMPLEXES.write(book).figures
    assert book.finding(SIMPLEXES).statement
