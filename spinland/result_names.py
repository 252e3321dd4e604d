"""Names of classes in files: each has one of its own and a version, wherever it is defined.

A file says ``"RandomWalk"``, version 1, never where the class is defined, so code can be moved without making
anybody's file unreadable. Where it is defined now is written in one table, `HOMES`, for those of spinland; what
others define is known once it is defined.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from .errors import ArgumentError

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes the fields of a version and gives those of the next one."""

HOMES = {
    "AgeingTheory": "chapters.theory.ageing",
    "AlignedLines": "probes.aligned",
    "Alignment": "symmetry.alignment",
    "Band": "connect.bands",
    "BatchSizeComparison": "chapters.batches",
    "Correlation": "probes.correlation.correlation",
    "CountsTheory": "chapters.theory.counts",
    "CriticalCounts": "critical.counts",
    "CriticalPoints": "critical.points",
    "Current": "noise.currents",
    "CurvatureHistory": "curvature.histories",
    "DepthComparison": "chapters.depth_results",
    "DepthMeasures": "chapters.depth_results",
    "DepthTheory": "chapters.theory.counts",
    "DescentScaling": "dynamics.scaling",
    "Diffusion": "noise.displacements",
    "DinhTable": "measures.rescaling",
    "DistanceDistribution": "replicas.pairs",
    "Eigenpairs": "curvature.eigenpairs",
    "Ensemble": "training.ensemble",
    "EnsembleCurve": "connect.predictions",
    "EquilibriumTheory": "chapters.theory.equilibrium",
    "Finding": "chapters.findings",
    "Flatness": "probes.flatness",
    "GradientFlow": "dynamics.flows",
    "GradientNoise": "noise.gradients",
    "Hierarchy": "replicas.hierarchy",
    "Increments": "noise.steps",
    "InherentEnergies": "dynamics.inherent",
    "IntrinsicDimension": "connect.dimensions",
    "Langevin": "dynamics.thermal",
    "Line": "probes.lines",
    "LocalEntropy": "measures.entropy",
    "MappingAssumptions": "analogy.mapping",
    "MatchedReplicas": "chapters.depth_results",
    "MeanCorrelation": "probes.correlation.mean",
    "MeasureComparison": "measures.comparison",
    "Measured": "quantities",
    "MinimaEnsemble": "replicas.minima",
    "NoiseModes": "noise.principal",
    "Minimization": "dynamics.minimizer",
    "NearZeroModes": "curvature.nearzero",
    "OverlapDistribution": "replicas.pairs",
    "OverlapProfile": "probes.profiles",
    "OptimiserComparison": "chapters.optimisers_results",
    "PACBayes": "measures.bounds",
    "PairStatistics": "replicas.pairs",
    "Path": "connect.paths",
    "PathCouplings": "analogy.couplings",
    "PathProfile": "connect.profiles",
    "PermutationSaddle": "connect.permutations",
    "Plane": "probes.planes",
    "Potential": "dynamics.potential",
    "PotentialTheory": "chapters.theory.potential",
    "Provenance": "provenance",
    "QuenchTheory": "chapters.theory.quench",
    "RandomWalk": "probes.walks",
    "RankCorrelation": "statistics.correlation",
    "RateSweep": "chapters.depth_results",
    "ReplicaExchange": "dynamics.exchange",
    "Result": "results",
    "Ruggedness": "probes.ruggedness",
    "SectionMinima": "connect.sections",
    "Sharpness": "measures.sharpness",
    "SimplexValues": "connect.simplexes",
    "SimplicialComplex": "connect.simplexes",
    "SnapshotAverages": "connect.averages",
    "SpectralDensity": "curvature.densities",
    "SubspaceEnsemble": "connect.subspaces",
    "Saddle": "connect.saddles",
    "SwapInterpolation": "probes.swaps",
    "SymmetricDistances": "replicas.symmetric",
    "SymmetryModes": "curvature.symmetries",
    "TheoryCard": "chapters.theory.card",
    "Trace": "curvature.traces",
    "TrainingNoise": "chapters.noise",
    "Trajectory": "noise.recording",
    "TransitionStates": "connect.trees",
    "Tree": "connect.trees",
    "TwoTimeCorrelation": "dynamics.two_times",
    "Ultrametricity": "replicas.triangles",
}
"""Where each class of spinland that files hold is defined now: name in files to module below ``spinland``.

Whoever moves or adds a class changes its line. A name that was ever in here stays taken.
"""

_classes: dict[str, type[Registered]] = {}


@dataclass(frozen=True)
class StoredAs:
    """What a class is called in files.

    Attributes
    ----------
    name : str
        Its name there.
    version : int
        Version of its fields, counted from 1.
    upgrades : mapping
        Version to what makes fields of the next version of its fields. A version that is not in here needs
        nothing but the defaults of fields that the next one has added.
    """

    name: str
    version: int = 1
    upgrades: Mapping[int, Upgrade] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name if self.version == 1 else f"{self.name}, version {self.version}"

    def upgraded(self, values: dict[str, Any], version: int) -> dict[str, Any]:
        """Fields of an older version as those of today."""
        for old in range(version, self.version):
            values = self.upgrades[old](values) if old in self.upgrades else values
        return values


class Registered:
    """Base of the dataclasses that files hold.

    Keywords of the class statement say what it is called there: ``class Walk(Result, name="RandomWalk", version=3,
    upgrades={1: with_seeds})``. ``name`` is that of the class unless given, ``version`` 1. A class whose fields
    change in another way than by new ones with defaults gets the next version, and a function that makes the fields
    of the old version those of the new one.
    """

    stored_as: ClassVar[StoredAs]

    def __init_subclass__(
        cls, *, name: str | None = None, version: int = 1, upgrades: Mapping[int, Upgrade] | None = None, **options: Any
    ) -> None:
        super().__init_subclass__(**options)
        cls.stored_as = StoredAs(name or cls.__name__, version, upgrades or {})
        _check(cls)
        _classes[cls.stored_as.name] = cls


def _check(kind: type[Registered]) -> None:
    """Refuse a class that cannot be told from others in a file."""
    stored, place = kind.stored_as, _place(kind)
    if not isinstance(stored.name, str) or not stored.name.isprintable():
        raise ArgumentError("name", f"a name in files for {place}", stored.name)
    if not isinstance(stored.version, int) or stored.version < 1:
        raise ArgumentError("version", f"a whole number of at least 1 for {place}", stored.version)
    odd = [old for old in stored.upgrades if old not in range(1, stored.version)]
    if odd:
        raise ArgumentError("upgrades", f"versions of {place} before its {stored.version}", odd[0])
    other = None
    if stored.name in HOMES and not kind.__module__.startswith("spinland."):
        other = f"spinland.{HOMES[stored.name]}"
    elif stored.name in _classes and _place(_classes[stored.name]) != place:  # else defined anew, in a notebook
        other = _place(_classes[stored.name])
    if other is not None:
        raise ArgumentError(
            "name",
            f"a name in files for {place} that no other class has (a keyword of the class statement gives it one: "
            f'class {kind.__name__}(..., name="..."))',
            f"{stored.name!r}, which is taken by {other}",
        )


def _place(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def find(name: str) -> type[Registered]:
    """Find the class of a name in files; a module of spinland is imported if it was not yet.

    Raises
    ------
    LookupError
        There is no such class. Nothing outside spinland is ever imported: what a file says must not decide which
        code runs.
    """
    if name not in _classes and name in HOMES:
        home = f"spinland.{HOMES[name]}"
        try:
            importlib.import_module(home)
        except ImportError as error:
            raise LookupError(f"class {name} is in {home}, which cannot be imported: {error}") from error
    try:
        return _classes[name]
    except KeyError:
        raise LookupError(
            f"no class {name} is known here: if it is one of yours, define or import it first, else a newer spinland "
            "made it"
        ) from None
