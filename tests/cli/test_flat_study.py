"""A study whose replicas are trained by SAM or Entropy-SGD."""

import json

import numpy as np
import pytest

from spinland.store.hdf5 import Store
from tests.oracles.pages import check_self_contained


@pytest.mark.parametrize(
    ("name", "words", "cost"), [("sam", ["--rho", "0.1"], 2), ("entropy-sgd", ["--gamma", "0.5", "--langevin", "3"], 3)]
)
def test_a_study_takes_it_and_keeps_what_it_cost(here, tiny, tmp_path, name, words, cost):
    study = tmp_path / "study.h5"
    rule = ["--optimizer", name, "--learning-rate", "0.5", "--momentum", "0", *words]
    here("study", *tiny, *rule, "--chapters", "training", "--out", study)
    ensemble = Store(study, "r").load("ensemble")
    assert (ensemble.train_loss[:, -1] < ensemble.train_loss[:, 0]).all()
    np.testing.assert_array_equal(ensemble.gradient_evaluations, cost * np.arange(ensemble.epochs + 1))
    optimizer = json.loads(ensemble.provenance.arguments)["optimizer"]
    assert (optimizer["name"], optimizer["base"]["name"]) == ({"sam": "SAM"}.get(name, "EntropySGD"), "SGD")
    page = check_self_contained(study.with_suffix(".html").read_text(encoding="utf-8"))
    assert f"{optimizer['name'].replace('EntropySGD', 'Entropy-SGD')} at learning rate 0.5" in page.words
