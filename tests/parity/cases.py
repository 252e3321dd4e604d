"""What every kernel computes, on any machine, beside a naive NumPy form of it.

A case yields triples (what the machine computed, what the oracle computes, tolerances). The kernels are reached through
landscapes and probes where these take a device, so that the cases stay when a kernel's arguments change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import spinland as sl
from spinland import rng
from spinland.connect.descent import stratified
from spinland_kernels.devices import operation
from tests.oracles import glass as glasses
from tests.oracles import network as networks
from tests.oracles import paths, replicas, swaps, training, walks
from tests.oracles import philox as words
from tests.oracles import projection as projections
from tests.oracles import sample_gradients as singles

Triples = Iterator[tuple[Any, Any, dict[str, float]]]

SEED = 0xFEDCBA9876543210  # both halves of it are in use
RELATIVE = {"float64": 1e-12, "float32": 1e-5}


@dataclass(frozen=True)
class Case:
    """The kernels that a case runs, and what it compares for a device."""

    kernels: tuple[str, ...]
    compared: Callable[[str], Triples]


def where(device: str) -> dict[str, str]:
    """Arguments that choose a device, for functions of which some know the processor alone."""
    return {} if device == "cpu" else {"device": device}


def simulated(device: str) -> bool:
    """Whether the device is a card in Numba's simulator, which takes a millisecond for what a card does in none."""
    if device == "cpu":
        return False
    from spinland_kernels import jit_cuda

    return jit_cuda.SIMULATED


def close(want: Any, dtype: str, factor: float = 1.0) -> dict[str, float]:
    """Tolerances of numbers of this type, relative to the largest of them."""
    return {"rtol": 0.0, "atol": factor * RELATIVE[dtype] * max(1.0, float(np.abs(want).max()))}


def draws(device: str) -> Triples:
    """Three streams, from number 6 on."""
    kernel, top = operation("philox", device), 2**32 - 1
    for fill, oracle in ((kernel.fill_normals, words.normal), (kernel.fill_uniforms, words.uniform)):
        out = np.empty((3, 11))
        fill(out, SEED, rng.Purpose.WALK, [4, 0, 7], top, start=6)
        want = [[oracle(SEED, rng.Purpose.WALK, r, top, i) for i in range(6, 17)] for r in (4, 0, 7)]
        yield out, want, {"rtol": 1e-13, "atol": 1e-14}


def samples(n: int, inputs: int, outputs: int, kind: str, *, zeros: bool = False) -> tuple[Any, Any]:
    """Inputs that float32 holds exactly, one of them dead, most of them zero if asked; labels or targets."""
    draw = np.random.default_rng(n)
    x = draw.normal(size=(n, inputs)) * (draw.random((n, inputs)) < 0.1 if zeros else 1)
    x[:, inputs // 2] = 0
    y = draw.integers(0, outputs, n) if kind == "cross_entropy" else draw.normal(size=(n, outputs))
    return x.astype("f4").astype("f8"), y.astype("f4").astype("f8") if y.ndim == 2 else y


def points(network: sl.ReLUNetwork, count: int, seed: int = 0) -> Any:
    """Points that float32 holds exactly."""
    draw = np.random.default_rng(seed)
    scale = 1 / np.sqrt(max(network.widths))
    return (scale * draw.normal(size=(count, network.n_params))).astype("f4").astype("f8")


# One tile of samples, a short last tile, eight tiles, several tiles in a group; panels that are not full.
NETWORKS = (
    ((6, 4), True, "cross_entropy", 1, False),
    ((6, 4), True, "mse", 31, False),
    ((4, 5, 3), True, "cross_entropy", 9000, False),
    ((6, 21, 4), True, "cross_entropy", 1000, False),
    ((6, 9, 8, 4), True, "cross_entropy", 128, False),
    ((6, 9, 8, 4), False, "mse", 70, False),
    ((130, 33, 3), True, "cross_entropy", 129, True),
    ((257, 9, 5, 3), False, "mse", 40, True),
)

# One sample and no hidden layer; one more sample than a tile, one more unit than the narrow one; three layers.
SIMULATED_NETWORKS = (
    ((2, 4), True, "cross_entropy", 1, False),
    ((3, 17, 2), True, "cross_entropy", 65, False),
    ((5, 4, 3, 2), False, "mse", 9, True),
)


def networks_for(device: str) -> Any:
    """Shapes of networks: few and small ones where the card is simulated."""
    return SIMULATED_NETWORKS if simulated(device) else NETWORKS


def losses_and_derivatives(device: str) -> Triples:
    """Values, gradients and products with the Hessian of networks of one to three layers, dense and sparse."""
    for widths, bias, kind, n, zeros in networks_for(device):
        network = sl.ReLUNetwork(widths, bias)
        x, y = samples(n, widths[0], widths[-1], kind, zeros=zeros)
        count = 2 if simulated(device) else 3
        w, v = points(network, count), points(network, count, seed=1)
        linear = networks.gauss_newton_products(widths, bias, w[0], v, x, kind)
        for dtype in ("float64", "float32"):
            landscape = sl.NetworkLandscape(network, x, y, kind, dtype, device=device)
            value = np.array([networks.loss(widths, bias, p, x, y, kind) for p in w])
            yield landscape.value(w), value, close(value, dtype)
            slope = np.array([networks.gradient(widths, bias, p, x, y, kind) for p in w])
            yield landscape.gradient(w), slope, close(slope, dtype)
            bend = np.array([networks.hessian_product(widths, bias, w[0], u, x, y, kind) for u in v])
            yield landscape.hessian_product(w[0], v), bend, close(bend, dtype)
            yield landscape.gauss_newton_product(w[0], v), linear, close(linear, dtype)
            yield landscape.residual_product(w[0], v), bend - linear, close(bend, dtype)


def gradients_of_samples(device: str) -> Triples:
    """Inner products of the gradients of all pairs of samples, their sums with weights, and components."""
    for widths, bias, kind, n, zeros in networks_for(device):
        network, n = sl.ReLUNetwork(widths, bias), min(n, 300)  # three tiles of pairs on the cores, the last one short
        x, y = samples(n, widths[0], widths[-1], kind, zeros=zeros)
        at, *vectors = points(network, 3)
        weights = np.random.default_rng(n).normal(size=(2, n))
        each = singles.gradients(widths, bias, at, x, y, kind)
        for dtype in ("float64", "float32"):
            landscape = sl.NetworkLandscape(network, x, y, kind, dtype, device=device)
            yield landscape.gradient_products(at), each @ each.T, close(each @ each.T, dtype)
            yield landscape.gradient_sums(at, weights), weights @ each, close(weights @ each, dtype)
            along = np.array(vectors) @ each.T
            yield landscape.gradient_components(at, vectors), along, close(along, dtype)


def slices_of_networks(device: str) -> Triples:
    """Losses and accuracies on planes."""
    c = np.array([[0, 0], [1, 0], [0.3, -0.7]])
    for widths, bias, kind, n, zeros in networks_for(device):
        network = sl.ReLUNetwork(widths, bias)
        x, y = samples(n, widths[0], widths[-1], kind, zeros=zeros)
        origin, *directions = points(network, 3)
        at = origin + c @ np.array(directions)
        want = np.array([networks.loss(widths, bias, p, x, y, kind) for p in at])
        for dtype in ("float64", "float32"):
            landscape = sl.NetworkLandscape(network, x, y, kind, dtype, device=device)
            values, accuracy = landscape.slice(origin, directions).evaluate(c)
            yield values, want, close(want, dtype)
            if kind == "cross_entropy" and dtype == "float64":  # in float32 two outputs may change places
                right = [networks.accuracy(widths, bias, p, x, y) for p in at]
                yield accuracy, right, {"rtol": 0, "atol": 0}


SWAPS = (
    ((5, 9, 3), 0, True, "cross_entropy"),
    ((5, 8, 3), 0, False, "mse"),
    ((5, 8, 7, 3), 0, True, "cross_entropy"),
    ((5, 7, 8, 3), 1, True, "mse"),
    ((5, 7, 6, 9, 4), 1, False, "cross_entropy"),
    ((5, 7, 6, 9, 4), 2, True, "cross_entropy"),
)

SIMULATED_SWAPS = (((3, 9, 11), 0, True, "cross_entropy"), ((3, 4, 5, 4, 2), 1, False, "mse"))


def swaps_of_neurons(device: str) -> Triples:
    """Losses and accuracies on the way to copies with exchanged neurons of any layer."""
    few = simulated(device)
    alphas, trials = np.linspace(0, 1, 3 if few else 5), 2 if few else 3
    for widths, layer, bias, kind in SIMULATED_SWAPS if few else SWAPS:
        network, width = sl.ReLUNetwork(widths, bias), widths[layer + 1]
        x, y = samples(70, widths[0], widths[-1], kind)
        (origin,) = points(network, 1)
        counts = (0, 2, width // 2)
        copies = [
            swaps.swapped(network, origin, layer, swaps.pairs(SEED, layer, trial, s, width))
            for s in counts
            for trial in range(trials)
        ]
        between = [(1 - a) * origin + a * copy for copy in copies for a in alphas]
        shape = len(counts), trials, len(alphas)
        want = np.array([networks.loss(widths, bias, p, x, y, kind) for p in between]).reshape(shape)
        for dtype in ("float64", "float32"):
            landscape = sl.NetworkLandscape(network, x, y, kind, dtype, device=device)
            found = sl.swap_interpolation(landscape, origin, counts, alphas, trials, layer=layer, seed=SEED)
            yield found.values, want, {"rtol": RELATIVE[dtype], "atol": 0}
            if kind == "cross_entropy":
                right = np.array([networks.accuracy(widths, bias, p, x, y) for p in between]).reshape(shape)
                yield found.accuracy, right, {"rtol": 0, "atol": 1e-12}


def walks_of_walkers(device: str) -> Triples:
    """Values, distances and overlaps along free walks and walks on the sphere."""
    network = sl.ReLUNetwork((6, 8, 3))
    x, y = samples(31, 6, 3, "cross_entropy")
    origins = points(network, 2)
    n_steps = 2 if simulated(device) else 4
    for dtype in ("float64", "float32"):
        landscape = sl.NetworkLandscape(network, x, y, dtype=dtype, device=device)
        for constraint in ("none", "sphere"):
            walk = sl.random_walk(landscape, origins, 0.05, n_steps, 2, SEED, constraint=constraint)
            for row in range(4):
                steps = [rng.normals(SEED, rng.Purpose.WALK, row, t, network.n_params) for t in range(1, n_steps + 1)]
                start = origins[row // 2].astype(dtype)
                values, distances, overlaps, _ = walks.walk(
                    lambda p: networks.loss(network.widths, True, p, x, y, "cross_entropy"),
                    start,
                    0.05,
                    steps,
                    constraint == "sphere",
                )
                for got, want in ((walk.values, values), (walk.distance, distances), (walk.overlap, overlaps)):
                    yield got[row], want, close(want, dtype)


def training_of_replicas(device: str) -> Triples:
    """Points after each epoch of one replica, given its start and the order of its samples."""
    yield from _trained(device, (7, 6, 3), 37, 3, (False, True))
    yield from _trained(device, (40, 57, 3), 12, 1, (False,))
    yield from _trained(device, (7, 6, 3), 37, 2, (False,), "replacement")


def _orders(sampling: str, epochs: int, n: int) -> list[Any]:
    """Samples that replica 5 meets in each epoch."""
    if sampling == "replacement":
        return [rng.integers(SEED, rng.Purpose.NOISE, 5, epoch, n, n) for epoch in range(epochs)]
    return [rng.permutation(SEED, rng.Purpose.SHUFFLE, 5, epoch, n) for epoch in range(epochs)]


def _trained(
    device: str, widths: tuple[int, ...], n: int, epochs: int, sparse: tuple[bool, ...], sampling: str = "reshuffled"
) -> Triples:
    network = sl.ReLUNetwork(widths)
    rules = (
        (sl.SGD(0.02, momentum=0.8, nesterov=True), lambda: training.SGD(0.8, True)),
        (sl.AdamW(0.02), lambda: training.Adam(weight_decay=1e-2, decoupled=True)),
    )
    for zeros in sparse:
        x, y = samples(n, widths[0], 3, "cross_entropy", zeros=zeros)
        y[:3] = np.arange(3)
        for optimizer, reference in rules:
            ensemble = sl.train(
                network,
                (x, y, x, y),
                None,
                optimizer,
                8,
                epochs,
                SEED,
                replicas=[5],
                dtype="float64",
                snapshots=True,
                evaluate="none",
                device=device,
                sampling=sampling,
            )
            start = network.initialize(1, SEED, first=5, dtype="float64")[0]
            orders = _orders(sampling, epochs, n)
            want = training.train(
                start, network.widths, True, x, y, "cross_entropy", reference(), lambda t: 0.02, 8, orders
            )
            yield ensemble.snapshots[0], want, {"rtol": 1e-9, "atol": 1e-11}


def paths_of_networks(device: str) -> Triples:
    """Control vectors of every basis after steps on batches of two epochs, given their places and samples."""
    network, n, size, steps = sl.ReLUNetwork((7, 6, 3)), 21, 5, 6 if simulated(device) else 9
    start, end = points(network, 2)
    rules = ((sl.SGD(0.05, momentum=0.8), lambda: training.SGD(0.8)), (sl.Adam(0.02), lambda: training.Adam()))
    curves = ("bezier", 1, False), ("chain", 3, True), ("sine", 2, False)
    for number, (basis, n_bends, zeros) in enumerate(curves):
        x, y = samples(n, 7, 3, "cross_entropy", zeros=zeros)
        landscape = sl.NetworkLandscape(network, x, y, dtype="float64", device=device)
        orders = [rng.permutation(SEED, rng.Purpose.SHUFFLE, 0, epoch, n) for epoch in range(2)]
        batches = [order[low : low + size] for order in orders for low in range(0, n, size)]
        for optimizer, reference in rules[number % 2 :][:1] if simulated(device) else rules:
            path = sl.connecting_path(landscape, start, end, basis, n_bends, steps, size, optimizer, SEED)
            want = paths.train(
                basis,
                paths.straight(basis, start, end, n_bends),
                stratified(SEED, np.arange(1), 0, steps)[0],
                lambda step, at, x=x, y=y, batches=batches: networks.gradient(
                    network.widths, True, at, x[batches[step]], y[batches[step]], "cross_entropy"
                ),
                reference,
                optimizer.learning_rate,
            )
            yield path.controls, want, {"rtol": 1e-9, "atol": 1e-11}


# Few spins, and several chunks and panels of couplings.
GLASSES = (
    (7, 3, "signs"),
    (6, {2: 0.5, 4: -1.0}, "gaussian"),
    (900, 2, "gaussian"),
    (130, 3, "gaussian"),
    (40, 4, "gaussian"),
)
KEPT = (("float64", False), ("float32", False), ("float64", True))  # types, and whether they are generated
FEW_SPINS = ((3, 3, "signs", KEPT[2:]), (3, {2: 0.5, 3: -1.0}, "gaussian", KEPT[1:2]))


def glass_of_spins(device: str) -> Triples:
    """Energies, slopes and Hessians of stored, generated and mixed instances, and a slice of one."""
    for n, order, disorder, kept in FEW_SPINS if simulated(device) else [(*glass, KEPT) for glass in GLASSES]:
        tensors = glasses.tensors_of(sl.SphericalSpinGlass(n, order, SEED, disorder=disorder))
        for dtype, generated in kept:
            glass = sl.SphericalSpinGlass(n, order, SEED, dtype, disorder=disorder, generated=generated, device=device)
            at = np.asarray(glass.random_points(2, seed=1), np.float64)
            near = {"rtol": 0.0, "atol": 1e-13} if dtype == "float64" and n >= 40 else None
            values, slopes = glass.value_and_gradient(at)
            energies = np.array([glasses.polynomial(tensors, p) for p in at])
            yield values, energies, near or close(energies, dtype, 3)
            gradients = np.array([glasses.gradient(tensors, p) for p in at])
            yield slopes, gradients, near or close(gradients, dtype, 3)
            bends = np.array([glasses.hessian(tensors, p) for p in at[:1]])
            yield glass.hessians(at[:1]), bends, near or close(bends, dtype, 3)
            between = at[0] + 0.3 * (at[1] - at[0])
            between *= np.sqrt(n) / np.linalg.norm(between)
            energy = np.array([glasses.polynomial(tensors, between)])
            yield glass.slice(at[0], [at[1] - at[0]]).value([[0.3]]), energy, near or close(energy, dtype, 3)


def distances_of_replicas(device: str) -> Triples:
    """Every digit of the distances of rows at any closeness, and of their cosines at any length."""
    shapes = ((2, 1), (5, 3), (17, 700), (140, 2100), (14, 20001))
    for n, dim in ((3, 257),) if simulated(device) else shapes:
        for dtype in ("float64", "float32"):
            unit = 1e-12 if dtype == "float64" else 1e-6
            rows = replicas.close_pairs(n, dim, dtype)
            for metric in ("euclidean",) if simulated(device) else ("euclidean", "sqeuclidean"):
                want = replicas.distances(rows, metric)
                yield sl.distances(rows, metric, **where(device)), want, {"rtol": 2 * unit, "atol": 0}
            rows[n // 2] *= 1e-3
            rows[n // 3] *= -1e3
            want = replicas.distances(rows, "cosine")
            yield sl.distances(rows, "cosine", **where(device)), want, {"rtol": 2 * unit, "atol": 1e-30}
            yield sl.overlaps(rows, **where(device)), 1 - want, {"rtol": 0, "atol": unit}


def triangles_of_replicas(device: str) -> Triples:
    """Weighted means over triangles, all of them and drawn ones."""
    draw, n = np.random.default_rng(1), 5 if simulated(device) else 14
    square = replicas.distances(draw.standard_normal((n, 6)), "euclidean")
    weights = draw.integers(0, 3, (n, 9)).astype(float)
    some = np.array([draw.permutation(n)[:3] for _ in range(1030)])
    kernel = operation("triangles", device)
    for triples in (None, some):
        for sets in (weights, weights[:, :1].copy()):
            want = replicas.triangle_means(square, sets, 0.3, triples)
            yield kernel.triangle_means(square, sets, 0.3, triples), want, {"rtol": 1e-12, "atol": 0}


def eigenpairs_of_tensors(device: str) -> Triples:
    """Critical points of small instances are stationary, and their energies are those of the tensor."""
    for n, order in ((2, 3),) if simulated(device) else ((3, 3), (4, 3), (3, 4)):
        glass = sl.SphericalSpinGlass(n, order, seed=2, device=device)
        tensors, found = glasses.tensors_of(glass), sl.critical_points(glass)
        slopes = [glasses.gradient(tensors, p) for p in found.points]
        yield slopes, np.zeros((len(found.energy), n)), {"rtol": 0, "atol": 1e-10}
        yield (found.energy, [glasses.polynomial(tensors, p) for p in found.points], {"rtol": 1e-10, "atol": 1e-12})
        assert found.complete


def projections_of_replicas(device: str) -> Triples:
    """Points of subspaces, shared by some replicas, and derivatives by their coordinates."""
    from spinland_kernels.projection import formula
    from spinland_kernels.types import Projection

    kernel, few = operation("projection", device), simulated(device)
    for kind, name in ((formula.SIGNS, "signs"), (formula.NORMAL, "normal")):
        dim, d = (131, 3) if few else (4229, 35)
        numbers = np.array([7, 7, 2**32 - 1])
        prepared = kernel.prepare(Projection(np.uint64(SEED), 27, kind), numbers, dim, d)
        draw = np.random.default_rng(kind)
        z, origins, slopes = draw.normal(size=(3, d)), draw.normal(size=(3, dim)), draw.normal(size=(3, dim))
        own = {n: projections.matrix(SEED, 27, int(n), dim, d, name) for n in set(numbers.tolist())}
        for dtype in ("float64", "float32"):
            theta, g, at = origins.astype(dtype), slopes.astype(dtype), np.empty((3, dim), dtype)
            kernel.points(z.astype(dtype), theta, prepared, at)
            want = np.array([t + own[n] @ c for t, n, c in zip(origins, numbers.tolist(), z, strict=True)])
            yield at, want, close(want, dtype)
            want = np.array([own[n].T @ v for n, v in zip(numbers.tolist(), slopes, strict=True)])
            yield kernel.coordinates(g, prepared), want, close(want, dtype)


CASES = {
    "random numbers": Case(("philox",), draws),
    "networks": Case(("mlp",), losses_and_derivatives),
    "gradients of samples": Case(("sample_gradients",), gradients_of_samples),
    "slices": Case(("slice",), slices_of_networks),
    "swaps": Case(("swap",), swaps_of_neurons),
    "walks": Case(("walk", "mlp"), walks_of_walkers),
    "training": Case(("training",), training_of_replicas),
    "paths": Case(("path",), paths_of_networks),
    "glasses": Case(("pspin", "philox"), glass_of_spins),
    "distances": Case(("gram",), distances_of_replicas),
    "triangles": Case(("triangles",), triangles_of_replicas),
    "eigenpairs": Case(("eigenpairs", "pspin"), eigenpairs_of_tensors),
    "projections": Case(("projection",), projections_of_replicas),
}
