"""Samples on the card: loss and accuracy of the outputs of networks, and derivatives of the loss by these.

Outputs are rows (k,) of n samples of each of a batch of points. The loss is summed in two steps, whose order is a
function of n alone:

    score      one thread for a sample of a point; it reads its row of outputs and writes its slot (b, i)
    total      one block for a point, in float64:

               thread t   slots t, t + 256, t + 512, …   → 256 sums → 16 sums, of sixteen each → 1

Derivatives take the place of the outputs, and one thread for each row. The care for small losses is that of
:mod:`..mlp.columns` and :mod:`..mlp.scores`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import float64, int64
from numpy.typing import NDArray

from .. import jit_cuda
from ..jit_cuda import THREADS, cuda, kernel
from ..lanes.tiles import Matrices, rows
from ..memory import Arena, Wanted, resident
from ..networks import CROSS_ENTROPY, MEAN_SQUARED_ERROR, Samples

_GROUP = 16


@kernel(THREADS)
def _score(z, labels, targets, kind, sizes, outputs, loss, right):
    """Loss of each sample at each point, and whether its answer is right; ``sizes`` are (items, n, k)."""
    items, n, k = sizes
    item = cuda.grid(1)
    if item < items:
        at, i = item * k, item % n
        top, first = z[at], 0
        for o in range(1, k):
            if z[at + o] > top:
                top, first = z[at + o], o
        if labels.shape[0] > 0:
            label = labels[i]
            right[item] = first == label and z[at + label] == top
        summed = z.dtype.type(0)
        if kind == CROSS_ENTROPY:
            for o in range(k):
                if o != first:  # its 1 is never added to what is left
                    summed += math.exp(z[at + o] - top)
            loss[item] = (top - z[at + labels[i]]) + math.log1p(summed)
        else:
            for o in range(k):
                difference = z[at + o] - targets[i, o]
                summed += difference * difference
            loss[item] = summed / outputs


@kernel(THREADS)
def _total(losses, rights, n, begin, loss, right):
    """Sums over the samples of one point."""
    sums = cuda.shared.array(THREADS, float64)
    counts = cuda.shared.array(THREADS, int64)
    thread, at = cuda.threadIdx.x, cuda.blockIdx.x * n
    total, count = float64(0), int64(0)
    for i in range(thread, n, THREADS):
        total += float64(losses[at + i])
        count += int64(rights[at + i])
    sums[thread], counts[thread] = total, count
    cuda.syncthreads()
    if thread < THREADS // _GROUP:
        total, count = float64(0), int64(0)
        for i in range(thread * _GROUP, (thread + 1) * _GROUP):
            total += sums[i]
            count += counts[i]
    cuda.syncthreads()
    if thread < THREADS // _GROUP:
        sums[thread], counts[thread] = total, count
    cuda.syncthreads()
    if thread == 0:
        for i in range(1, THREADS // _GROUP):
            total += sums[i]
            count += counts[i]
        loss[begin + cuda.blockIdx.x] = total
        right[begin + cuda.blockIdx.x] = count


@kernel(THREADS)
def _output_delta(z, labels, targets, kind, sizes, scale, shares):
    """Derivative of the mean loss by the outputs, in their place; ``shares`` gets the probability of the label.

    ``scale`` is the number of samples for cross-entropy, 2/(n k) for squared errors.
    """
    items, n, k = sizes
    item = cuda.grid(1)
    if item < items:
        at, i = item * k, item % n
        if kind == CROSS_ENTROPY:
            one, others, label = z.dtype.type(1), z.dtype.type(0), labels[i]
            top, share = z[at], z.dtype.type(0)
            for o in range(1, k):
                top = max(top, z[at + o])
            for o in range(k):
                term = math.exp(z[at + o] - top)
                z[at + o] = term
                if o == label:
                    share = z[at + o]
                else:
                    others += term
            factor = one / (others + share) / scale
            for o in range(k):
                z[at + o] *= factor
            z[at + label] = -others * factor  # p − 1 would lose the digits of what is left to learn
            shares[item] = share * factor
        else:
            for o in range(k):
                z[at + o] = scale * (z[at + o] - targets[i, o])


@kernel(THREADS)
def _output_tangent(tangent, delta, shares, labels, kind, sizes, scale):
    """Derivative of the outputs' δ along each vector, in place of that of the outputs.

    p (R(z) − p·R(z)) / n, with R(z) taken from that of the most probable output: where its p is near one, what is
    left would be rounding. ``shares`` are the labels' p / n; ``scale`` as above.
    """
    items, n, k = sizes
    item = cuda.grid(1)
    if item < items:
        at, i = item * k, item % n
        row = i * k
        if kind == CROSS_ENTROPY:
            label, most, at_most = labels[i], labels[i], shares[i]
            for o in range(k):
                if delta[row + o] > at_most:
                    most, at_most = o, delta[row + o]
            of_most, along = tangent[at + most], tangent.dtype.type(0)
            for o in range(k):
                share = shares[i] if o == label else delta[row + o]
                along += share * (tangent[at + o] - of_most)
            along *= scale
            for o in range(k):
                share = shares[i] if o == label else delta[row + o]
                tangent[at + o] = share * (tangent[at + o] - of_most - along)
        else:
            for o in range(k):
                tangent[at + o] *= scale


class Prepared:
    """Samples on the card, where they are put when they are first needed, and workspaces there.

    Attributes
    ----------
    samples : Samples
        As they were given.
    given, work : Arena
        For points and results of a call; for what is between them.
    """

    tiles = 1  # of a sum, that the processor holds

    def __init__(self, samples: Samples):
        self.samples = samples
        self.given, self.work = Arena(), Arena()

    @property
    def precision(self) -> int:
        """In what products of layers are formed."""
        return self.samples.precision

    @property
    def n(self) -> int:
        """Number of samples."""
        return int(self.samples.x.shape[0])

    @property
    def x(self) -> Matrices:
        """The inputs, the same for all points."""
        n, inputs = self.samples.x.shape
        return rows(resident(self.samples.x).reshape(n * inputs), n, inputs)._replace(each=0)

    def slots(self, points: int) -> tuple[Wanted, Wanted]:
        """What :meth:`score` wants as workspace."""
        size = (points * self.n,)
        return (size, self.samples.x.dtype), (size, np.uint8)

    @staticmethod
    def sums(points: int) -> tuple[Wanted, Wanted]:
        """Where it puts its sums."""
        size = (max(1, points),)
        return (size, np.float64), (size, np.int64)

    def score(self, z: Any, k: int, points: int, slots: Sequence[Any], begin: int, sums: Sequence[Any]) -> None:
        """Summed loss and right answers of outputs z (points, n, k) into ``sums`` from ``begin`` on."""
        samples, items = self.samples, points * self.n
        sizes, outputs = (items, self.n, k), samples.x.dtype.type(k)
        labels, targets = resident(samples.labels), resident(samples.targets)
        _score[-(-items // THREADS)](z, labels, targets, samples.kind, sizes, outputs, *slots)
        _total[points](*slots, self.n, begin, *sums)

    def delta(self, z: Any, k: int, points: int, shares: Any) -> None:
        """Derivatives of the mean loss by outputs z (points, n, k), in their place.

        ``shares`` (points · n,) gets the labels' probabilities over n, for cross-entropy.
        """
        samples, items = self.samples, points * self.n
        labels, targets = resident(samples.labels), resident(samples.targets)
        sizes = items, self.n, k
        _output_delta[-(-items // THREADS)](z, labels, targets, samples.kind, sizes, self.scale(k), shares)

    def tangent(self, tangent: Any, delta: Any, k: int, vectors: int, shares: Any) -> None:
        """Derivatives of δ along vectors, in place of those of the outputs; as :meth:`delta` left δ and shares."""
        samples, items = self.samples, vectors * self.n
        sizes, labels = (items, self.n, k), resident(samples.labels)
        _output_tangent[-(-items // THREADS)](tangent, delta, shares, labels, samples.kind, sizes, self.scale(k))

    def no_tangent(self, tangent: Any, delta: Any, k: int, vectors: int, shares: Any) -> None:
        """Zeros in their place: squared errors that weigh nothing."""
        samples, items = self.samples, vectors * self.n
        sizes, labels, nothing = (items, self.n, k), resident(samples.labels), samples.x.dtype.type(0)
        _output_tangent[-(-items // THREADS)](tangent, delta, shares, labels, MEAN_SQUARED_ERROR, sizes, nothing)

    def scale(self, k: int) -> Any:
        """What derivatives by k outputs are divided by, or multiplied with, in the type of the samples."""
        wide = self.n if self.samples.kind == CROSS_ENTROPY else 2 / (self.n * k)
        return self.samples.x.dtype.type(wide)

    def means(self, sums: Sequence[Any], count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean loss and accuracy (count,) from the sums on the card."""
        loss, right = (jit_cuda.get(array)[:count] for array in sums)
        return loss / self.n, right / self.n if self.samples.labels.shape[0] else np.full(count, np.nan)
