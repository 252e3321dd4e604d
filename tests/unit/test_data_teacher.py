"""The teacher's samples are what its layers say, and depend on the seed and their index alone."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from spinland.data import load_dataset, teacher
from spinland.data.teacher import teacher_layers
from spinland.errors import ArgumentError


def _naive(layers, x):
    """Forward pass sample by sample and neuron by neuron."""
    outputs = []
    for sample in x.astype(float):
        values = sample
        for depth, (weight, bias) in enumerate(layers):
            values = np.array([float(row @ values) + b for row, b in zip(weight, bias, strict=True)])
            if depth < len(layers) - 1:
                values = np.array([max(value, 0.0) for value in values])
        outputs.append(values)
    return np.array(outputs)


@pytest.mark.parametrize("hidden", [(), (5,), (6, 4, 7)])
def test_targets_are_the_outputs_of_the_layers(hidden):
    data = load_dataset("teacher", n_inputs=3, hidden=hidden, n_outputs=2, n_train=40, n_test=30, seed=5)
    layers = teacher_layers(3, hidden, 2, seed=5)
    assert [weight.shape for weight, _ in layers] == list(zip([*hidden, 2], [3, *hidden], strict=True))
    assert data.task == "regression"
    assert np.allclose(data.y_train, _naive(layers, data.x_train), rtol=1e-6, atol=1e-6)
    assert np.allclose(data.y_test, _naive(layers, data.x_test), rtol=1e-6, atol=1e-6)


def test_labels_are_the_place_of_the_largest_output():
    options = {"n_inputs": 4, "hidden": [8, 8], "n_outputs": 3, "n_train": 50, "n_test": 20, "seed": 2}
    data = load_dataset("teacher", task="classification", **options)
    outputs = _naive(teacher_layers(4, [8, 8], 3, seed=2), data.x_train)
    assert np.array_equal(data.y_train, outputs.argmax(axis=1))
    assert data.n_classes == 3
    assert load_dataset("teacher", task="classification", n_train=3, n_test=3).n_classes == 2


def test_more_samples_extend_the_set():
    few = load_dataset("teacher", n_train=30, n_test=20, n_outputs=2, noise=0.3)
    many = load_dataset("teacher", n_train=1500, n_test=1100, n_outputs=2, noise=0.3)
    for field in ("x_train", "y_train", "x_test", "y_test"):
        part = getattr(few, field)
        assert np.array_equal(getattr(many, field)[: len(part)], part)
    assert few.fingerprint == many.subset(30, 20).fingerprint


@pytest.mark.parametrize("widths", [(785, 511, 37), (301, 7, 5)])
def test_the_bits_depend_neither_on_threads_nor_on_the_number_of_samples(widths):
    # Looked at in float64: rounded to float32 a difference would show once in a billion numbers only.
    layers = teacher_layers(widths[0], widths[1:-1], widths[-1])
    x = load_dataset("teacher", n_inputs=widths[0], n_train=1100, n_test=1).x_train
    with threadpool_limits(1):
        one = teacher._forward(layers, x)
    with threadpool_limits(2):
        assert np.array_equal(teacher._forward(layers, x), one)
        assert np.array_equal(teacher._forward(layers, x[:30]), one[:30])


def test_every_seed_is_another_teacher_and_other_samples():
    first, second = (load_dataset("teacher", seed=seed, n_train=50) for seed in (0, 1))
    assert not np.isclose(first.x_train, second.x_train).any()
    assert not np.isclose(teacher_layers(3, (4,), 1, 0)[0][0], teacher_layers(3, (4,), 1, 1)[0][0]).any()
    assert not np.isclose(first.x_train[:50], first.x_test[:50]).any()


def test_inputs_are_normal_and_outputs_have_unit_variance():
    data = load_dataset("teacher", n_inputs=5, hidden=(40, 40), n_outputs=3, n_train=20000)
    error = 1 / np.sqrt(data.x_train.size)
    assert abs(data.x_train.mean()) < 5 * error
    assert abs(data.x_train.var() - 1) < 5 * np.sqrt(2) * error
    # Mean and scale come from 4096 other inputs: their own error rules, 1/64 of a standard deviation. The
    # variance's is larger by the fourth moment; a kurtosis of 10 would make it 3/64.
    assert (abs(data.y_train.mean(axis=0)) < 5 / 64).all()
    assert (abs(data.y_train.var(axis=0) - 1) < 15 / 64).all()


def test_noise_is_added_to_the_outputs():
    clean, noisy = (load_dataset("teacher", n_train=20000, noise=noise) for noise in (0, 0.5))
    added = noisy.y_train - clean.y_train
    assert np.array_equal(clean.x_train, noisy.x_train)
    assert abs(added.mean()) < 5 * 0.5 / np.sqrt(added.size)
    assert abs(added.std() - 0.5) < 5 * 0.5 / np.sqrt(2 * added.size)
    assert abs(np.corrcoef(added.ravel(), clean.y_train.ravel())[0, 1]) < 5 / np.sqrt(added.size)


def test_noise_flips_labels():
    clean, noisy = (load_dataset("teacher", task="classification", noise=noise) for noise in (0, 2))
    flipped = (clean.y_train != noisy.y_train).mean()
    assert 0.2 < flipped < 0.5


def test_a_deep_teacher_uses_all_its_classes():
    data = load_dataset("teacher", task="classification", n_outputs=4, hidden=(30,) * 5, n_train=4000)
    assert np.bincount(data.y_train, minlength=4).min() > 400  # a tenth; a quarter would be perfect balance


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"n_inputs": 0}, "n_inputs"),
        ({"hidden": (3, 0)}, r"hidden\[1\]"),
        ({"hidden": (3.5,)}, r"hidden\[0\]"),
        ({"hidden": 5}, "hidden"),
        ({"hidden": "32"}, "hidden"),
        ({"n_outputs": 0}, "n_outputs"),
        ({"n_outputs": 1, "task": "classification"}, "n_outputs"),
        ({"n_train": 0}, "n_train"),
        ({"n_test": -1}, "n_test"),
        ({"task": "ranking"}, "task"),
        ({"noise": -0.1}, "noise"),
        ({"noise": float("nan")}, "noise"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**64}, "seed"),
        ({"hidden": (1,) * 30}, "hidden"),  # some neuron of a chain this long is dead
    ],
)
def test_bad_options_are_named(options, argument):
    with pytest.raises(ArgumentError, match=f"^{argument}: "):
        load_dataset("teacher", **options)
