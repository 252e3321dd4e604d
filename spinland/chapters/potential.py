"""Franz and Parisi's potential: what it costs to keep an overlap with a solution, of network and glass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

import spinland as sl

from .. import checks
from ..errors import ArgumentError
from ..formatting import given, number
from ..statistics.judging import mean_of, worst_bound, worst_joint
from .chapter import Chapter, Stage
from .findings import Finding, Numbers
from .sections import Picture, Section, Table, mean_text, picture
from .settings import Settings, setting, several, whole
from .settings import number as real
from .subjects import of_kind
from .theory.potential import PotentialTheory, potential_theory

SEED_POTENTIAL = 33
_HEADING = "Potential"
_NETWORK, _ALIGNED, _THEORY = "potential/network", "potential/aligned", "theory/potential"
_HOT = 1.2  # the temperature without metastability, over T_d
_LEAPFROG = {"glass": 10, "network": 20}
"""Steps of a trajectory: shorter ones forget less for each gradient, above all in the narrow valleys of a network."""


def _overlap(name: str, value: Any) -> float:
    return checks.real(name, value, minimum=0, maximum=0.999)


@dataclass(frozen=True)
class PotentialSettings(Settings):
    """Settings of the potential."""

    potential_overlaps: tuple[float, ...] = setting(
        (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
        "overlaps q with the reference, rising, the first of them 0",
        several(_overlap),
        _HEADING,
    )
    potential_temperatures: tuple[float, ...] | None = setting(
        None,
        "temperatures of the glass, from T_s on; default between T_s and T_d, and 1.2 T_d",
        several(real(above=0), optional=True),
        _HEADING,
    )
    potential_heat: float = setting(
        0.1, "loss that equipartition would add to a minimum of the network, T dim/2", real(above=0), _HEADING
    )
    potential_references: int = setting(8, "planted glasses, and half as many solutions", whole(4), _HEADING)
    potential_samples: int = setting(
        24, "samples at each overlap after half as many moves, of the network after as many", whole(20), _HEADING
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        q = self.potential_overlaps
        if len(q) < 4 or q[0] != 0 or list(q) != sorted(set(q)):
            raise ArgumentError("potential_overlaps", "four overlaps or more, rising from 0", q)


def temperatures(book: Any) -> tuple[float, ...]:
    """Those of the settings, or one with and one without metastable states."""
    chosen, glass = book.config.potential_temperatures, of_kind(book, "glass")
    if chosen is not None or glass is None:
        return tuple(chosen or ())
    static, dynamical = sl.theory.static_temperature(glass.order), sl.theory.dynamical_temperature(glass.order)
    middle = () if dynamical - static < 1e-9 else (0.5 * (static + dynamical),)
    return *middle, _HOT * dynamical


def _at(k: int) -> str:
    return f"potential/glass/{k}"


def _of_glass(
    subject: Any, *, overlaps: tuple[float, ...], temperature: float, references: int, samples: int, seed: int
) -> sl.Potential:
    """Potential of glasses as large as the subject, planted at the temperature.

    In float32, whose rounding of energies is some 1e-5 of T: no acceptance feels it.
    """
    glasses, planted = sl.planted_instances(
        subject.landscape.dim,
        subject.order,
        temperature,
        references,
        seed,
        "float32",
        fixed_energy=True,
        device=subject.device,
    )
    steps = _LEAPFROG["glass"]
    return sl.franz_parisi(glasses, planted, np.array(overlaps), temperature, samples, seed, walkers=1, leapfrog=steps)


def _of_network(
    subject: Any, found: Any, *, overlaps: tuple[float, ...], heat: float, references: int, samples: int, seed: int
) -> sl.Potential:
    """Potential of solutions in their canonical form, at the temperature that heats a minimum by so much."""
    solutions = sl.symmetry.canonical(subject.network, subject.points(found, references))
    temperature = 2 * heat / subject.landscape.dim
    return sl.franz_parisi(
        subject.landscape,
        solutions,
        np.array(overlaps),
        temperature,
        samples,
        seed,
        walkers=1,
        n_warmup=samples,
        leapfrog=_LEAPFROG["network"],
    )


def _aligned(subject: Any, found: Any, potential: Any) -> sl.Alignment:
    """The last configurations, reference by reference and overlap by overlap, aligned to their references."""
    n = potential.points.shape[0]
    solutions = sl.symmetry.canonical(subject.network, subject.points(found, n))
    points = np.asarray(potential.points)
    each = np.repeat(solutions, points.shape[1] * points.shape[2], axis=0)
    return sl.align(subject.network, points.reshape(len(each), -1), each)


def _steps(book: Any) -> Iterator[Stage]:
    c, seed = book.config, book.seed(SEED_POTENTIAL)
    network, glass = of_kind(book, "network"), of_kind(book, "glass")
    same = {
        "overlaps": c.potential_overlaps,
        "references": c.potential_references,
        "samples": c.potential_samples,
        "seed": seed,
    }
    if glass is not None:
        levels = temperatures(book)
        known = {"order": glass.order, "temperatures": levels, "overlaps": c.potential_overlaps}
        yield Stage(_THEORY, "the potential by theory", potential_theory, arguments=known)
        for k, temperature in enumerate(levels):
            title = f"potential of the glass at T = {given(temperature, 3)}"
            yield Stage(_at(k), title, _of_glass, (), {**same, "temperature": temperature}, glass.key)
    if network is not None:
        arguments = {**same, "references": c.potential_references // 2, "heat": c.potential_heat}
        yield Stage(_NETWORK, "potential of the network", _of_network, (network.solutions,), arguments, network.key)
        title = "configurations at an overlap, aligned"
        yield Stage(_ALIGNED, title, _aligned, (network.solutions, _NETWORK), {}, network.key)


def _values(book: Any) -> dict[str, Any]:
    return {"potential_temperatures": list(temperatures(book))}


def _of_glasses(book: Any) -> list[Any]:
    """Potentials of the glass that are there, by temperature."""
    found = [book.get(_at(k)) for k in range(len(temperatures(book)))]
    return [potential for potential in found if potential is not None]


def _find(book: Any) -> Finding | None:
    numbers, sentences = Numbers(), []
    theory, network = book.get(_THEORY), book.get(_NETWORK)
    glasses = _of_glasses(book)
    if glasses and theory is not None:
        sentences.append(_beside_theory(numbers, book, glasses, theory))
    if network is not None:
        sentences.append(_shape(numbers, book, network))
    return numbers.finding("potential", " ".join(sentences)) if sentences else None


def _beside_theory(numbers: Numbers, book: Any, glasses: list[Any], theory: PotentialTheory) -> str:
    """Each temperature against the exact curve, with the room of the finite sphere in place of the infinite one's."""
    clauses = []
    for k, found in enumerate(glasses):
        q, t = np.asarray(found.overlap), given(found.temperature, 3)
        exact = theory.at(k, q) + found.room + 0.5 * found.temperature * np.log1p(-q * q)
        worst = worst_joint([(np.asarray(found.potentials)[:, 1:], exact[1:])])
        told = numbers.worst(f"largest deviation of V(q) at T = {t}, in standard errors", worst, "exact, N → ∞")
        far = int(np.argmin(np.abs(q - 0.6)))
        level = numbers.tell(
            f"V at q = {given(q[far])}, T = {t}", mean_of(found.potentials[:, far]), against="N → ∞", exact=exact[far]
        )
        verdict = "differs from" if worst.significant else "does not significantly differ from"
        clauses.append(
            f"at T = {t} it {verdict} the exact curve of N → ∞ ({told}), and is {level} per spin at q = "
            f"{given(q[far])}, where that has {number(float(exact[far]))}"
        )
    n = book.get(_at(0)).points.shape[-1]
    return (
        f"The potential V(q) of a glass of {n} spins at overlap q with a configuration of its equilibrium, planted: "
        f"{'; '.join(clauses)}."
    )


def _shape(numbers: Numbers, book: Any, found: Any) -> str:
    """Whether V of the network falls anywhere on the way from q = 0, and what it is at the last overlap."""
    q, unit = np.asarray(found.overlap), of_kind(book, "network").unit
    steps = [mean_of(step) for step in np.diff(np.asarray(found.potentials), axis=1).T]
    end = numbers.tell(
        f"V of the network at q = {given(q[-1])}",
        mean_of(found.potentials[:, -1]),
        against="the room alone",
        exact=float(found.room[-1]),
    )
    t = number(found.temperature, 2)
    start, last = (
        numbers.tell(f"mean loss at q = {given(q[k])}", float(found.energy[k]), float(found.energy_error[k]))
        for k in (0, -1)
    )
    lowest = min(steps, key=lambda step: step.value)
    worst = worst_bound([min(step.value / step.error, 0.0) for step in steps if step.error > 0], lowest.freedom)
    if lowest.value < 0 and worst.significant:
        k = steps.index(lowest)
        fall = numbers.tell(f"step of V from q = {given(q[k])} to {given(q[k + 1])}", lowest, p=worst.p, against="0")
        shape = f"falls from q = {given(q[k])} to {given(q[k + 1])} by {fall}: around a solution there is a state"
    else:
        numbers.keep("overlaps after which V of the network falls significantly", 0.0)
        shape = "falls significantly nowhere: around a solution there is no metastable state of its own"
    return (
        f"Around solutions of the network in canonical form, at T = {t}, it {shape}. V(q) comes to {end} {unit} at "
        f"q = {given(q[-1])}, where the room alone would make {number(float(found.room[-1]))}; the loss is {start} at "
        f"q = {given(q[0])} and {last} there."
    )


def _write(book: Any) -> Section | None:
    network, glasses, theory = book.get(_NETWORK), _of_glasses(book), book.get(_THEORY)
    figures: list[Picture] = []
    tables: list[Table] = []
    if glasses:
        curves, between = None, "and T_d"
        if theory is not None:
            curves = [
                SimpleNamespace(overlap=theory.overlap, potential=theory.potential[k]) for k in range(len(glasses))
            ]
            between = f"= {number(theory.static_temperature, 4)} and T_d = {number(theory.dynamical_temperature, 4)}"
        figures.append(
            picture(
                sl.figures.overlap_potential(glasses, theory=curves),
                "The glass: potential V(q) and energy at overlap q with a configuration of equilibrium, mean ± "
                "standard error over planted instances. Dashed: the exact curve for N → ∞. Between T_s "
                f"{between} it has a second minimum, a metastable state, whose height is T times the complexity.",
            )
        )
    if network is not None:
        figures.append(
            picture(
                sl.figures.overlap_potential(network, room=True),
                "The network: the same around solutions in canonical form, on the sphere of their norm. Mean ± "
                "standard error over solutions. Dotted: what the room at overlap q would make of V without a loss.",
            )
        )
        tables.append(_table(network, book.get(_ALIGNED)))
    if not figures:
        return None
    return Section(
        "Potential",
        "Franz and Parisi's potential",
        "V(q) is the free energy of configurations at overlap q with a reference, less that at q = 0: −T ln P(q), per "
        "spin for the glass. At each overlap the sphere that is left is sampled by Hamiltonian dynamics, exactly; V is "
        "the integral of the mean force. References of the glass are planted (exact from T_s on, where ln Z is as good "
        "as its mean), at their mean energy; those of the network are solutions in canonical form, and its "
        "temperature is such that equipartition would add "
        f"{given(book.config.potential_heat)} to the loss of a minimum. Configurations have the weight exp(−H/T) on "
        "the sphere through the reference.",
        figures,
        tables,
    )


def _table(found: Any, aligned: Any) -> Table:
    shape = found.points.shape[:3]
    near = np.full(shape, np.nan) if aligned is None else np.asarray(aligned.overlap).reshape(shape)
    rows = [
        (
            given(float(q)),
            mean_text(found.potentials[:, k]),
            number(float(found.room[k])),
            mean_text(near[:, k].mean(axis=1)),
            number(float(found.memory[k]), 2),
        )
        for k, q in enumerate(found.overlap)
    ]
    header = ("q", "V(q)", "room alone", "overlap after alignment", "memory (samples)")
    return Table(
        header,
        rows,
        "The network, mean ± standard error over solutions. Overlap after alignment: of the last configurations with "
        "the reference, their neurons rescaled and relabelled to come near it, which raises that of any two "
        "networks; where it stays at q no copy of the reference was met.",
    )


POTENTIAL = Chapter(
    "potential",
    "Franz and Parisi's potential",
    _steps,
    _find,
    _write,
    _values,
    kernels={"network": ("gradients", "losses"), "glass": ("potential",)},
)
