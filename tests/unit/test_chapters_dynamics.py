"""Chapters of the potential, two times and inherent energies: made in a small study, with what they find and show."""

import numpy as np
import pytest

import spinland as sl
from spinland.chapters.inherent import INHERENT
from spinland.chapters.potential import POTENTIAL
from spinland.chapters.two_times import TWO_TIMES
from spinland.errors import ArgumentError
from spinland.store.hdf5 import Store
from spinland.study.atlas import AtlasConfig
from spinland.study.books import book_of
from spinland.study.networks import StudyConfig
from tests.unit.test_chapters import ATLAS, STUDY

CHAPTERS = (POTENTIAL, TWO_TIMES, INHERENT)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dynamics")
    study, path = folder / "study.h5", folder / "atlas.h5"
    sl.run_study(StudyConfig(**STUDY), study, chapters=("training", "minima"))
    sl.run_atlas(AtlasConfig(**ATLAS), study, path, chapters=tuple(chapter.name for chapter in CHAPTERS))
    return book_of(Store(path, "r"))[0]


@pytest.mark.parametrize(("chapter", "pictures"), [(POTENTIAL, 2), (TWO_TIMES, 1), (INHERENT, 1)])
def test_each_finds_and_shows_something(chapter, pictures, book):
    kept = book.finding(chapter)
    assert kept.chapter == chapter.name
    assert len(kept.names) >= 6
    assert "nan" not in kept.statement
    section = chapter.write(book)
    assert len(section.figures) == pictures
    assert all(len(row) == len(section.tables[0].header) for row in section.tables[0].rows)
    assert all(step.name in book for step in chapter.all_steps(book))


def test_results_are_those_of_public_functions(book):
    cold, seed = book.get("potential/glass/0"), book.seed(33)
    glasses, references = sl.planted_instances(10, 3, cold.temperature, 4, seed, "float32", fixed_energy=True)
    own = sl.franz_parisi(glasses, references, cold.overlap, cold.temperature, 20, seed, walkers=1, leapfrog=10)
    np.testing.assert_array_equal(own.value, cold.value)
    assert sl.theory.static_temperature(3) < cold.temperature < sl.theory.dynamical_temperature(3)
    theory = book.get("theory/potential")
    exact = sl.theory.franz_parisi(cold.overlap, 3, cold.temperature).potential
    np.testing.assert_allclose(theory.at(0, cold.overlap), exact, atol=1e-12)
    network = book.get("potential/network")
    assert network.temperature == pytest.approx(2 * 0.1 / book.network.network.n_params)
    aligned = book.get("potential/aligned")
    assert aligned.overlap.shape == (network.points[..., 0].size,)
    assert (aligned.overlap >= aligned.overlap_before - 1e-6).all()
    mixed = book.get("inherent/3-4")
    assert mixed.orders == (3, 4)
    assert mixed.temperatures[0] == pytest.approx(sl.theory.dynamical_temperature({3: 1.0, 4: 1.0}))
    exact = {name: book.get(f"theory/inherent/{name}") for name in ("pure-3", "3-4")}
    np.testing.assert_allclose(exact["3-4"].temperatures, mixed.temperatures)
    assert exact["pure-3"].energies[0, -1] > exact["pure-3"].threshold
    assert exact["3-4"].energies[0, -1] < exact["3-4"].threshold
    assert "3 + 4 from T = 1.14 at t = 17 below it" in book.finding(INHERENT).statement
    glass = book.get("two-times/glass")
    assert glass.temperature == pytest.approx(0.5 * sl.theory.dynamical_temperature(3))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("potential_overlaps", (0.0, 0.5)),
        ("potential_overlaps", (0.1, 0.2, 0.3, 0.4)),
        ("potential_temperatures", (-1.0,)),
        ("inherent_sizes", (8,)),
        ("inherent_temperatures", (1.3, 1.0)),
    ],
)
def test_settings_that_do_not_fit_are_named(setting, value):
    with pytest.raises(ArgumentError, match=setting):
        AtlasConfig(**{setting: value})
