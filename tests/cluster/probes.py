"""One call of each function that goes over an executor, and of each of its ways; functions of a module, that travel."""

from __future__ import annotations

from functools import cache

import numpy as np

import spinland as sl

AXIS = np.linspace(-0.5, 1.5, 7)


def ripple(w):
    return (w**2).sum(axis=1) / 2 + np.cos(3 * w).sum(axis=1)


def slope(w):
    return w - 3 * np.sin(3 * w)


@cache
def network():
    return sl.ReLUNetwork((64, 9, 6, 10))


@cache
def loss(dtype="float32"):
    data = sl.load_dataset("digits")
    return sl.NetworkLandscape(network(), data.x_train[:90], data.y_train[:90], dtype=dtype)


@cache
def large():
    """So many coordinates that BLAS sums over threads."""
    data = sl.load_dataset("digits")
    return sl.NetworkLandscape(sl.ReLUNetwork((64, 140, 10)), data.x_train[:20], data.y_train[:20])


def weights(n, landscape=None):
    return (landscape or loss()).network.initialize(n, seed=4)


@cache
def glass(seed=1):
    return sl.SphericalSpinGlass(14, 3, seed=seed)


@cache
def mine(gradient=True):
    return sl.FunctionLandscape(ripple, 7, slope if gradient else None)


def vectors(n, dim=7, seed=0):
    return np.random.default_rng(seed).normal(size=(n, dim))


def ends():
    return weights(4)[:3], weights(4)[3]


def spins():
    return glass().random_points(3), glass().random_points(1, seed=9)[0]


@cache
def path():
    return sl.connecting_path(loss(), weights(4)[:3], weights(4)[3], steps=20)


@cache
def planted():
    return sl.planted_instances(14, 3, 0.9, 3)


CASES = {
    "walk": lambda **e: sl.random_walk(loss(), weights(3), 0.05, 4, 3, **e),
    "walk on a sphere": lambda **e: sl.random_walk(glass(), glass().random_points(2), 0.2, 5, 4, **e),
    "walk of mine": lambda **e: sl.random_walk(mine(False), vectors(1), 0.2, 5, 11, **e),
    "swaps": lambda **e: sl.swap_interpolation(loss(), weights(3), [4, 0, 2], [0.25, 0.5], 4, 0, 3, **e),
    "plane": lambda **e: sl.plane(loss(), weights(1)[0], weights(2), AXIS, [0.0, 0.5, 1.0], **e),
    "random plane": lambda **e: sl.random_plane(glass(), glass().random_points(1)[0], 2, a=AXIS, b=AXIS, **e),
    "plane through": lambda **e: sl.plane_through(loss(), weights(3), (6, 5), **e),
    "trajectory": lambda **e: sl.trajectory_plane(mine(), vectors(6), 5, **e),
    "lines": lambda **e: sl.line(loss(), weights(5)[:4], weights(5)[4], AXIS, **e),
    "great circles": lambda **e: sl.line(
        large(), weights(2, large()), weights(4, large())[2:], AXIS, path="great_circle", **e
    ),
    "flatness": lambda **e: sl.flatness(loss(), weights(2), [0.0, 0.1], 7, 5, **e),
    "flatness on a sphere": lambda **e: sl.flatness(glass(), glass().random_points(2), [0.1, 0.3], 7, **e),
    "correlation": lambda **e: sl.correlation(large(), None, 7, **e),
    "correlation of a glass": lambda **e: sl.correlation(glass(), np.linspace(-1, 1, 9), 21, 3, **e),
    "counts": lambda **e: sl.critical_point_counts(4, 3, 7, 2, **e),
    "counts of matrices": lambda **e: sl.critical_point_counts(5, 2, 5, **e),
    "searched counts": lambda **e: sl.critical_point_counts(3, {2: 0.5, 3: 1.0}, 3, 1, n_starts=20, **e),
    "paths": lambda **e: sl.connecting_path(loss(), *ends(), "bezier", 2, 40, **e),
    "paths in batches": lambda **e: sl.connecting_path(loss(), *ends(), "chain", 1, 70, 16, **e),
    "paths by length": lambda **e: sl.connecting_path(
        loss(), *ends(), "sine", 2, 70, 16, sl.SGD(0.05), 2, "arc_length", **e
    ),
    "diverging paths": lambda **e: sl.connecting_path(
        mine(), vectors(3), vectors(3, seed=1), "chain", 1, 400, optimizer=sl.SGD(300.0), **e
    ),
    "paths on a sphere": lambda **e: sl.connecting_path(glass(), *spins(), "bezier", 1, 30, **e),
    "profiles": lambda **e: path().evaluate(loss(), 9, **e),
    "density": lambda **e: sl.spectral_density(loss("float64"), weights(1)[0], 19, 6, 1, 2, **e),
    "density on a sphere": lambda **e: sl.spectral_density(glass(), spins()[1], 9, 5, 0, 0, **e),
    "xtrace": lambda **e: sl.hessian_trace(loss(), weights(1)[0], 20, **e),
    "hutch++": lambda **e: sl.hessian_trace(loss(), weights(1)[0], 60, "hutch++", **e),
    "hutchinson": lambda **e: sl.hessian_trace(mine(), vectors(1)[0], 5, "hutchinson", **e),
    "exact trace": lambda **e: sl.hessian_trace(glass(), spins()[1], 20, **e),
    "history": lambda **e: sl.curvature_history(large(), weights(2, large()), tol=1e-3, **e),
    "history of parts": lambda **e: sl.curvature_history(loss(), weights(3), None, 1, True, 1e-3, **e),
    "history on a sphere": lambda **e: sl.curvature_history(glass(), glass().random_points(5), None, 2, **e),
    "sam": lambda **e: sl.sharpness(loss(), weights(4), "sam", max_steps=20, **e),
    "noise": lambda **e: sl.sharpness(loss(), weights(4), "noise", n_draws=5, **e),
    "filter": lambda **e: sl.sharpness(loss(), weights(4), "filter", n_draws=5, **e),
    "keskar": lambda **e: sl.sharpness(mine(False), vectors(5), "keskar", **e),
    "largest": lambda **e: sl.sharpness(glass(), glass().random_points(5), "largest", **e),
    "local entropy": lambda **e: sl.local_entropy(loss(), weights(3), 50.0, 0.01, n_nodes=3, n_steps=20, **e),
    "local entropy on a sphere": lambda **e: sl.local_entropy(
        glass(), glass().random_points(3), 2.0, n_nodes=2, n_steps=20, **e
    ),
    "inherent energies": lambda **e: sl.inherent_energies(3, [0.8, np.inf], [8, 10], 3, **e),
    "potential": lambda **e: sl.franz_parisi(*planted(), [-0.3, 0.0, 0.5], 0.9, 20, **e),
    "potential of one": lambda **e: sl.franz_parisi(loss(), weights(1)[0], [0.2, 0.6], 0.01, 20, **e),
    "langevin": lambda **e: sl.langevin(planted()[0], spins()[0], 0.7, [0.0, 0.2, 0.5], waiting_times=[0.1], **e),
    "langevin of one": lambda **e: sl.langevin(mine(), vectors(5), 0.5, [0.1, 0.4], **e),
}


def deep(w):
    return -2 - (w**2).sum(axis=1)


def nowhere(w):
    raise ZeroDivisionError
