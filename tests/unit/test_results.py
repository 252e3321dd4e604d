"""Results show themselves in a line."""

from dataclasses import dataclass
from typing import Any

import numpy as np

import spinland as sl
from spinland.provenance import record
from spinland.results import Result


@dataclass(frozen=True, eq=False, kw_only=True)
class Shown(Result):
    values: Any
    mean: float = 0.123456789
    names: tuple = ("a", "b")
    inner: Any = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Told(Result):
    def __repr__(self):
        return "as I like it"


def test_arrays_are_shown_by_type_and_shape():
    shown = repr(Shown(values=np.zeros((300, 4), np.float32), provenance=record("measure", seed=7)))
    assert shown == ("Shown(values=float32[300, 4], mean=0.123457, names=('a', 'b'), inner=None; by measure, seed 7)")


def test_long_and_nested_values_are_cut():
    made = record("measure")
    inner = Shown(values=None, provenance=made)
    shown = repr(Shown(values="x" * 200, names=tuple(range(50)), inner=inner, provenance=made))
    assert "(50 entries)" in shown
    assert "inner=Shown(...)" in shown
    assert len(shown) < 200
    assert shown.endswith("; by measure)")


def test_a_repr_of_ones_own_stays_and_real_results_are_short():
    assert repr(Told(provenance=record("tell"))) == "as I like it"
    bowl = sl.FunctionLandscape(lambda w: (w**2).sum(axis=1), dim=3)
    assert len(repr(sl.random_walk(bowl, np.ones(3), 0.1, 500, 20))) < 300
