"""Chapters: their steps are declared, and can be made in any order that respects what they need."""

import importlib
import random
from types import SimpleNamespace

import numpy as np
import pytest

import spinland as sl
from spinland.chapters.chapter import Judgement, Stage
from spinland.chapters.findings import Numbers
from spinland.chapters.training import Training
from spinland.provenance import _plain
from spinland.report.text import told
from spinland.statistics.judging import Judged
from spinland.store.hdf5 import Store
from spinland.study.atlas import source_book
from spinland.study.books import BOOKS, book_of
from spinland.study.execution import complete, plan
from spinland.study.networks import StudyConfig

STUDY = {
    "n_train": 60,
    "n_test": 20,
    "hidden": (6,),
    "replicas": 4,
    "epochs": 2,
    "walk_steps": 4,
    "walkers": 2,
    "walk_origins": 2,
    "sigmas": (0.02, 0.1),
    "swap_trials": 2,
    "swap_origins": 2,
    "swap_points": 3,
    "widths": (4, 6),
    "width_replicas": 3,
    "bootstrap": 10,
    "null_draws": 10,
    "batch_sizes": (8, 16),
    "batch_replicas": 3,
    "directions": 2,
    "grid": 3,
    "line_points": 3,
    "lines": 2,
    "glass_replicas": 6,
    "glass_spins": 10,
    "correlation_pairs": 5,
    "depths": (1, 2),
    "depth_replicas": 4,
    "depth_parameters": 1500,
    "depth_epochs": 40,
    "depth_rates": (0.01, 0.03),
    "depth_tuning": 2,
}
GLASS = {
    "spins": 10,
    "instances": 3,
    "starts": 2,
    "descent_time": 5.0,
    "critical_spins": (3, 4),
    "critical_instances": 2,
    "layer_spins": 5,
    "sweeps": 40,
    "waiting_times": (0.5, 1.0),
    "ageing_time": 2.0,
    "pairs": 5,
    "minima": 8,
    "walk_origins": 3,
    "walkers": 2,
    "walk_steps": 4,
    "lines": 2,
    "line_points": 3,
    "grid": 3,
    "bootstrap": 10,
    "null_draws": 10,
}
ATLAS = {
    "surface_grid": 3,
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
    "alignment_pairs": 2,
    "alignment_points": 3,
    "alignment_trained": 4,
    "alignment_nulls": 5,
    "alignment_splits": 5,
    "path_pairs": 2,
    "path_steps": 10,
    "path_points": 5,
    "saddle_spins": 4,
    "saddle_outputs": 1,
    "curvature_extremes": 4,
    "curvature_probes": 2,
    "curvature_steps": 6,
    "curvature_descent": 3,
    "measure_sizes": (8, 16),
    "measure_replicas": 3,
    "measure_epochs": 2,
    "measure_samples": 40,
    "measure_draws": 20,
    "optimiser_replicas": 3,
    "optimiser_evaluations": 60,
    "optimiser_rates": (0.4, 0.6),
    "optimiser_langevin": 3,
    "optimiser_coupled": 2,
    "optimiser_draws": 10,
    "noise_replicas": 2,
    "noise_settling": 3,
    "noise_epochs": 16,
    "noise_modes": 3,
    "potential_overlaps": (0.0, 0.3, 0.6, 0.8),
    "potential_references": 4,
    "potential_samples": 20,
    "two_time_walkers": 2,
    "two_time_longest": 8,
    "inherent_sizes": (5, 7),
    "inherent_instances": 3,
}
SETTINGS = {"study": STUDY, "glass": GLASS, "atlas": ATLAS}


@pytest.fixture(scope="module", params=sorted(BOOKS))
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def source(kind, tmp_path_factory):
    """The study that an atlas is of; None for others."""
    if kind != "atlas":
        return None
    path = tmp_path_factory.mktemp("source") / "study.h5"
    sl.run_study(StudyConfig(**STUDY), path, chapters=("training", "minima"))
    return path


@pytest.fixture(scope="module")
def make(kind, source):
    """Makes the file of a kind."""

    def make(path, chapters=None, **changed):
        config = BOOKS[kind].settings(**SETTINGS[kind] | changed)
        if kind == "atlas":
            return sl.run_atlas(config, source, path, chapters=chapters)
        return (sl.run_study if kind == "study" else sl.run_glass)(config, path, chapters=chapters)

    return make


@pytest.fixture(scope="module")
def whole(kind, make, tmp_path_factory):
    path = tmp_path_factory.mktemp("chapters") / f"{kind}.h5"
    make(path)
    return path


def steps_of(path):
    book, chapters = book_of(Store(path, "r"))
    return book, chapters, [step for chapter in chapters for step in chapter.all_steps(book)]


def going_on(kind, path, source=None):
    """The book of a file that can be gone on with."""
    book = book_of(Store(path))[0]
    if kind == "atlas":
        return type(book)(book.config, book.store, book.facts, source_book(Store(source, "r"), book.config))
    if kind == "study":
        data = sl.load_dataset("digits").subset(STUDY["n_train"], STUDY["n_test"])
        return type(book)(book.config, book.store, book.facts, data)
    return book


def test_steps_are_declared(whole):
    """A name, a function of a module, plain arguments and a known subject: another process can make them."""
    book, chapters, steps = steps_of(whole)
    names = [step.name for step in steps]
    assert len(set(names)) == len(names)
    lent = {subject.solutions for subject in (*book.subjects, *book.sweep)} if book.settings.kind == "atlas" else set()
    assert {name for step in steps for name in step.needs} <= {*names, *lent}
    assert len({chapter.name for chapter in chapters}) == len(chapters)
    stages = [step for step in steps if isinstance(step, Stage)]
    assert stages
    for stage in stages:
        module = importlib.import_module(stage.compute.__module__)
        assert getattr(module, stage.compute.__qualname__) is stage.compute
        assert "0x" not in repr(_plain(dict(stage.arguments)))
        assert stage.subject in {"", *(s.key for s in (*book.subjects, *book.sweep, *book.deep))}


def test_any_order_that_respects_the_needs_makes_the_same_file(kind, source, make, whole, tmp_path):
    path = tmp_path / "other.h5"
    make(path, chapters=(BOOKS[kind].chapters[-1].name,))
    book = going_on(kind, path, source)
    steps, order = plan(book, [chapter.name for chapter in book.chapters]), []
    shuffle = random.Random(1)
    while len(order) < len(steps):
        there = {step.name for step in order}
        ready = [s for s in steps if s.name not in there and all(n in there or n in book for n in s.needs)]
        order.append(shuffle.choice(ready))
    assert [s.name for s in order] != [s.name for s in steps]
    complete(book, order, lambda text: None)
    first, second = Store(whole, "r"), Store(path, "r")
    assert set(first.names()) == set(second.names())
    for name in first.names():
        assert_equal_results(first.load(name), second.load(name), name)


def assert_equal_results(one, other, name):
    assert type(one) is type(other)
    for field, value in vars(one).items():
        found = getattr(other, field)
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, found, err_msg=f"{name}.{field}")
        elif isinstance(value, float):
            assert value == found or (np.isnan(value) and np.isnan(found)), f"{name}.{field}"
        elif not isinstance(value, sl.Result):
            assert value == found, f"{name}.{field}"


def test_every_chapter_finds_and_shows_something(whole):
    book, chapters, _ = steps_of(whole)
    for chapter in chapters:
        section = chapter.write(book)
        assert section is not None, chapter.name
        assert section.figures or section.tables
        if chapter.find is None:
            continue
        kept, anew = book.finding(chapter), chapter.find(book)
        assert kept.statement == anew.statement
        np.testing.assert_array_equal(kept.values, anew.values)
        assert kept.chapter == chapter.name
        assert len(kept.names) > 0, chapter.name
        assert all(np.isfinite(kept.p) <= (kept.p <= 1))


def test_a_finding_waits_for_what_it_reads(whole):
    """A finding that quotes results of another chapter would else say something else when these come later."""
    _, _, steps = steps_of(whole)
    for step in steps:
        if isinstance(step, Judgement):
            assert step.partial
            assert step.needs


def test_what_is_printed_is_what_is_kept():
    numbers = Numbers()
    text = numbers.tell("order", Judged(2.9, 0.05, 9), p=0.08, against="exact", exact=3.0)
    found = numbers.finding("some", f"The order is {text}. It is not 3.")
    assert found.statement == "The order is 2.900 ± 0.050. It is not 3."
    assert found.headline == "The order is 2.900 ± 0.050."
    assert list(found.rows()) == [("order", "2.900 ± 0.050", "exact 3", "p = 0.080")]
    assert (found.values[0], found.errors[0], found.references[0], found.p[0]) == (2.9, 0.05, 3.0, 0.08)


def test_a_chapter_that_was_only_begun_is_no_result(tmp_path):
    """Its file is finished for those that were asked for; the page and the text show these alone."""
    path = tmp_path / "some.h5"
    sl.run_study(StudyConfig(**STUDY), path, chapters=("training",))
    book = going_on("study", path)
    begun = [step for step in plan(book, ["walks"]) if step.name.startswith("walks/")][:1]
    complete(book, begun, lambda text: None)
    assert "walks/none/0" in Store(path, "r")
    book, shown = book_of(Store(path, "r"))
    assert [chapter.name for chapter in shown] == ["training"]
    assert book.made == ("training",)
    assert "walk" not in told(path)


def test_a_setting_that_a_file_does_not_know_has_its_default(kind, make, whole, tmp_path):
    """Files of before a chapter was added are taken up, and those of after it was taken away are read."""
    path = tmp_path / "older.h5"
    path.write_bytes(whole.read_bytes())
    store = Store(path)
    config = {name: value for name, value in store.meta["config"].items() if name != "linkage"}
    store.set_meta(store.meta | {"config": config | {"colour": "red"}})
    if kind != "atlas":
        assert book_of(Store(path, "r"))[0].config.linkage == "average"
    assert make(path) == 0
    other = {"seed": 1} if kind == "atlas" else {"linkage": "single"}
    with pytest.raises(sl.StoreError, match=next(iter(other))):
        make(path, **other)


def test_a_card_trains_as_many_replicas_as_fill_it():
    """Between two writes the cores train what takes a while; how many fill a card, the plan of the training knows."""
    step = Training("ensemble", "training", sl.ReLUNetwork((64, 32, 10)), 500, 32, 30, 0)
    dataset = SimpleNamespace(x_train=np.empty((1500, 64)))
    cores, card = (SimpleNamespace(config=sl.StudyConfig(device=name), dataset=dataset) for name in ("cpu", "cuda:1"))
    assert 1 <= step._together(cores) <= 64
    assert step._together(card) is None
