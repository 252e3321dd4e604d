"""Random subspaces: how few directions suffice to train in, and how low a glass gets on as many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import spinland as sl

from ..errors import ArgumentError
from ..formatting import given
from ..statistics.judging import mean_of
from .chapter import Chapter, DataStage, Stage
from .findings import Finding, Numbers
from .sections import Section, Table, mean_text, picture
from .settings import Settings, number, setting, several, whole
from .subjects import none_converged, of_kind

SEED_SUBSPACE = 11
_HEADING = "Subspaces"

_SHARES = 0.05, 0.1, 0.2, 0.4, 0.7
_NETWORK, _GLASS = "subspaces/dimension", "subspaces/sections"


def _below_one(name: str, value: Any) -> float:
    return number(above=0, maximum=0.999)(name, value)


@dataclass(frozen=True)
class SubspaceSettings(Settings):
    """Settings of training in random subspaces."""

    subspace_dimensions: tuple[int, ...] | None = setting(
        None,
        "dimensions of random subspaces to train in, rising; default powers of 2 from 4 to 256, as far as there are "
        "parameters",
        several(whole(1), optional=True),
        _HEADING,
    )
    subspace_replicas: int = setting(
        8, "networks trained at each dimension, and sections of the glass", whole(2), _HEADING
    )
    subspace_epochs: int = setting(15, "passes over the training set in subspaces", whole(1), _HEADING)
    subspace_rate: float = setting(0.03, "learning rate of Adam in subspaces", number(above=0), _HEADING)
    subspace_threshold: float = setting(0.9, "share of the accuracy that counts as success", _below_one, _HEADING)


def _dimensions(book: Any) -> tuple[int, ...]:
    """Those of the settings, or powers of 2."""
    wanted, subject = book.config.subspace_dimensions, of_kind(book, "network")
    dim = 0 if subject is None else subject.network.n_params
    return tuple(2**k for k in range(2, 9) if 2**k <= dim) if wanted is None else tuple(wanted)


def _trained(subject: Any, ensemble: Any, *, dataset: Any, rate: float, **arguments: Any) -> Any:
    """Accuracy against the dimension; direct training are the replicas that there are."""
    if ensemble.diverged.all():
        raise none_converged()
    found = sl.intrinsic_dimension(
        subject.network,
        dataset,
        optimizer=sl.Adam(rate),
        baseline=ensemble,
        batch_size=ensemble.batch_size,
        dtype=subject.dtype,
        device=subject.device,
        precision=subject.precision,
        **arguments,
    )
    if not np.isfinite(found.accuracy).any():
        raise ArgumentError("subspace_rate", "one at which training converges", f"{rate:g}, where all replicas diverge")
    return found


def _lowered(subject: Any, found: Any, *, sections: int, seed: int) -> sl.SectionMinima:
    """Minima of the glass on random linear sections, with the mean of those of the whole."""
    n = subject.landscape.dim
    sizes = sorted({max(2, round(share * n)) for share in _SHARES})
    whole = mean_of(found.values).value
    return replace(sl.section_minima(subject.landscape, sizes, sections, seed), whole=whole)


def _steps(book: Any) -> Iterator[Stage]:
    c, seed = book.config, book.seed(SEED_SUBSPACE)
    network, glass = of_kind(book, "network"), of_kind(book, "glass")
    if network is not None and network.classifies:
        arguments = {
            "dimensions": np.array(_dimensions(book)),
            "n_replicas": c.subspace_replicas,
            "threshold": c.subspace_threshold,
            "epochs": c.subspace_epochs,
            "seed": seed,
            "rate": c.subspace_rate,
        }
        title = "training in random subspaces"
        yield DataStage(_NETWORK, title, _trained, (network.solutions,), arguments, network.key)
    if glass is not None:
        arguments = {"sections": c.subspace_replicas, "seed": seed}
        yield Stage(
            _GLASS, "minima on random sections of the sphere", _lowered, (glass.solutions,), arguments, glass.key
        )


def _find(book: Any) -> Finding | None:
    found, sections = book.get(_NETWORK), book.get(_GLASS)
    numbers = Numbers()
    sentences = [] if found is None else _needed(numbers, found)
    if sections is not None:
        sentences.append(_reached(numbers, book, sections))
    return numbers.finding("subspaces", " ".join(sentences)) if sentences else None


def _needed(numbers: Numbers, found: Any) -> list[str]:
    """Dimensions at the two thresholds, and the curves of success."""
    share, clauses = f"{100 * found.threshold:g} %", []
    for k, baseline in reversed(list(enumerate(("all test samples", "the accuracy of direct training")))):
        if np.isfinite(found.crossing[k]):
            d = numbers.tell(f"dimension at {share} of {baseline}", found.crossing[k], found.crossing_error[k])
            clauses.append(f"{share} of {baseline} at d = {d}")
        else:
            clauses.append(f"{share} of {baseline} at no dimension between those tried")
    reached = " and ".join(clauses)
    first = (
        f"Trained in random subspaces of d of {found.n_params} parameters, the mean test accuracy reaches {reached}."
    )
    sentences = [first]
    lost = np.isnan(found.accuracy)
    if lost.any():
        sentences.append(f"{int(lost.sum())} of {lost.size} trainings diverged and count as failures.")
    if np.log(found.dimensions[0]) <= found.midpoint[1] <= np.log(found.dimensions[-1]):
        half = float(np.exp(found.midpoint[1]))
        error = half * float(found.midpoint_error[1])
        sentences.append(
            f"Half of the replicas reach {share} of direct training at d = "
            f"{numbers.tell('dimension at which half of the replicas succeed', half, error)} (logistic curve of ln d)."
        )
    return sentences


def _reached(numbers: Numbers, book: Any, sections: Any) -> str:
    """Energies on sections against sqrt(n/N) times those of minima of the whole."""
    text = (
        f"On a random section of n of {sections.dim} dimensions the glass is one of n spins with energies scaled by "
        "√(n/N), but for what so few spins do to a minimum"
    )
    scaled = np.sqrt(sections.dimensions / sections.dim) * sections.whole
    clauses = []
    for k in (len(sections.dimensions) - 1, 0):
        n = sections.dimensions[k]
        level = numbers.tell(
            f"energy of minima on sections of {n} dimensions",
            mean_of(sections.values[k]),
            against="√(n/N) times the energy of the whole",
            exact=float(scaled[k]),
        )
        whole = given(float(np.round(scaled[k], 4)))
        clauses.append(f"at n = {n} its minima lie at {level} per spin, √(n/N) times those of the whole at {whole}")
    return f"{text}: {'; '.join(clauses)}."


_IN_SUBSPACES = (
    "Only z of w = θ + P z is trained, where θ is an initialisation and P a random matrix with columns of length "
    "1, signs ±1/√dim: Adam at rate {rate}, {epochs} epochs (Li et al., "
    "arXiv:1804.08838). A threshold says little without its baseline: a share of all samples is not the same share "
    "of what direct training reaches. The rate is the same at all d; where it does not suit one, the accuracy "
    "there is a lower bound."
)
_ON_SECTIONS = (
    "A glass is lowered on random linear sections of its sphere, σ = P z with n orthonormal columns P: how low does it "
    "get where it may move in n of its N dimensions?"
)


def _write(book: Any) -> Section | None:
    found, sections = book.get(_NETWORK), book.get(_GLASS)
    figures, tables = [], []
    if found is not None:
        figures.append(
            picture(
                sl.figures.dimension_curve(found, unit=of_kind(book, "network").unit),
                "Training in random subspaces. Left: test accuracy, mean ± standard error over replicas, each in a "
                "subspace of its own. Middle: losses. Right: the share of replicas that reach the threshold, and "
                "logistic curves of ln d.",
            )
        )
        tables.append(_table(found))
    if sections is not None:
        figures.append(
            picture(
                sl.figures.section_energies(sections).figure,
                "Energies of minima on random linear sections of the sphere of the glass. Mean ± standard error over "
                "sections. The curve is that of glasses of n spins, but for what their size does to a minimum.",
            )
        )
    if not figures:
        return None
    c, texts = book.config, []
    if found is not None:
        texts.append(_IN_SUBSPACES.format(rate=given(c.subspace_rate), epochs=c.subspace_epochs))
    if sections is not None:
        texts.append(_ON_SECTIONS)
    title = "Random subspaces" if found is not None else "Random sections of the sphere"
    return Section("Subspaces", title, " ".join(texts), figures, tables)


def _table(found: Any) -> Table:
    rows = [
        (
            str(d),
            mean_text(found.train_loss[k]),
            mean_text(found.accuracy[k], True),
            *(f"{100 * found.success[b, k]:.0f} %" for b in range(2)),
        )
        for k, d in enumerate(found.dimensions)
    ]
    header = ["d", "training loss", "test accuracy", "of 100 %", "of direct training"]
    share = f"{100 * found.threshold:g} %"
    caption = (
        "Mean ± standard error over replicas, and the share of replicas whose test accuracy reaches "
        f"{share} of 100 %, and {share} of that of direct training."
    )
    return Table(header, rows, caption, groups=(("", 3), ("replicas that succeed", 2)))


SUBSPACES = Chapter(
    "subspaces",
    "training in random subspaces",
    _steps,
    _find,
    _write,
    lambda book: {"subspace_dimensions": list(_dimensions(book))},
    kernels={"network": ("subspaces",), "glass": ("sections",)},
)
