"""Optimisers beside SGD: equal cost, equal loss, what is held out, and what the finding makes of the differences."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import scipy

import spinland as sl
from spinland.chapters.optimisers import NAMES, OPTIMISERS, split
from spinland.chapters.optimisers_finding import COMPARISON, differences, find
from spinland.chapters.optimisers_results import COST, LOSS
from spinland.report.text import told
from spinland.statistics.judging import of_several
from spinland.study.atlas import AtlasConfig
from spinland.study.books import book_of
from tests.oracles import results
from tests.oracles.findings import check_stored

STUDY = {"hidden": (12,), "replicas": 3, "epochs": 2, "n_train": 100, "n_test": 60, "batch_size": 16}
QUICK = {
    "optimiser_replicas": 4,
    "optimiser_evaluations": 50,
    "optimiser_rates": (0.1, 0.3, 0.6),
    "optimiser_langevin": 4,
    "optimiser_draws": 10,
}


def atlas_of(folder, study=(), atlas=()):
    config = sl.StudyConfig(**STUDY | dict(study))
    sl.run_study(config, folder / "study.h5", chapters=("training",))
    sl.run_atlas(AtlasConfig(**QUICK | dict(atlas)), folder / "study.h5", folder / "atlas.h5", chapters=("optimisers",))
    return folder / "atlas.h5"


@pytest.fixture(scope="module")
def atlas(tmp_path_factory):
    return atlas_of(tmp_path_factory.mktemp("optimisers"))


@pytest.fixture(scope="module")
def store(atlas):
    return sl.Store(atlas, "r")


def test_all_cost_the_same_and_begin_at_the_same_points(store):
    """50 gradients are no multiple of 2, 4 and 3: 60 are taken."""
    found = store.load(COMPARISON)
    assert found.optimizers == NAMES
    np.testing.assert_array_equal(found.evaluations[COST], 60)
    ensembles = [store.load(f"optimisers/{name}/ensemble") for name in NAMES]
    for ensemble in ensembles:
        assert ensemble.gradient_evaluations[-1] == 60
        np.testing.assert_array_equal(ensemble.train_loss[:, 0], ensembles[0].train_loss[:, 0])
        np.testing.assert_array_equal(ensemble.replicas, range(4))
    assert [ensemble.epochs for ensemble in ensembles] == [60, 30, 15, 20]


def test_each_is_trained_at_the_rate_that_was_best_on_held_out_samples(store):
    data = sl.load_dataset("digits").subset(STUDY["n_train"], STUDY["n_test"])
    found, network = store.load(COMPARISON), sl.ReLUNetwork((64, 12, 10))
    for o, name in enumerate(NAMES):
        sweep, ensemble = (store.load(f"optimisers/{name}/{part}") for part in ("rates", "ensemble"))
        assert found.rates[o] == sweep.best == sweep.rates[np.argmin(sweep.losses.mean(axis=1))]
        assert found.at_the_end[o] == (sweep.best in (0.1, 0.6))
        rule = {
            "sgd": sl.SGD(sweep.best),
            "sam": sl.SAM(0.05, sl.SGD(sweep.best)),
            "entropy-sgd": sl.EntropySGD(0.1, sl.SGD(10.0), 4, sweep.best),
            "replicated-sgd": sl.ReplicatedSGD(0.1, sl.SGD(sweep.best), 3, 10 ** (1 / (20 * 7)) - 1),
        }[name]
        again = sl.train(network, data, 4, rule, 16, ensemble.epochs, ensemble.provenance.seed)
        np.testing.assert_allclose(again.params, ensemble.params, rtol=0, atol=1e-5)
        np.testing.assert_allclose(again.test_loss[:, -1], found.of(COST, "test_loss")[o], rtol=1e-5)
        held = split(data, 0.2)
        tuned = sl.train(network, held, 2, rule, 16, ensemble.epochs, sweep.provenance.seed)
        if name != "replicated-sgd":  # its pull grows as slowly as there are steps
            np.testing.assert_allclose(tuned.test_loss[:, -1], sweep.losses[np.argmin(sweep.means)], rtol=1e-5)


def test_what_is_held_out_is_neither_trained_on_nor_the_test():
    data = sl.load_dataset("digits").subset(50, 30)
    part = split(data, 0.2)
    np.testing.assert_array_equal(part.x_train, data.x_train[:40])
    np.testing.assert_array_equal(part.x_test, data.x_train[40:])
    np.testing.assert_array_equal(np.concatenate([part.y_train, part.y_test]), data.y_train)
    assert [len(split(data, share).x_train) for share in (0.01, 0.9)] == [49, 5]


def test_networks_of_equal_loss_are_the_first_that_have_it(store):
    found = store.load(COMPARISON)
    ensembles = [store.load(f"optimisers/{name}/ensemble") for name in NAMES]
    others = [store.load(f"optimisers/{name}/sgd/ensemble") for name in NAMES[1:]]
    level = max(ensemble.train_loss.min(axis=1).max() for ensemble in (*ensembles, *others))
    assert found.level == level
    for o, ensemble in enumerate(ensembles):
        first = np.argmax(ensemble.train_loss <= level, axis=1)
        np.testing.assert_array_equal(found.evaluations[LOSS, o], first * ensemble.gradients_per_step)
        for name in ("train_loss", "test_loss", "test_accuracy"):
            np.testing.assert_array_equal(found.of(LOSS, name)[o], getattr(ensemble, name)[np.arange(4), first])
    assert (found.of(LOSS, "train_loss") <= level).all()


def test_sgd_stands_beside_each_at_the_same_rate(store):
    found = store.load(COMPARISON)
    own = store.load("optimisers/sgd/ensemble")
    for protocol in (COST, LOSS):
        np.testing.assert_array_equal(found.beside[protocol, 0], found.values[protocol, 0])
    for o, name in enumerate(NAMES[1:], 1):
        ensemble = store.load(f"optimisers/{name}/sgd/ensemble")
        assert (ensemble.learning_rate, ensemble.gradients_per_step) == (found.rates[o], 1)
        np.testing.assert_array_equal(ensemble.train_loss[:, 0], own.train_loss[:, 0])
        k = found.quantities.index("test_loss")
        np.testing.assert_array_equal(found.beside[COST, o, k], ensemble.test_loss[:, -1])
        matched = store.load(f"optimisers/{name}/sgd/matched")
        np.testing.assert_array_equal(found.beside[LOSS, o, k], matched.test_loss)
        if found.rates[o] == found.rates[0]:
            np.testing.assert_array_equal(found.beside[:, o], found.beside[:, 0])
        difference = found.difference(LOSS, o, "test_loss", True)
        expected = found.values[LOSS, o, k] - found.beside[LOSS, o, k]
        np.testing.assert_allclose((difference.value, difference.freedom), (expected.mean(), 3))


def test_flatness_is_measured_where_networks_are_compared(store, atlas):
    found, subject = store.load(COMPARISON), book_of(store)[0].network
    data = sl.load_dataset("digits").subset(STUDY["n_train"], STUDY["n_test"])
    landscape = sl.NetworkLandscape(subject.network, data)
    for protocol, part in ((COST, "ensemble"), (LOSS, "matched")):
        params = store.load(f"optimisers/sam/{part}").params
        trace = [np.trace(sl.hessian(landscape, point)) for point in params]
        np.testing.assert_allclose(found.of(protocol, "trace")[1], trace, rtol=1e-3)
        np.testing.assert_allclose(landscape.value(params), found.of(protocol, "train_loss")[1], rtol=1e-4)


def test_the_finding_keeps_what_it_prints_and_the_page_shows_it(atlas, store):
    finding = store.load("findings/optimisers")
    check_stored(finding)
    assert ("SGD at the same rate" in finding.statement) == (len(set(store.load(COMPARISON).rates)) > 1)
    assert "After 60 gradients of every sample" in told(atlas)
    book, _ = book_of(store)
    section = OPTIMISERS.write(book)
    assert "60 gradients of every sample" in section.text
    assert len(section.figures) == 1
    assert [len(table.rows) for table in section.tables] == [8, 21, 18]
    assert book.values["optimiser_evaluations"] == 60


def test_one_rate_alone_compares_at_it(tmp_path):
    path = atlas_of(tmp_path, {}, {"optimiser_rates": (0.3,), "optimiser_replicas": 3, "optimiser_evaluations": 60})
    store = sl.Store(path, "r")
    np.testing.assert_array_equal(store.load(COMPARISON).rates, 0.3)
    text = OPTIMISERS.write(book_of(store)[0]).text
    assert "that of 0.3 with" in text
    assert "The rates differ" not in text
    assert "At an end" not in text
    assert "at the same rate" not in store.load("findings/optimisers").statement


def judged(found):
    return find(SimpleNamespace(get=lambda name: found, network=SimpleNamespace(unit="nats")))


def test_differences_are_paired_and_judged_together():
    found = results.optimisers()
    assert (found.tests(COST), found.tests(LOSS)) == (10, 8)
    one = next(d for d in differences(found, COST) if (d.optimizer, d.quantity) == ("replicated-sgd", "test_loss"))
    expected = scipy.stats.ttest_rel(found.of(COST, "test_loss")[2], found.of(COST, "test_loss")[0])
    np.testing.assert_allclose((one.value.p, one.p), (expected.pvalue, 1 - (1 - expected.pvalue) ** 10), rtol=1e-6)
    assert [d.quantity for d in differences(found, COST) if d.significant] == ["test_loss"]
    assert not any(d.significant for d in differences(found, LOSS))


def test_a_difference_that_one_test_would_call_significant_is_none_among_many():
    """t = 5 of 5 replicas has p = 0.0075; among 10 it is 0.073."""
    base = results.optimisers()
    values = np.tile(np.linspace(0.1, 0.2, 5), (2, 3, len(base.quantities), 1))
    values[:, :, 1:] += np.random.default_rng(0).normal(size=values[:, :, 1:].shape)
    noise = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    values[COST, 1, 0] = values[COST, 0, 0] - 0.01 * (5 * noise.std(ddof=1) / np.sqrt(5) + noise)
    found = dataclasses.replace(base, values=values)
    one = next(differences(found, COST))
    np.testing.assert_allclose(one.value.p, 0.00749, atol=1e-5)
    assert one.value.significant
    assert not one.significant


def test_the_headline_says_who_is_better_and_who_is_flatter():
    """Better at equal cost; flatter at equal loss than SGD at the same rate, whatever it is beside SGD at its best."""
    base = results.optimisers()
    spread, names = np.linspace(-0.01, 0.01, 5), list(base.quantities)
    values = np.tile(1 + spread, (2, 3, len(names), 1))
    beside, more = values.copy(), 0.1 + 0.1 * spread
    values[COST, 1, names.index("test_accuracy")] += more
    values[COST, 2, names.index("test_loss")] += more
    values[LOSS, 1, names.index("trace")] -= more
    values[LOSS, 2, names.index("trace")] -= more
    beside[LOSS, 1, names.index("trace")] -= 2 * more
    finding = judged(dataclasses.replace(base, values=values, beside=beside))
    assert finding.headline == (
        "At equal gradient evaluations those of SAM test better than those of SGD and those of replicated SGD test "
        "worse; at equal training loss and beside SGD at the same rate those of replicated SGD are flatter by some "
        "measure and those of SAM are sharper by some."
    )
    check_stored(finding)
    same = judged(dataclasses.replace(base, values=beside, beside=beside))
    assert same.headline == (
        "At equal gradient evaluations no networks test better than those of SGD; at equal training loss and beside "
        "SGD at the same rate none are flatter by any measure."
    )


def test_the_bound_for_several_is_that_of_independent_tests():
    assert of_several(0.01, 1) == pytest.approx(0.01, rel=1e-14)
    assert of_several(0.01, 20) == pytest.approx(1 - 0.99**20, rel=1e-12)
    assert of_several(1e-20, 50) == pytest.approx(5e-19, rel=1e-12)
    assert of_several(1.0, 3) == 1.0
    assert np.isnan(of_several(np.nan, 3))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("optimiser_replicas", 2),
        ("optimiser_evaluations", 0),
        ("optimiser_rates", ()),
        ("optimiser_rates", (0.1, -1)),
        ("optimiser_tuning", 1),
        ("optimiser_held_out", 1.0),
        ("optimiser_rho", -1),
        ("optimiser_gamma", 0),
        ("optimiser_growth", 0.5),
        ("optimiser_langevin", 0),
        ("optimiser_coupled", 0),
        ("optimiser_draws", 1),
    ],
)
def test_bad_settings_are_refused(name, value):
    with pytest.raises(sl.ArgumentError, match=name):
        AtlasConfig(**{name: value})
