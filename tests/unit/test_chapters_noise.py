"""The chapter of the noise of training: made in a small study, with finding, pictures and table."""

import numpy as np
import pytest

import spinland as sl
from spinland.chapters.noise import NOISE, _kept
from spinland.errors import ArgumentError
from spinland.study.atlas import AtlasConfig
from tests.oracles import results


def test_an_atlas_has_the_noise_of_its_networks(tmp_path):
    study, path = tmp_path / "study.h5", tmp_path / "atlas.h5"
    config = sl.StudyConfig(hidden=(4,), replicas=3, epochs=2, widths=(), glass_replicas=0)
    sl.run_study(config, study, dataset=results.data(), chapters=("training",))
    small = AtlasConfig(noise_replicas=2, noise_settling=5, noise_epochs=16, noise_modes=3)
    sl.run_atlas(small, study, path, dataset=results.data(), chapters=("noise",))
    store = sl.Store(path, "r")
    found = {sampling: store.load(f"noise/{sampling}") for sampling in ("reshuffled", "replacement")}
    for sampling, one in found.items():
        assert (one.steps.sampling, one.current.sampling) == (sampling, sampling)
        assert (one.steps.steps_per_epoch, one.epochs.spacing) == (4, 1)
        assert one.modes.variance.shape == (2, 3)
    told = dict(zip((finding := store.load("findings/noise")).names, finding.values, strict=True))
    assert told["rank of the covariance"] == store.load("noise/gradients").rank
    assert told["reshuffled: ψ of variance and width, per step"] == found["reshuffled"].modes.exponent
    assert NOISE.name == "noise"


def test_an_atlas_asks_for_no_more_than_there_is(tmp_path):
    """More solutions than the study has are all of them; a layer too many and batches without samples are refused."""
    study, path = tmp_path / "study.h5", tmp_path / "atlas.h5"
    config = sl.StudyConfig(hidden=(4,), replicas=3, epochs=2, widths=(), glass_replicas=0)
    sl.run_study(config, study, dataset=results.data(), chapters=("training",))
    with pytest.raises(ArgumentError, match=r"^noise_layer"):
        sl.run_atlas(AtlasConfig(noise_layer=2), study, path, dataset=results.data(), chapters=("noise",))
    with pytest.raises(ArgumentError, match=r"^measure_sizes"):
        AtlasConfig(measure_sizes=(200, 300), measure_samples=100)
    small = AtlasConfig(curvature_solutions=9, curvature_extremes=2, curvature_probes=2, curvature_descent=4)
    sl.run_atlas(small, study, path, dataset=results.data(), chapters=("curvature",))
    names = [name for name in sl.Store(path, "r").names() if name.startswith("curvature/network/")]
    assert names == [f"curvature/network/{row}" for row in range(3)]


def test_what_is_recorded_fits():
    """A small network whole and step by step; of a large one the last layer, more seldom."""
    small, large = sl.ReLUNetwork((64, 16, 10)), sl.ReLUNetwork((784, 512, 10))
    start = np.zeros((6, 1), np.float32)
    assert _kept(small, start, 45 * 20, 45, None) == (None, 1)
    layer, every = _kept(large, start, 1875 * 20, 1875, None)
    assert (layer, every) == (1, 15)
    assert 4 * 6 * 5120 * 1875 * 20 / every < 400 << 20
