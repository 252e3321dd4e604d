"""Protocols of papers: they run at small sizes, go on where they stopped, and kept pages say what was measured."""

import json
from importlib import import_module

import numpy as np
import pytest
from matplotlib.figure import Figure

import spinland as sl
from benchmarks import images
from benchmarks.published import git_rebasin, low_paths, mixed_glasses, monotone_lines
from benchmarks.published.__main__ import PROTOCOLS, text
from benchmarks.published.keeping import Keeper

SMALL = {
    git_rebasin: git_rebasin.Protocol(hidden=(12, 12), networks=4, epochs=(0, 1), places=3),
    low_paths: low_paths.Protocol(solutions=5, neighbours=1, samples=200, epochs=2, steps=(0, 20), places=5),
    mixed_glasses: mixed_glasses.Protocol(shares=(1.0, float("inf")), steps=30, times=8),
    monotone_lines: monotone_lines.Protocol(replicas=3, samples=200, epochs=1, places=5),
}


@pytest.fixture(scope="module")
def data():
    x, y = images.drawn(600, train=True)
    return sl.Dataset("drawn", x, y, *images.drawn(200))


@pytest.mark.parametrize("module", SMALL, ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_protocol_runs_and_goes_on_from_what_was_kept(module, data, tmp_path, capsys):
    found = module.measure(data, Keeper(tmp_path), SMALL[module])
    assert json.loads(json.dumps(found)) == found
    assert "…" in capsys.readouterr().out
    stages = sorted(tmp_path.iterdir())
    stages[-1].unlink()
    assert module.measure(data, Keeper(tmp_path), SMALL[module]) == found
    assert capsys.readouterr().out.count("…") == 1
    assert sorted(tmp_path.iterdir()) == stages
    assert "nan" not in text(module, found)
    assert isinstance(module.draw(found), Figure)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_kept_page_is_that_of_its_numbers(name, repository):
    kept = repository / "benchmarks" / "results" / f"published-{name}.json"
    module = import_module(f"benchmarks.published.{name}")
    assert kept.with_suffix(".md").read_text("utf-8") == text(module, json.loads(kept.read_text()))
    assert kept.with_suffix(".png").is_file()


def test_rises_and_shares():
    values = np.array([[3.0, 2.0, 1.0], [3.0, 1.0, 2.0], [1.0, 4.0, 2.0]])
    np.testing.assert_array_equal(monotone_lines.rises(values), [0, 1, 3])
    p, low, high = monotone_lines.share(np.array([True, True, True, False]))
    assert p == 0.75
    np.testing.assert_allclose([low, high], [0.7 - 0.2, 0.7 + 0.2], atol=1e-12)
    np.testing.assert_allclose(monotone_lines.share(np.ones(9, bool)), [1.0, 0.9, 1.0], atol=1e-12)


def test_each_solution_has_as_many_pairs_as_any_other():
    members = low_paths.Protocol().members
    assert len({tuple(sorted(pair)) for pair in members.tolist()}) == len(members) == 100
    np.testing.assert_array_equal(np.bincount(members.ravel()), np.full(20, 10))


def test_networks_begin_as_those_of_flax():
    network = sl.ReLUNetwork((784, 50, 10))
    for (weight, bias), inputs in zip(network.layers(git_rebasin.initialized(network, 0, 0)), (784, 50), strict=True):
        np.testing.assert_array_equal(bias, 0)
        assert abs(weight.std() * np.sqrt(inputs) - 1) < 4 / np.sqrt(2 * weight.size)
        assert 2.0 < np.abs(weight).max() * np.sqrt(inputs) < 2.28  # two deviations of the normal that is cut off
