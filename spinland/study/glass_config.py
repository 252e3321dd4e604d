"""Settings of the measurements on a spherical glass."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from .. import checks
from ..errors import ArgumentError
from .settings import Settings, number, one_of, seed64, setting, several, whole

_GLASS, _DESCENT, _CRITICAL, _HEAT, _AGEING, _PROBES = (
    "The glass", "Descent", "Critical points", "Temperatures", "Ageing", "Probes",
)  # fmt: skip


_MOST_CRITICAL_SPINS = 40


def longest_step(order: int) -> float:
    """Longest step of Langevin dynamics: one over the largest curvature of H at a typical point, at most 0.2."""
    return min(0.2, 0.5 / math.sqrt(order * (order - 1)))


def _order(name: str, value: Any) -> int:
    return checks.integer(name, value, minimum=2, maximum=12)


@dataclass(frozen=True)
class GlassConfig(Settings):
    """All settings of ``spinland glass``; each is checked on construction.

    Energies, temperatures and times are those of Auffinger, Ben Arous and Černý's normalisation.

    Raises
    ------
    ArgumentError
        Names the setting that does not fit.
    """

    kind: ClassVar[str] = "glass"

    spins: int = setting(100, "number of spins N", whole(4), _GLASS)
    order: int = setting(3, "order p of the interaction, 2 to 12", _order, _GLASS)
    instances: int = setting(10, "independent instances to average over", whole(2), _GLASS)
    seed: int = setting(0, "64-bit seed of every random number, the couplings included", seed64, _GLASS)
    parameters: int = setting(
        10_000,
        "weights of the networks whose numbers of critical points are compared by depth",
        whole(2),
        _GLASS,
    )

    starts: int = setting(8, "descents of each instance, and walkers in ageing", whole(1), _DESCENT)
    descent_time: float = setting(
        60.0, "time at which gradient flow ends", number(above=0, maximum=1e5), _DESCENT
    )
    sizes: tuple[int, ...] | None = setting(
        None, "numbers of spins to compare, none for no comparison; default a quarter and a half of N, and N",
        several(whole(4), optional=True, empty=True), _DESCENT,
    )  # fmt: skip

    critical_spins: tuple[int, ...] = setting(
        (4, 6, 8),
        "numbers of spins at which all critical points are looked for",
        several(whole(2)),
        _CRITICAL,
    )
    critical_instances: int = setting(100, "instances of each of these sizes", whole(2), _CRITICAL)
    layer_spins: int = setting(
        12, "spins of one instance more, for index against energy", whole(2), _CRITICAL
    )

    temperatures: tuple[float, ...] | None = setting(
        None, "temperatures T; default twelve from 0.8 to 3 times the static one",
        several(number(above=0), optional=True), _HEAT,
    )  # fmt: skip
    heat_spins: int | None = setting(
        None, "spins in equilibrium; default N, at most 50", whole(2, True), _HEAT
    )
    sweeps: int = setting(
        1000, "sweeps of replica exchange after its warm-up of half as many", whole(20), _HEAT
    )

    ageing_temperature: float | None = setting(
        None, "temperature T after the quench; default half the dynamical one",
        lambda name, value: None if value is None else checks.real(name, value, above=0), _AGEING,
    )  # fmt: skip
    waiting_times: tuple[float, ...] = setting(
        (1.0, 3.0, 10.0, 30.0), "waiting times t_w", several(number(above=0)), _AGEING
    )
    ageing_time: float = setting(50.0, "longest time t after t_w", number(above=0, maximum=1e5), _AGEING)
    time_step: float = setting(0.04, "longest step of Langevin dynamics", number(above=0), _AGEING)

    pairs: int = setting(300, "pairs of points for the correlation", whole(3), _PROBES)
    minima: int = setting(40, "descents of one instance to its minima", whole(4), _PROBES)
    walk_origins: int = setting(8, "minima to walk from, at most all there are", whole(1), _PROBES)
    walkers: int = setting(8, "walks from each", whole(2), _PROBES)
    walk_steps: int = setting(100, "steps of a walk", whole(2), _PROBES)
    lines: int = setting(
        8,
        "great circles to average, each between two minima of its own; at most half as many as there are",
        whole(1),
        _PROBES,
    )
    line_points: int = setting(41, "points along a line", whole(3), _PROBES)
    grid: int = setting(41, "points along each side of a plane", whole(3), _PROBES)
    linkage: str = setting(
        "average",
        "single, complete, average or weighted",
        one_of("single", "complete", "average", "weighted"),
        _PROBES,
    )
    bootstrap: int = setting(
        200, "random halves of the replicas, for the errors of triangles", whole(10), _PROBES
    )
    null_draws: int = setting(
        199, "draws of each null model; a verdict at the level 0.01 takes 199", whole(10), _PROBES
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("temperatures", "waiting_times", "critical_spins", "sizes"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, tuple(sorted(values)))
        if self.temperatures is not None and len(self.temperatures) < 2:
            raise ArgumentError(
                "temperatures", "at least two, to exchange replicas between", self.temperatures
            )
        if max(self.critical_spins) > _MOST_CRITICAL_SPINS:
            raise ArgumentError(
                "critical_spins",
                f"at most {_MOST_CRITICAL_SPINS} spins, as the number of critical points grows exponentially with them",
                max(self.critical_spins),
            )
        longest = longest_step(self.order)
        if self.time_step > longest:
            raise ArgumentError(
                "time_step", f"at most {longest:.3g} at order {self.order}, within which the force changes little",
                self.time_step,
            )  # fmt: skip
        if self.time_step >= self.ageing_time:
            raise ArgumentError(
                "time_step", f"a step below ageing_time ({self.ageing_time:g})", self.time_step
            )
