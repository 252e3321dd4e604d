"""A study whose replicas are trained by an optimiser that looks around."""

import json
import tomllib

import numpy as np
import pytest

import spinland as sl
from spinland.chapters import training
from spinland.store.hdf5 import Store
from spinland.store.rows import RowWriter
from spinland.study.networks import run_study
from tests.oracles.pages import check_self_contained


@pytest.mark.parametrize(
    ("name", "words", "cost"),
    [
        ("sam", ["--rho", "0.1"], 2),
        ("entropy-sgd", ["--gamma", "0.5", "--langevin", "3"], 3),
        ("replicated-sgd", ["--gamma", "0.5", "--coupled", "2", "--scoping", "0.01"], 2),
    ],
)
def test_a_study_takes_it_and_keeps_what_it_cost(here, tiny, tmp_path, name, words, cost):
    study = tmp_path / "study.h5"
    rule = ["--optimizer", name, "--learning-rate", "0.5", "--momentum", "0", *words]
    here("study", *tiny, *rule, "--chapters", "training", "--out", study)
    ensemble = Store(study, "r").load("ensemble")
    assert (ensemble.train_loss[:, -1] < ensemble.train_loss[:, 0]).all()
    np.testing.assert_array_equal(ensemble.gradient_evaluations, cost * np.arange(ensemble.epochs + 1))
    optimizer = json.loads(ensemble.provenance.arguments)["optimizer"]
    called, told = {
        "sam": ("SAM", "SAM"),
        "entropy-sgd": ("EntropySGD", "Entropy-SGD"),
        "replicated-sgd": ("ReplicatedSGD", "replicated SGD"),
    }[name]
    assert (optimizer["name"], optimizer["base"]["name"]) == (called, "SGD")
    page = check_self_contained(study.with_suffix(".html").read_text(encoding="utf-8"))
    assert f"{told} at learning rate 0.5" in page.words


def test_its_settings_come_back_from_a_file(here, tmp_path):
    words = ["--optimizer", "replicated-sgd", "--gamma", "0.5", "--coupled", "5", "--scoping", "0.01"]
    shown = here("study", *words, "--show-settings").stdout
    file = tmp_path / "settings.toml"
    file.write_text(shown, encoding="utf-8")
    assert here("study", "--config", file, "--show-settings").stdout == shown
    kept = tomllib.loads(shown)["study"]
    assert [kept[name] for name in ("optimizer", "gamma", "coupled", "scoping")] == ["replicated-sgd", 0.5, 5, 0.01]


def test_an_interrupted_training_of_coupled_copies_goes_on_with_the_same_bits(tmp_path, monkeypatch):
    config = sl.StudyConfig(
        optimizer="replicated-sgd",
        learning_rate=0.3,
        momentum=0.5,
        n_train=60,
        n_test=20,
        hidden=(5,),
        replicas=7,
        epochs=2,
    )
    monkeypatch.setattr(training.Training, "_together", lambda self, book: 2)  # replicas between two writes
    whole, broken = tmp_path / "whole.h5", tmp_path / "broken.h5"
    run_study(config, whole, chapters=("training",))
    write, calls = RowWriter.write, []

    def write_once(self, *arguments, **fields):
        if calls:
            raise KeyboardInterrupt
        calls.append(arguments)
        write(self, *arguments, **fields)

    with monkeypatch.context() as stop:
        stop.setattr(RowWriter, "write", write_once)
        with pytest.raises(KeyboardInterrupt):
            run_study(config, broken, chapters=("training",))
    assert Store(broken, "r").pending()["ensemble"] == (2, 7)
    run_study(config, broken, chapters=("training",))
    one, other = (Store(path, "r").load("ensemble") for path in (whole, broken))
    for name in ("params", "train_loss", "test_accuracy"):
        np.testing.assert_array_equal(getattr(other, name), getattr(one, name))
