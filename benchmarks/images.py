"""The samples of the benchmarks: MNIST where spinland finds it, otherwise drawn images like them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import spinland as sl
from spinland.data.fetching import is_local

_SIDE, _CLASSES = 28, 10
_BORDER = 1  # pixels that are always empty
_ROOM = 4  # pixels that the strokes keep from the edge: shifts take two of them
_POINTS = 40  # of the stroke of a class
_INK, _SPECKS = 0.18, 0.02  # share of the pixels that a stroke covers; of those that specks do besides


def source() -> str:
    """What :func:`images` gives, in words."""
    return "MNIST" if is_local("mnist") else "images like MNIST's"


@cache
def images(n: int, train: bool = False) -> tuple[Any, Any]:
    """Inputs (n, 784) float32 in 0 ... 1 and labels (n,): the first ``n`` of MNIST's test or training samples.

    MNIST is where ``load_dataset("mnist")`` finds it, but nothing is downloaded for a benchmark. Without it,
    strokes are drawn, as empty as MNIST's and as easy to learn.
    """
    if is_local("mnist"):
        data = sl.load_dataset("mnist")
        x, y = (data.x_train, data.y_train) if train else (data.x_test, data.y_test)
        return np.ascontiguousarray(x[:n], np.float32), y[:n]
    return drawn(n, train)


def drawn(n: int, train: bool = False) -> tuple[Any, Any]:
    """A stroke for each of ten classes, shifted, faded and speckled anew in each sample; a fifth of pixels is inked.

    Labels can be learnt: with labels of chance two correct programs train apart, as rounding decides the sign of
    a step wherever the gradient is nothing but noise.
    """
    strokes = _strokes()
    streams = np.random.SeedSequence([1, int(train)]).spawn(5)
    label, shift, fade, grain, specks = (np.random.default_rng(stream) for stream in streams)
    y = label.integers(0, _CLASSES, n)
    moves = shift.integers(-2, 3, (n, 2))
    x = np.empty((n, _SIDE, _SIDE), np.float32)
    for k in range(n):
        x[k] = np.roll(strokes[y[k]], tuple(moves[k]), (0, 1))
    inner = np.zeros((_SIDE, _SIDE), bool)
    inner[_BORDER:-_BORDER, _BORDER:-_BORDER] = True
    x = np.maximum(x, inner & (specks.random((n, _SIDE, _SIDE), np.float32) < _SPECKS))
    x *= fade.uniform(0.6, 1.0, (n, 1, 1)).astype(np.float32)
    x *= 1 - 0.4 * grain.random((n, _SIDE, _SIDE), np.float32)
    return x.reshape(n, -1), y


def _strokes() -> Any:
    """Images (10, 28, 28) of a thick smooth curve each."""
    draw = np.random.default_rng(0)
    line = np.arange(_SIDE)
    strokes = np.zeros((_CLASSES, _SIDE, _SIDE), np.float32)
    t = np.linspace(0, 1, _POINTS)[:, None]
    inside = slice(_ROOM, _SIDE - _ROOM)
    for stroke in strokes:
        corners = draw.uniform(6, _SIDE - 7, (4, 2))  # of a cubic Bézier curve
        weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
        path = sum(w * corner for w, corner in zip(weights, corners, strict=True))
        away = (line[:, None, None] - path[:, 0]) ** 2 + (line[None, :, None] - path[:, 1]) ** 2
        ink = np.exp(-away.min(axis=2) / 8)
        field = np.zeros_like(stroke)
        field[inside, inside] = ink[inside, inside]
        kept = np.quantile(field, 1 - _INK)
        stroke[:] = np.where(field >= kept, field, 0)
    return strokes
