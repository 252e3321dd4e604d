"""What the stages of ``spinland glass`` share: settings, instances and the file."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import rng
from ..dynamics.disorder import instances
from ..errors import ArgumentError
from ..landscape.glass import SphericalSpinGlass
from . import effective
from . import glass_names as names
from .glass_config import GlassConfig

if TYPE_CHECKING:
    from ..replicas.minima import MinimaEnsemble
    from ..store.hdf5 import Store

# Labels of the seeds that are derived from that of the settings.
SEED_DESCENT, SEED_CRITICAL, SEED_HEAT, SEED_AGEING, SEED_STARTS = 1, 2, 3, 4, 5


class GlassContext:
    """Measurements on a glass, under way.

    Parameters
    ----------
    config : GlassConfig
        Their settings.
    store : Store
        Their file.
    """

    def __init__(self, config: GlassConfig, store: Store):
        self.config, self.store = config, store

    def seed(self, label: int, *more: int) -> int:
        """Seed of one part of the measurements."""
        return rng.derive_seed(self.config.seed, label, *more)

    def glass(self, n_spins: int | None = None) -> SphericalSpinGlass:
        """The instance that is its seed: what anyone gets from the settings' seed, order and number of spins."""
        return SphericalSpinGlass(n_spins or self.config.spins, self.config.order, self.config.seed)

    @cached_property
    def main(self) -> SphericalSpinGlass:
        """The instance of full size that all probes look at."""
        return self.glass()

    def instances(self, n_spins: int, label: int) -> list[SphericalSpinGlass]:
        """The settings' number of instances of this size, for one part of the measurements."""
        return instances(n_spins, self.config.order, self.config.instances, self.seed(label))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Numbers of spins whose descents are compared, N itself among them."""
        return effective.sizes(self.config)

    @property
    def heat_spins(self) -> int:
        """Number of spins in equilibrium."""
        return effective.heat_spins(self.config)

    @property
    def temperatures(self) -> NDArray[np.float64]:
        """Temperatures of equilibrium."""
        return effective.temperatures(self.config)

    @property
    def ageing_temperature(self) -> float:
        """Temperature after the quench."""
        return effective.ageing_temperature(self.config)

    @property
    def minima(self) -> MinimaEnsemble:
        """Minima of the main instance."""
        found: MinimaEnsemble = self.store.load(names.minima(self.config.spins))
        return found

    def distinct(self, most: int | None = None, least: int = 1) -> NDArray[Any]:
        """Different minima of the main instance, the first ``most`` of them.

        Raises
        ------
        ArgumentError
            There are fewer than ``least``.
        """
        found = self.minima
        rows = found.distinct[:most]
        if len(rows) < least:
            raise ArgumentError(
                "minima",
                f"descents to {least} different minima at least; glasses of more spins have more",
                len(rows),
            )
        return np.asarray(found.params[rows])
