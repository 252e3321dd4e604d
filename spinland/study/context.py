"""What the stages of a study share: data, network, landscape, solutions and the file."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import rng
from ..errors import ArgumentError
from ..landscape.glass import SphericalSpinGlass
from ..landscape.network import ReLUNetwork
from ..landscape.network_landscape import NetworkLandscape
from ..symmetry.transformation import random_symmetry, rescale
from ..training.optimizers import SGD, Adam, AdamW
from ..training.schedules import Cosine
from . import effective, names
from .config import StudyConfig

if TYPE_CHECKING:
    from ..data.dataset import Dataset
    from ..store.hdf5 import Store
    from ..training.ensemble import Ensemble

# Labels of the seeds that are derived from the study's seed.
_SEED_WIDTH, _SEED_BATCH, _SEED_GLASS, _SEED_RESCALING = 1, 2, 3, 4

RESCALING = 0.5
"""Standard deviation of the logarithm of the factors that test what flatness makes of rescaled neurons."""


class Context:
    """A study under way.

    Parameters
    ----------
    config : StudyConfig
        Its settings.
    store : Store
        Its file.
    dataset : Dataset
        Its data.
    """

    def __init__(self, config: StudyConfig, store: Store, dataset: Dataset):
        self.config, self.store, self.dataset = config, store, dataset
        self.network = self.network_of_width(config.hidden[0])
        self.landscape = self.landscape_of(self.network)

    def network_of_width(self, width: int) -> ReLUNetwork:
        """The study's network with another first hidden layer."""
        widths = (self.dataset.n_inputs, width, *self.config.hidden[1:], self.dataset.n_outputs)
        return ReLUNetwork(widths, self.config.bias)

    def landscape_of(self, network: ReLUNetwork) -> NetworkLandscape:
        """Training loss of a network, on the samples for probes."""
        loss = "cross_entropy" if self.dataset.task == "classification" else "mse"
        n = self.config.probe_samples
        x, y = self.dataset.x_train[:n], self.dataset.y_train[:n]
        return NetworkLandscape(network, x, y, loss=loss, dtype=self.config.dtype, quantity="training loss")

    def optimizer(self) -> Any:
        """The optimiser of the settings."""
        c = self.config
        rate: Any = c.learning_rate if c.schedule == "constant" else Cosine(c.learning_rate)
        if c.optimizer == "sgd":
            return SGD(rate, momentum=c.momentum, weight_decay=c.weight_decay)
        kind = Adam if c.optimizer == "adam" else AdamW
        return kind(rate, weight_decay=c.weight_decay)

    @property
    def batch_size(self) -> int:
        """Samples in a batch of the main training."""
        return effective.batch_size(self.config, len(self.dataset.x_train))

    @property
    def batch_sizes(self) -> tuple[int, ...]:
        """Batch sizes of protocol 4."""
        return effective.batch_sizes(self.config, len(self.dataset.x_train))

    def width_seed(self, width: int) -> int:
        """Seed of the networks of another width."""
        return rng.derive_seed(self.config.seed, _SEED_WIDTH, width)

    def batch_seed(self, batch_size: int) -> int:
        """Seed of the networks of another batch size: the same initial points for all of them.

        Common initial points remove their share of the scatter from the comparison.
        """
        return rng.derive_seed(self.config.seed, _SEED_BATCH)

    @cached_property
    def glass(self) -> SphericalSpinGlass:
        """The spherical glass that the network is compared with."""
        spins = effective.glass_spins(self.config, self.network.n_params)
        return SphericalSpinGlass(
            spins, self.config.glass_order, rng.derive_seed(self.config.seed, _SEED_GLASS)
        )

    @cached_property
    def ensemble(self) -> Ensemble:
        """The main replicas."""
        return self.loaded_ensemble(names.ENSEMBLE)

    def loaded_ensemble(self, name: str) -> Ensemble:
        """An ensemble of this study, its parameters left in the file."""
        ensemble: Ensemble = self.store.load(name, mmap=True)
        return ensemble

    def solutions(self, ensemble: Ensemble, most: int | None = None) -> NDArray[Any]:
        """Parameters of the replicas that did not diverge, the first ``most`` of them.

        Raises
        ------
        ArgumentError
            Fewer than three replicas are left.
        """
        alive = np.flatnonzero(~ensemble.diverged)
        if len(alive) < 3:
            raise ArgumentError(
                "learning_rate", "one at which at least three replicas converge",
                f"{ensemble.params.shape[0] - len(alive)} of {ensemble.params.shape[0]} diverged",
            )  # fmt: skip
        if len(alive) == ensemble.params.shape[0]:
            params: NDArray[Any] = ensemble.params[:most]
            return params
        return np.asarray(ensemble.params[alive[:most]])

    def rescaled(self, solutions: NDArray[Any]) -> NDArray[Any]:
        """The same functions with the neurons of each solution rescaled by log-normal factors of spread ``RESCALING``."""
        seed = rng.derive_seed(self.config.seed, _SEED_RESCALING)
        draws = [
            random_symmetry(self.network, seed, replica=i, spread=RESCALING).scales
            for i in range(len(solutions))
        ]
        return np.stack(
            [rescale(self.network, point, scales) for point, scales in zip(solutions, draws, strict=True)]
        )

    def swap_numbers(self, width: int) -> tuple[int, ...]:
        """Numbers of exchanged pairs S that fit a layer of this width."""
        return effective.swap_numbers(self.config, width)

    def solution_lines(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Initial points and solutions of the first replicas that converged."""
        alive = np.flatnonzero(~self.ensemble.diverged)[: self.config.lines]
        starts = [
            self.network.initialize(
                1, self.config.seed, first=int(self.ensemble.replicas[r]), dtype=self.config.dtype
            )
            for r in alive
        ]
        return np.concatenate(starts), np.asarray(self.ensemble.params[alive])
