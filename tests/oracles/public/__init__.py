"""All public functions, each with good arguments: what the fuzz and the property of ownership call.

The names come from ``spinland/__init__.pyi`` and the lists of its modules, so that a new function without good
arguments here fails a test. Good arguments stand in one module a subject, ``CASES``, beside the objects whose methods
are called, ``OBJECTS``.
"""

from __future__ import annotations

import inspect
import itertools
import types

import spinland as sl
from tests.oracles.figure_arguments import FIGURES
from tests.oracles.objects import reserved
from tests.oracles.public import (
    between,
    connect,
    critical,
    curvature,
    dynamics,
    landscapes,
    measures,
    noise,
    probes,
    replicas,
    studies,
    symmetry,
    theory,
    training,
)

#: Plain records, protocols and errors: nothing is computed or kept where they are made.
RECORDS = {
    "BaseLandscape",
    "Device",
    "EqualWidths",
    "Finding",
    "Landscape",
    "Measure",
    "Provenance",
    "Result",
    "WalkStep",
    "theory.AgeingCurve",
    "theory.DepthDependence",
    "theory.GlassState",
    "theory.PotentialCurve",
    "theory.QuenchCurve",
}

#: Landscapes without samples or neurons say so, whatever the arguments; tests/properties/test_landscape_protocol.py
# calls these.
REFUSE = {
    "LocalWorkers.submit",  # takes no keywords; tests/cluster calls it
    "FunctionLandscape.batch",
    "FunctionLandscape.swaps",
    "SphericalSpinGlass.batch",
    "SphericalSpinGlass.swaps",
}

#: Take points of walkers, as their device holds them, from those alone; the tests of walks call it.
INNER = "evaluate_held"

#: Take minutes or start a whole study; tests/cli calls them.
STUDIES = {"run_study", "run_glass", "run_atlas"}


def public_names():
    """Dotted names of all public functions, classes that users make, and their public methods."""
    found = []
    for name in sl.__all__:
        value = getattr(sl, name)
        if inspect.ismodule(value):
            found += [f"{name}.{inner}" for inner in value.__all__ if callable(getattr(value, inner))]
        elif callable(value):
            found.append(name)
    kept = []
    for name in found:
        value = lookup(name)
        if name in RECORDS | STUDIES or (inspect.isclass(value) and issubclass(value, (Exception, Warning))):
            continue
        if not inspect.isclass(value):
            kept.append(name)
            continue
        if not issubclass(value, sl.Result):
            kept.append(name)
        methods = [method for method in _methods(value) if method != INNER]
        kept += [f"{name}.{method}" for method in methods if f"{name}.{method}" not in REFUSE]
    return kept


def _methods(kind):
    """Public methods that a class of ours defines or inherits from one."""
    members = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("spinland."):
            members.update(vars(base))
    return sorted(
        name
        for name, value in members.items()
        if not name.startswith("_") and isinstance(value, (types.FunctionType, classmethod))
    )


def lookup(name):
    """What a dotted name of spinland stands for."""
    value = sl
    for part in name.split("."):
        value = getattr(value, part)
    return value


_SUBJECTS = (
    landscapes,
    training,
    probes,
    connect,
    between,
    measures,
    noise,
    dynamics,
    critical,
    curvature,
    replicas,
    symmetry,
    theory,
    studies,
)


def _joined(*tables):
    """Several tables as one; a name in two of them is a mistake."""
    joined = {}
    for table in tables:
        assert not joined.keys() & table.keys(), joined.keys() & table.keys()
        joined |= table
    return joined


#: Makes the object whose method is called, by class.
OBJECTS = _joined(*(getattr(subject, "OBJECTS", {}) for subject in _SUBJECTS))

#: Makes good arguments, by name.
CASES = _joined(*(subject.CASES for subject in _SUBJECTS), {f"figures.{name}": make for name, make in FIGURES.items()})


def prepared(name):
    """The function of a case, bound to its object, and good arguments that nobody else holds."""
    owner, _, method = name.rpartition(".")
    function = lookup(name)
    if inspect.isclass(lookup(owner)) if owner else False:
        holder = OBJECTS[owner]()
        if name == "Store.row_writer":
            holder.reserve("later", **reserved())
        function = getattr(holder, method)
    return function, CASES[name]()


def consumed(result, most=4):
    """A result, or the first ones of a generator."""
    return list(itertools.islice(result, most)) if inspect.isgenerator(result) else result
