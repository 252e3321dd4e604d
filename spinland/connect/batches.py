"""Minibatches of a landscape that is a mean over samples, step after step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import checks, rng
from ..landscape.protocol import Landscape


class SampleBatches:
    """The samples of each step, drawn without replacement within an epoch.

    Parameters
    ----------
    landscape : Landscape
        One with samples: it has ``n_samples`` and answers ``batch``.
    size : int
        Samples in a step.

    Raises
    ------
    ArgumentError
        The landscape has no samples, or not so many.
    """

    def __init__(self, landscape: Landscape, size: Any):
        landscape.batch([0])  # says so where there are no samples
        self.landscape = landscape
        self.n_samples = int(getattr(landscape, "n_samples"))  # noqa: B009 (landscapes with batches have it)
        self.size = checks.integer("batch_size", size, minimum=1, maximum=self.n_samples)
        self._order: tuple[tuple[int, int, int], NDArray[np.int64]] | None = None

    def at(self, seed: int, row: int, count: int) -> Landscape:
        """The landscape of the samples of step ``count`` of a stream."""
        epoch, place = divmod(count, max(1, self.n_samples // self.size))
        which = seed, row, epoch
        if self._order is None or self._order[0] != which:  # tens of milliseconds for as many thousand samples
            self._order = which, rng.permutation(seed, rng.Purpose.SHUFFLE, row, epoch, self.n_samples)
        return self.landscape.batch(self._order[1][place * self.size : (place + 1) * self.size])
