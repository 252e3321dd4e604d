"""Random numbers as a function of (seed, purpose, replica, step, index): no state, nothing to save.

Every purpose has its number here, so that two streams never meet. Seeds are 64-bit and kept whole.
"""

from __future__ import annotations

from enum import IntEnum
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .checks import float_type, integer
from .errors import ArgumentError
from .machines import operation


class Purpose(IntEnum):
    """Registry of random streams. Numbers are never reused: results stay reproducible across versions."""

    DERIVE = 0  # seeds for parts of a study
    INITIALISE = 1  # weights of a new network
    SHUFFLE = 2  # order of samples in an epoch
    WALK = 3  # steps of random walks
    DIRECTION = 4  # random directions of slices
    SWAP = 5  # which neurons are exchanged
    PAIRS = 6  # pairs of points at given overlap
    BOOTSTRAP = 7  # resampling
    NULL_SHUFFLE = 8  # null models: shuffled distances, shuffled or reversed epochs
    NULL_GAUSSIAN = 9  # null model: Gaussian points
    DATA = 10  # splits and synthetic data
    TEACHER = 11  # weights of teachers
    SYMMETRY = 12  # random permutations and rescalings
    TRIPLES = 13  # sampled triangles
    FLATNESS = 14  # perturbations of protocol 4
    COUPLINGS = 15  # couplings of a spin glass
    SPINS = 16  # random points on the sphere
    THERMAL = 17  # thermal noise
    EXCHANGE = 18  # replica exchange
    HOMOTOPY = 24  # paths of critical points
    ALIGNMENT = 25  # starts of the search for permutations
    PATH = 26  # places on paths between solutions
    SUBSPACE = 27  # projections to random subspaces
    SIMPLEX = 28  # points of simplexes
    CURVATURE = 29  # vectors that probe a Hessian
    NOISE = 30  # samples of batches, drawn with replacement
    SHARPNESS = 31  # noise, starts and probes of measures of sharpness
    LOCAL_ENTROPY = 32  # walkers about a point
    POTENTIAL = 33  # chains at fixed overlap
    DISCONNECTIVITY = 34  # orders of minima in the null model of two trees
    PLANTED = 35  # planted configurations
    ENTROPY = 36  # Langevin noise of Entropy-SGD


def seed64(name: str, value: Any) -> int:
    """A seed: whole number in [0, 2^64)."""
    return integer(name, value, minimum=0, maximum=2**64 - 1)


def _kernel() -> ModuleType:
    """Draws on the cores: a landscape on a card has kernels that draw the same numbers where they use them."""
    return operation("philox", "cpu")


def _word(name: str, value: Any) -> int:
    return integer(name, value, minimum=0, maximum=2**32 - 1)


def fill_normals(
    out: NDArray[Any], seed: int, purpose: Purpose, replicas: NDArray[np.int64], step: int, start: int = 0
) -> None:
    """Row r of ``out`` (R, n) gets normal numbers ``start ...`` of the stream of replicas[r].

    Both float types get the same numbers, rounded.
    """
    _kernel().fill_normals(out, seed64("seed", seed), int(purpose), replicas, step, start)


def fill_uniforms(
    out: NDArray[Any], seed: int, purpose: Purpose, replicas: NDArray[np.int64], step: int, start: int = 0
) -> None:
    """Row r of ``out`` (R, n) gets numbers uniform on (0, 1), ``start ...`` of the stream of replicas[r]."""
    _kernel().fill_uniforms(out, seed64("seed", seed), int(purpose), replicas, step, start)


def normals(
    seed: int, purpose: Purpose, replica: int, step: int, size: int, *, start: int = 0, dtype: DTypeLike = np.float64
) -> NDArray[Any]:
    """Standard normal numbers ``start ... start+size-1`` of one stream; shape (size,).

    Both float types get the same numbers, rounded.
    """
    out = np.empty(integer("size", size, minimum=0), float_type("dtype", dtype))
    row = np.array([_word("replica", replica)])
    step, start = _word("step", step), integer("start", start, minimum=0)
    fill_normals(out[None, :], seed, purpose, row, step, start)
    return out


def uniforms(
    seed: int, purpose: Purpose, replica: int, step: int, size: int, *, start: int = 0, dtype: DTypeLike = np.float64
) -> NDArray[Any]:
    """Numbers uniform on (0, 1) of one stream; shape (size,). Rounded to float32 the ends may occur."""
    out = np.empty(integer("size", size, minimum=0), float_type("dtype", dtype))
    row = np.array([_word("replica", replica)])
    step, start = _word("step", step), integer("start", start, minimum=0)
    fill_uniforms(out[None, :], seed, purpose, row, step, start)
    return out


def permutation(seed: int, purpose: Purpose, replica: int, step: int, size: int) -> NDArray[np.int64]:
    """Random permutation of 0 ... size-1."""
    out = np.empty(integer("size", size, minimum=0), np.int64)
    _kernel().fill_permutation(out, seed64("seed", seed), int(purpose), _word("replica", replica), _word("step", step))
    return out


def integers(seed: int, purpose: Purpose, replica: int, step: int, size: int, bound: int) -> NDArray[np.int64]:
    """Whole numbers uniform on 0 ... bound-1 of one stream; shape (size,)."""
    bound = integer("bound", bound, minimum=1, maximum=2**32 - 1)
    out = np.empty(integer("size", size, minimum=0), np.int64)
    _kernel().fill_integers(
        out, seed64("seed", seed), int(purpose), _word("replica", replica), _word("step", step), bound
    )
    return out


def derive_seed(seed: int, *labels: int) -> int:
    """A 64-bit seed for a part of a whole, addressed by up to three numbers."""
    if len(labels) > 3:
        raise ArgumentError("labels", "at most three numbers", f"{len(labels)}")
    a, b, c = (*labels, 0, 0, 0)[:3]
    words = _kernel().words(
        seed64("seed", seed), _word("label", a), _word("label", b), _word("label", c), int(Purpose.DERIVE)
    )
    return int(words[0]) | int(words[1]) << 32
