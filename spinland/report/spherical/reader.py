"""The file of ``spinland glass`` as its page sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...study import glass_names as names
from ...study.effective import glass_values
from ...study.glass_config import GlassConfig
from ...study.settings import from_mapping
from ..reader import Reader

if TYPE_CHECKING:
    from ...store.hdf5 import Store

ABC = "Energies are per spin, in the normalisation E[H(σ)H(σ')] = N q^p"


class GlassReader(Reader):
    """Measurements on a spherical glass."""

    settings = GlassConfig

    def __init__(self, store: Store):
        super().__init__(store)
        self.config: GlassConfig = from_mapping(GlassConfig, self.meta["config"])
        self.title = f"The spherical {self.config.order}-spin glass beside its theory"
        self.subtitle = (
            f"{self.config.spins} spins, by spinland {self.meta['version']}. Seed {self.config.seed}. {ABC}; "
            "in that of Crisanti and Sommers energies and temperatures are smaller by √2."
        )

    @property
    def values(self) -> dict[str, Any]:
        """All settings as they were used."""
        return glass_values(self.config)

    @property
    def levels(self) -> dict[str, float]:
        """−E_0 and −E_inf with their names on an axis; the one they share at order 2."""
        card = self.get(names.CARD)
        if card is None:
            return {}
        if self.config.order == 2:
            return {r"$-E_0 = -E_\infty$": -card.ground_state}
        return {r"$-E_0$": -card.ground_state, r"$-E_\infty$": -card.threshold}

    def minima(self) -> list[Any]:
        """Minima of one instance of each size, by rising size."""
        found = [name for name in self.present if name.startswith(names.minima(0)[:-1])]
        return [self.get(name) for name in sorted(found, key=lambda name: int(name.rsplit("/", 1)[1]))]

    def counts(self) -> list[Any]:
        """Numbers of critical points of each size that are there, by rising size."""
        found = [self.get(names.critical(n)) for n in self.config.critical_spins]
        return [result for result in found if result is not None]
