"""Values that no argument expects, and good ones a little wrong: what people and scripts hand over by mistake."""

from __future__ import annotations

import decimal
import fractions
from pathlib import Path

import numpy as np
import scipy.sparse

import spinland as sl
from tests.oracles import objects


class Gradient:
    """A tensor that requires grad: it refuses to become an array, in a class of error of its own."""

    shape, dtype, ndim = (3,), "torch.float32", 1

    def __array__(self, *_, **__):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")

    def __len__(self):
        return 3


class Broken:
    """Nothing works on it."""

    def __repr__(self):
        raise OSError("no words")

    def __len__(self):
        raise OSError("no length")

    def __float__(self):
        raise OSError("no number")

    def __iter__(self):
        raise OSError("no entries")


def masked(*shape):
    return np.ma.masked_array(np.ones(shape), np.arange(int(np.prod(shape))).reshape(shape) == 0)


#: Made anew for every call, so that none is spoilt by the one before.
ODD = [
    lambda: None,
    lambda: True,
    lambda: False,
    lambda: np.True_,
    lambda: 0,
    lambda: 1,
    lambda: -1,
    lambda: 2,
    lambda: 7,
    lambda: np.int8(3),
    lambda: 0.0,
    lambda: -0.0,
    lambda: 0.5,
    lambda: 3.7,
    lambda: -2.5,
    lambda: 1e-300,
    lambda: 1e300,
    lambda: -1e300,
    lambda: 5e-324,
    lambda: float("nan"),
    lambda: float("inf"),
    lambda: -float("inf"),
    lambda: 1j,
    lambda: np.complex128(0.5 + 2j),
    lambda: np.array(1 + 0j),
    lambda: np.float32(0.25),
    lambda: np.longdouble(0.5),
    lambda: np.array(3),
    lambda: np.array("3"),
    lambda: decimal.Decimal("0.5"),
    lambda: fractions.Fraction(1, 3),
    lambda: 10**400,
    lambda: -(10**5000),
    lambda: "",
    lambda: "no",
    lambda: "3",
    lambda: "x\0y",
    lambda: b"bytes",
    lambda: "ß" * 300,
    lambda: Path("."),
    list,
    lambda: (),
    dict,
    lambda: set(),
    lambda: {2: 1.0},
    lambda: {0.5: 1j},
    lambda: {"a": None},
    lambda: [[]],
    lambda: [[1.0, 2.0], [3.0]],
    lambda: [None],
    lambda: [None, None, None],
    lambda: ["1", "2", "3"],
    lambda: [1, "2"],
    lambda: [True, False],
    lambda: [0.5],
    lambda: [1, 2, 3],
    lambda: [-1],
    lambda: (0, 0),
    lambda: [1, [2, [3]]],
    lambda: range(3),
    lambda: iter([1.0, 2.0]),
    lambda: [10**400],
    lambda: [1e300, 1.0],
    lambda: [float("nan")],
    lambda: np.array(["1", "2"], object),
    lambda: np.array([1.5, 2], object),
    lambda: np.array([None], object),
    lambda: masked(3),
    lambda: masked(3, 3),
    lambda: [np.ma.masked, 1.0],
    lambda: np.ma.masked,
    lambda: scipy.sparse.csr_matrix(np.eye(3)),
    lambda: scipy.sparse.coo_array(np.eye(3)),
    Gradient,
    Broken,
    lambda: np.array([]),
    lambda: np.zeros((0, 3)),
    lambda: np.zeros((3, 0)),
    lambda: np.zeros(3),
    lambda: np.ones((3, 3)),
    lambda: np.zeros((2, 2, 2)),
    lambda: np.full(5, np.nan),
    lambda: np.full((2, 3), 1e300),
    lambda: np.full(3, np.inf),
    lambda: np.arange(6)[::-1],
    lambda: np.ones(3, ">f8"),
    lambda: np.ones(3, "f2"),
    lambda: np.ones(3, np.longdouble),
    lambda: np.ones(3, complex),
    lambda: np.array(["a", "b"]),
    lambda: np.zeros(3, "M8[s]"),
    lambda: np.zeros(2, [("a", "f8")]),
    lambda: np.array([2**64 - 1], np.uint64),
    lambda: np.array(None),
    lambda: np.broadcast_to(1.0, (3, 3)),
    object,
    lambda: object,
    lambda: len,
    lambda: lambda *_: None,
    lambda: ...,
    lambda: slice(3),
    lambda: ValueError("x"),
    lambda: type("Kind", (), {}),
    objects.bowl,
    objects.glass,
    objects.loss,
    objects.network,
    objects.digits,
    objects.walk,
    objects.statistics,
    objects.ensemble,
    lambda: sl.Sphere(1.0),
    lambda: sl.distances(objects.numbers(4, 3)),
    lambda: sl.overlaps(objects.numbers(4, 3)),
    lambda: sl.FunctionLandscape(lambda w: np.full(len(w), np.nan), 3),
    lambda: sl.FunctionLandscape(lambda w: 1e200 * (w**2).sum(axis=1), 3),
    lambda: sl.FunctionLandscape(lambda w: np.zeros(len(w)), 3),
    lambda: sl.FunctionLandscape(lambda w: None, 3),
    lambda: sl.FunctionLandscape(lambda w: w, 3),
    lambda: sl.NetworkLandscape,
    lambda: [objects.walk(), None],
    lambda: [objects.bowl(), objects.glass()],
    lambda: [objects.statistics()],
]

#: Counts that no machine has room for. Not for arguments that cost time alone.
HUGE = [lambda: 2**31, lambda: 2**40, lambda: 2**63, lambda: 10**30]

#: Where a huge count is slow and nothing else: a long wait is what was asked for, and Ctrl-C ends it.
TIME_ALONE = {
    "n_warmup",
    "n_sweeps",
    "n_pairs",
    "max_iterations",
    "max_steps",
    "n_trials",
    "epochs",
    "n_directions",
    "n_steps",
    "n_null",
    "n_splits",
    "n_typical",
    "every_epochs",
}


def near(value, rng):
    """A good value made a little wrong, or the same in another form."""
    if isinstance(value, np.ndarray) and value.size and value.dtype.kind in "fiu":
        return _near_array(value, rng)
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return rng.choice([value + 1, -value, value - 1, 0, 3 * value]).item()
    if isinstance(value, float):
        return (value * rng.choice([-1, 0, 10, 1e300, 1e-300])).item()
    if isinstance(value, str):
        return value.upper() + " "
    if isinstance(value, (list, tuple)) and len(value):
        kind = type(value)
        items = list(value)
        items[rng.integers(len(items))] = ODD[rng.integers(len(ODD))]()
        return [kind(items), kind(value[:-1]), kind([*value, value[0]]), kind(value[::-1])][rng.integers(4)]
    return value


def _near_array(value, rng):
    spoilt = value.astype(float)
    spoilt.flat[rng.integers(value.size)] = rng.choice([np.nan, np.inf, 1e300, -1.0, 0.0])
    changes = [
        lambda: spoilt,
        lambda: value.T,
        lambda: value[..., None],
        lambda: value[:1],
        lambda: value[:0],
        lambda: value[::-1],
        lambda: value.tolist(),
        lambda: value.astype("f4"),
        lambda: value.astype(">f8"),
        lambda: value.astype(object),
        lambda: value.astype(str),
        lambda: value.astype(complex),
        lambda: value * 0,
        lambda: value * 1e300,
        lambda: value * 1e-300,
        lambda: value + 1e16,
        lambda: np.ma.masked_array(value, value == value.flat[0]),
        lambda: np.asfortranarray(value),
        lambda: np.repeat(value, 2, axis=0),
        lambda: np.repeat(value, 2, axis=0)[::2],
        lambda: np.repeat(value[:1], len(value), axis=0),
        lambda: value[0],
        lambda: np.round(value),
        lambda: np.broadcast_to(value.flat[0], value.shape),
        lambda: scipy.sparse.csr_matrix(np.atleast_2d(value)) if value.ndim < 3 else value,
    ]
    with np.errstate(all="ignore"):
        return changes[rng.integers(len(changes))]()
