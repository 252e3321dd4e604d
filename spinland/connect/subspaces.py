"""Training in random subspaces θ + P z: z is trained, P never stored (Li et al., arXiv:1804.08838)."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from spinland_kernels.networks import MOMENTUM, N_COEFFICIENTS, Batches, Rule

from .. import checks
from ..errors import DivergenceWarning
from ..landscape.network import ReLUNetwork
from ..rng import Purpose
from ..training.ensemble import Ensemble
from ..training.group import Group
from ..training.optimizers import Optimizer, named
from ..training.parts import collect, groups
from ..training.plan import Plan
from ..training.settings import ADAM, TrainingSettings
from ..training.steps import step
from .projections import KINDS, Projections, check_dimension


@dataclass(frozen=True, eq=False, kw_only=True)
class SubspaceEnsemble(Ensemble):
    """Replicas that were trained in random subspaces; an :class:`Ensemble` whose parameters are θ + P z.

    Attributes
    ----------
    coordinates : float64 array (R, d)
        z after the last epoch; zero at the start. NaN in the row of a replica that diverged.
    subspaces : int64 array (R,)
        Number of the subspace of each replica; with the seed it addresses P.
    projection : "signs" or "normal"
        How P is drawn.
    taken : int64 array (R,), optional
        Steps of each replica: all, or those after which z was no longer finite. None in files of earlier versions.
    """

    coordinates: NDArray[np.float64]
    subspaces: NDArray[np.int64]
    projection: str
    taken: NDArray[np.int64] | None = None

    @property
    def dimension(self) -> int:
        """Number of coordinates d."""
        return int(self.coordinates.shape[1])


class SubspacePlan(Plan):
    """A training in subspaces as it was asked for, checked; ``origin`` is its ``initial``."""

    function: ClassVar[str] = "train_subspace"
    drops_dead: ClassVar[bool] = False  # P has a row for every parameter
    looks_around: ClassVar[bool] = False

    def __init__(
        self,
        network: ReLUNetwork,
        dataset: Any,
        settings: TrainingSettings,
        *,
        dimension: int,
        origin: ArrayLike | None,
        projection: str,
        share: int,
    ):
        super().__init__(network, dataset, settings)
        self.dimension = check_dimension("dimension", dimension, network.n_params)
        self.projection = checks.choice("projection", projection, KINDS)
        if origin is not None:
            rows, _ = checks.point_batch("origin", origin, network.n_params, dtype=self.dtype)
            shape = (self.replicas.size, network.n_params)
            if len(rows) != 1 and len(rows) != shape[0]:
                checks.float_array("origin", origin, shape=shape)
            self.own_initial = np.ascontiguousarray(np.broadcast_to(rows, shape))
        self.subspaces = self.replicas // checks.integer("share", share, minimum=1)

    @property
    def n_moments(self) -> int:
        """One vector as long as the parameters: the gradient."""
        return 1

    def arguments(self) -> dict[str, Any]:
        """What was asked for, for the record."""
        given = super().arguments()
        origin = given.pop("initial")
        own = {"dimension": self.dimension, "origin": origin, "projection": self.projection}
        return given | own | {"subspaces": self.subspaces}


class SubspaceGroup(Group):
    """Replicas in flight; beside their points, their coordinates z with moments of their own.

    The kernel of the training gives the gradient of a batch: with momentum 0 and rate 0 its buffer is the gradient, and
    the points stay.
    """

    plan: SubspacePlan

    def __init__(self, plan: SubspacePlan, low: int, high: int):
        super().__init__(plan, low, high)
        shape = plan.network.n_params, plan.dimension
        self.subspaces = plan.subspaces[low:high]
        self.matrices = Projections(plan.seed, plan.projection, self.subspaces, shape, plan.device)
        self.origins = self.kernel.hold(self.held._replace(points=self.initial)).points
        self.coordinates = np.zeros((high - low, plan.dimension))
        self.moments = np.zeros((2, *self.coordinates.shape))
        self.taken = np.full(high - low, len(plan.rates))

    def run_epoch(self, epoch: int) -> None:
        """One pass over the training set, step by step."""
        plan = self.plan
        function = plan.train.architecture, plan.train.prepared("training")
        first = epoch * plan.steps_per_epoch
        rates = plan.rates[first : first + plan.steps_per_epoch]
        coefficients = plan.optimizer.coefficients(rates, first)
        keep = np.zeros((1, N_COEFFICIENTS), plan.dtype)
        keep[0, 4] = 1
        for number, row in enumerate(coefficients):
            batches = Batches(np.uint64(plan.seed), int(Purpose.SHUFFLE), epoch, plan.batch_size, number)
            self.kernel.descend(self.held, Rule(MOMENTUM, keep), batches, *function)
            slopes = self.matrices.coordinates(self.held.first)
            slopes[~self.alive] = 0
            with np.errstate(over="ignore", invalid="ignore"):  # what diverges is found by the next step
                step(plan.optimizer.rule, row, self.coordinates, slopes, self.moments)
                lost = ~self.alive | ~np.isfinite(self.coordinates.astype(plan.dtype)).all(axis=1)
                self.taken[lost] = np.minimum(self.taken[lost], first + number + 1)
                self.matrices.points(self.coordinates, self.origins, self.held.points)

    def ensemble(self) -> SubspaceEnsemble:
        """The group as a result."""
        whole = super().ensemble()
        kept = {field.name: getattr(whole, field.name) for field in fields(whole)}
        self.coordinates[~self.alive] = np.nan
        return SubspaceEnsemble(
            **kept,
            coordinates=self.coordinates,
            subspaces=self.subspaces.copy(),
            projection=self.plan.projection,
            taken=self.taken,
        )


def train_subspace(
    network: ReLUNetwork,
    dataset: Any,
    dimension: int,
    n_replicas: int | None = None,
    origin: ArrayLike | None = None,
    optimizer: Optimizer = ADAM,
    batch_size: int = 32,
    epochs: int = 10,
    seed: int = 0,
    *,
    projection: str = "signs",
    share: int = 1,
    loss: str | None = None,
    dtype: DTypeLike = "float32",
    replicas: ArrayLike | None = None,
    snapshots: bool | Iterable[int] | None = None,
    keep_initial: bool = False,
    evaluate: str = "both",
    device: str = "cpu",
    precision: str | None = None,
    group_size: int | None = None,
) -> SubspaceEnsemble:
    """Train replicas in random subspaces of few dimensions, from initialisation or about a solution.

    The parameters are w = θ + P z, where P (n_params, d) is random with columns of length 1 and z begins at 0; the
    optimiser acts on z along Pᵀ ∂L/∂w, weight decay included. Batches are those of :func:`train`: replica r with the
    same seed meets the same samples in the same order. P is drawn where it is used, from (seed, subspace, column): a
    thousand coordinates of a million parameters take no memory.

    What holds in full dimension, d = n_params: plain gradient descent with or without momentum is the path of free
    descent in the metric P Pᵀ, w ← w − rate · P Pᵀ g, for any d; an orthogonal P makes it the free path. Random columns
    are only nearly orthogonal, and Adam depends on the axes of z.

    Parameters
    ----------
    network, dataset, n_replicas, optimizer, batch_size, epochs, seed
        As for :func:`train`. The rate that suits an optimiser changes with d.
    dimension : int
        Coordinates d, from 1 to the number of parameters.
    origin : array (dim,) or (R, dim), optional
        θ of all replicas, or of each: a solution, for a cutting plane through it. By default the initialisation of
        each replica, as in :func:`train`.
    projection : "signs" or "normal"
        Entries of P: signs ±1/√n_params, or normal numbers divided by the length of their column. Signs take about a
        tenth of the time.
    share : int
        How many replicas share a subspace: replica r lies in subspace r // share. Those that do take less time, and
        their scatter does not tell that between subspaces.
    loss, dtype, replicas, snapshots, keep_initial, evaluate, device, precision, group_size
        As for :func:`train`.

    Returns
    -------
    SubspaceEnsemble
        Parameters, history and coordinates of all replicas.

    Warns
    -----
    DivergenceWarning
        Names replicas whose numbers became infinite or NaN, the optimiser, and by which step; the others go on.

    Raises
    ------
    ArgumentError
        Names the argument that does not fit, such as a dimension above the number of parameters.
    DeviceUnavailable
        The device is not there.

    Examples
    --------
    >>> import spinland as sl
    >>> network = sl.ReLUNetwork((64, 8, 10))
    >>> ensemble = sl.train_subspace(network, "digits", 20, 2, optimizer=sl.Adam(0.05), epochs=2)
    >>> ensemble.coordinates.shape
    (2, 20)
    """
    settings = TrainingSettings(
        n_replicas=n_replicas,
        optimizer=optimizer,
        batch_size=batch_size,
        epochs=epochs,
        seed=seed,
        loss=loss,
        dtype=dtype,
        replicas=replicas,
        snapshots=snapshots,
        keep_initial=keep_initial,
        evaluate=evaluate,
        device=device,
        precision=precision,
    )
    plan = SubspacePlan(
        network, dataset, settings, dimension=dimension, origin=origin, projection=projection, share=share
    )
    ensemble = cast(SubspaceEnsemble, collect(groups(plan, group_size, SubspaceGroup), plan.replicas))
    if ensemble.diverged.any():
        lost, total = ensemble.diverged, len(plan.rates)
        numbers = ", ".join(map(str, ensemble.replicas[lost]))
        by = f"by step {int(np.asarray(ensemble.taken)[lost].max())} of {total}, with {named(plan.optimizer)}"
        warnings.warn(f"diverged replicas, now NaN: {numbers} ({by})", DivergenceWarning, stacklevel=2)
    return ensemble
