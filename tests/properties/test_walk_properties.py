import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spinland.landscape.function import FunctionLandscape
from spinland.probes.ruggedness import ruggedness
from spinland.probes.walks import random_walk

seeds = st.integers(0, 2**64 - 1)


def wave(dim):
    return FunctionLandscape(lambda w: np.sin(2 * w).sum(axis=1), dim)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, dim=st.integers(1, 40), sigma=st.floats(1e-3, 10), steps=st.integers(1, 6))
def test_sphere_walk_keeps_its_norm(seed, dim, sigma, steps):
    norm = FunctionLandscape(lambda w: np.linalg.norm(w, axis=1), dim)
    walk = random_walk(norm, np.linspace(1, 2, dim), sigma, steps, 2, seed, "sphere")
    np.testing.assert_allclose(walk.values, walk.values[0, 0], rtol=1e-12)
    assert np.all(np.abs(walk.overlap) <= 1 + 1e-12)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, dim=st.integers(1, 40), first=st.integers(0, 2**32 - 5), walker=st.integers(0, 3))
def test_each_walker_is_reproducible_alone(seed, dim, first, walker):
    origin = np.linspace(-1, 1, dim) + 0.1
    many = random_walk(wave(dim), origin, 0.1, 3, 4, seed, first_walker=first)
    one = random_walk(wave(dim), origin, 0.1, 3, 1, seed, first_walker=first + walker)
    assert np.array_equal(many.distance[walker], one.distance[0])
    assert np.array_equal(many.overlap[walker], one.overlap[0])


@settings(max_examples=25, deadline=None)
@given(seed=seeds, sigma=st.floats(1e-3, 10))
def test_free_steps_scale_with_sigma(seed, sigma):
    unit = random_walk(wave(7), np.zeros(7), 1.0, 4, 2, seed)
    scaled = random_walk(wave(7), np.zeros(7), sigma, 4, 2, seed)
    np.testing.assert_allclose(scaled.distance, sigma * unit.distance, rtol=1e-12)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, scale=st.floats(0.01, 100), shift=st.floats(-10, 10))
def test_autocorrelation_ignores_scale_and_shift_of_the_value(seed, scale, shift):
    plain = ruggedness(random_walk(wave(3), np.ones(3), 0.2, 8, 4, seed))
    other = FunctionLandscape(lambda w: shift + scale * np.sin(2 * w).sum(axis=1), 3)
    moved = ruggedness(random_walk(other, np.ones(3), 0.2, 8, 4, seed))
    np.testing.assert_allclose(moved.autocorrelation, plain.autocorrelation, atol=1e-7)
    assert np.all(np.abs(plain.autocorrelation) <= 1 + 1e-12)
