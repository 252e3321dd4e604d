"""Results made up with the shapes and magnitudes of real ones, for the figures to draw."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import pdist


def _sem(samples, axis=0):
    return samples.std(axis=axis, ddof=1) / np.sqrt(samples.shape[axis])


def walk(sigma, n_walkers=40, n_steps=200, dim=5000, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(n_steps + 1)
    squared = sigma**2 * dim * t
    noise = np.cumsum(rng.normal(0, 1, (n_walkers, n_steps + 1)), axis=1) / np.sqrt(np.maximum(t, 1))
    values = 0.02 + 2.5 * squared / (60 + squared) * np.exp(0.25 * noise * (t > 0))
    accuracy = 0.1 + 0.89 * np.exp(-squared / 40) * np.exp(-0.02 * np.abs(noise))
    distance = np.sqrt(squared) * (1 + 0.01 * rng.normal(size=(n_walkers, 1)))
    return SimpleNamespace(
        sigma=sigma,
        origin_index=np.zeros(n_walkers, dtype=int),
        values=values,
        accuracy=accuracy,
        distance=distance,
        mean=values.mean(0),
        error=_sem(values),
    )


def ruggedness(scale, seed=0):
    rng = np.random.default_rng(seed)
    lag = np.arange(41)
    length = 4 / scale
    edges = np.linspace(-4, 4, 41)
    density = np.exp(-np.abs((edges[1:] + edges[:-1]) / 2) * 1.3) * 0.65
    density = density * (1 + 0.2 * rng.normal(size=40))
    density[[0, 1]] = 0.0
    return SimpleNamespace(
        lag=lag,
        autocorrelation=np.exp(-lag / length) + 0.01 * rng.normal(size=41) * (lag > 0),
        autocorrelation_error=0.02 * (1 - np.exp(-lag / length)),
        correlation_length=length,
        correlation_length_error=0.07 * length,
        increment_edges=edges * 0.01 * scale + 0.001,
        increment_density=density / (0.01 * scale),
        increment_density_error=0.08 * density / (0.01 * scale),
        increment_mean=0.001,
        increment_std=0.011 * scale,
    )


def swap(width=128, swaps=(0, 1, 2, 4, 8, 16, 30), n_trials=20, seed=0, accuracy=True):
    rng = np.random.default_rng(seed)
    alphas = np.linspace(0, 1, 21)
    size = np.array(swaps)[:, None, None] * 30 / width
    height = size * np.exp(0.25 * rng.normal(size=(len(swaps), n_trials, 1)))
    values = 0.02 + height * 4 * alphas * (1 - alphas) * 0.3
    barrier = values.max(2) - values[:, :, [0, -1]].max(2)
    return SimpleNamespace(
        swaps=tuple(swaps), alphas=alphas, values=values, layer=0, width=width,
        origin_index=np.zeros(n_trials, dtype=int),
        accuracy=1 / (1 + values) if accuracy else np.full_like(values, np.nan),
        mean=values.mean(1), error=_sem(values, 1), barrier=barrier, barrier_mean=barrier.mean(1),
        barrier_error=_sem(barrier, 1),
    )  # fmt: skip


def solutions(n_replicas=60, dim=400, n_groups=4, apart=0.25, seed=0):
    rng = np.random.default_rng(seed)
    centres = apart * rng.normal(size=(n_groups, dim))
    return rng.normal(size=(n_replicas, dim)) + centres[rng.integers(0, n_groups, n_replicas)]


def statistics(width=128, n_replicas=60, seed=0):
    rng = np.random.default_rng(seed)
    points = rng.normal(0, 0.05, (n_replicas, 8 * width))
    distances = pdist(points)
    return SimpleNamespace(
        distances=distances, n_replicas=n_replicas, mean_distance=distances.mean(), mean_distance_error=0.004,
        std_distance=distances.std(), std_distance_error=0.06 * distances.std(),
        relative_spread=distances.std() / distances.mean(), relative_spread_error=0.06 * distances.std() / distances.mean(),
    )  # fmt: skip


def overlap_distribution(seed=0):
    rng = np.random.default_rng(seed)
    density, edges = np.histogram(rng.normal(0.12, 0.02, 2000), bins=30, density=True)
    return SimpleNamespace(edges=edges, density=density, density_error=0.15 * density + 0.2)


def hierarchy(points, method="average", metric="euclidean"):
    distances = pdist(points, metric)
    tree = linkage(distances, method)
    return SimpleNamespace(
        method=method, metric=metric, linkage=tree, order=leaves_list(tree), distances=distances,
        cophenetic_correlation=0.83, cophenetic_correlation_error=0.021,
    )  # fmt: skip


def plane(na=41, nb=31, kind="loss", trajectory=False):
    a, b = np.linspace(-1, 1.5, na), np.linspace(-1, 0.8, nb)
    x, y = np.meshgrid(a, b, indexing="ij")
    bowl = 1e-3 + 2 * (x - 0.4) ** 2 + 6 * (y + 0.2) ** 2 + 0.4 * (x - 0.4) * y**2 + 0.05 * np.sin(9 * x) ** 2
    values = bowl if kind == "loss" else -1.6 + 0.15 * np.cos(3 * x) + 0.1 * y
    steps = np.linspace(0, 1, 21)
    path = np.stack([1.3 - 0.9 * steps, 0.7 * (1 - steps) ** 3 - 0.2 * steps], axis=1)
    return SimpleNamespace(
        a=a, b=b, values=values,
        accuracy=np.exp(-bowl / 3) if kind == "loss" else np.full_like(values, np.nan),
        points=None if trajectory else np.array([[0.0, 0.0], [1.0, 0.0], [0.3, 0.6]]),
        point_labels=() if trajectory else ("solution 1", "solution 2", "solution 3"),
        path=path if trajectory else None, path_values=np.linspace(2, 0, 21) if trajectory else None,
        explained=np.array([0.873, 0.091]) if trajectory else None,
        a_label="first component" if trajectory else "$a$", b_label="second component" if trajectory else "$b$",
    )  # fmt: skip


def line(label, batch=None, centre=0.9, accuracy=True, seed=0):
    rng = np.random.default_rng(seed)
    alphas = np.linspace(-0.25, 1.25, 61)
    values = 0.03 + 2.2 * (alphas - centre) ** 2
    if batch:
        values = values * np.exp(0.2 * rng.normal(size=(batch, 1)))
    return SimpleNamespace(
        alphas=alphas,
        values=values,
        accuracy=np.exp(-values) if accuracy else np.full_like(values, np.nan),
        label=label,
    )


def ensemble(n_replicas=30, epochs=20, classification=True, n_diverged=0, seed=0):
    rng = np.random.default_rng(seed)
    epoch = np.arange(epochs + 1)
    fluctuation = np.exp(0.1 * rng.normal(size=(n_replicas, epochs + 1)))
    train, test = 2.3 * np.exp(-epoch / 4) * fluctuation, (2.25 * np.exp(-epoch / 3) + 0.09) * fluctuation
    diverged = np.arange(n_replicas) < n_diverged
    for rows in (train, test):
        rows[diverged] = np.nan
    nothing = np.full_like(train, np.nan)
    return SimpleNamespace(
        train_loss=train, test_loss=test, diverged=diverged, loss="cross_entropy" if classification else "mse",
        train_accuracy=1 - 0.9 * train / 2.6 if classification else nothing,
        test_accuracy=1 - 0.9 * test / 2.6 if classification else nothing,
    )  # fmt: skip


def batch_comparison(n_replicas=12, seed=0, classification=True):
    rng = np.random.default_rng(seed)
    sizes = np.array([8, 16, 32, 64, 128, 256, 512])
    sharp = np.log2(sizes)[:, None] / 9
    rise = 0.02 * np.exp(3 * sharp + 0.3 * rng.normal(size=(len(sizes), n_replicas)))
    return SimpleNamespace(
        quantity="training loss", unit="nats",
        batch_sizes=sizes, rise_filter=rise, rise_walk=0.3 * rise, radius=0.1,
        test_accuracy=0.983 - 0.012 * sharp + 0.0015 * rng.normal(size=rise.shape) if classification else np.full_like(rise, np.nan),
        test_loss=0.08 + 0.05 * sharp + 0.005 * rng.normal(size=rise.shape),
        rank_filter=-0.78, rank_filter_error=0.05, rank_filter_p=1e-7,
        rank_walk=-0.74, rank_walk_error=0.06, rank_walk_p=0.012,
    )  # fmt: skip


def correlation(order=3, seed=0):
    rng = np.random.default_rng(seed)
    overlap = np.linspace(-1, 1, 21)
    error = 0.03 * (1 - overlap**2) + 0.002
    return SimpleNamespace(
        overlap=overlap, correlation=overlap**order + error * rng.normal(size=21), correlation_error=error,
        mixture_order=np.arange(1, 13), mixture=(np.arange(1, 13) == order).astype(float),
        mixture_error=0.02 / np.arange(1, 13), effective_order=float(order), effective_order_error=0.04, dim=2000,
    )  # fmt: skip


def profile(kind="loss", n_origins=6, seed=0):
    rng = np.random.default_rng(seed)
    overlap = np.concatenate([[1.0], np.linspace(0.97, 0.07, 19)])
    low, high, order = (0.2, 2.4, 2) if kind == "loss" else (-1.6, 0.0, 3)
    error = np.append(0, 0.01 + 0.01 * rng.random(19))
    rise = 1 - overlap**order + error * rng.normal(size=20)
    return SimpleNamespace(
        overlap=overlap, rise=rise, rise_error=error, value=low + (high - low) * rise,
        value_error=(high - low) * error, start=np.full(n_origins, low), typical=np.full(n_origins, high),
        typical_error=np.full(n_origins, 0.01),
    )  # fmt: skip


def ultrametricity(seed=0):
    rng = np.random.default_rng(seed)
    draws = np.array([[0.5], [0.46]]) + 0.005 * rng.normal(size=(2, 20))
    return SimpleNamespace(
        deviation=0.41, deviation_error=0.012, share=0.31, share_error=0.02, null_models=("shuffled", "gaussian"),
        null_deviation=draws, null_share=0.6 - draws,
    )  # fmt: skip
