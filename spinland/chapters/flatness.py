"""Protocol 4: flatness against batch size and generalisation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import spinland as sl

from .. import rng
from ..formatting import given, p_text, plus_minus
from ..statistics.judging import SIGNIFICANCE, mean_of, paired
from .batches import compare_batch_sizes
from .chapter import Chapter, Stage, Step
from .findings import Finding, Numbers
from .sections import Section, Table, mean_text, picture
from .settings import Settings, number, one_of, setting, several, whole
from .training import SEED_BATCH, SEED_RESCALING, Training

_HEADING = "Flatness"
_COMPARISON = "batches/comparison"
_SIZES = (8, 32, 128, 512)
RESCALING = 0.5
"""Standard deviation of the logarithm of the factors that test what flatness makes of rescaled neurons."""


@dataclass(frozen=True)
class FlatnessSettings(Settings):
    """Settings of the comparison of batch sizes."""

    batch_sizes: tuple[int, ...] | None = setting(
        None,
        "batch sizes to compare, none for no comparison; default 8, 32, 128 and 512 as far as there are samples",
        several(whole(1), optional=True, empty=True),
        _HEADING,
    )
    batch_replicas: int = setting(20, "networks trained for each batch size", whole(3), _HEADING)
    batch_rule: str = setting(
        "epochs", "what batch sizes have in common: epochs or updates", one_of("epochs", "updates"), _HEADING
    )
    radii: tuple[float, ...] = setting(
        (0.05, 0.1, 0.2, 0.4), "relative distances of the perturbations", several(number(above=0)), _HEADING
    )
    directions: int = setting(20, "random directions from each solution", whole(2), _HEADING)


def _flatness(
    subject: Any,
    ensemble: Any,
    *,
    radii: tuple[float, ...],
    directions: int,
    seed: int,
    kind: str,
    rescaling: int | None = None,
) -> sl.Flatness:
    """Flatness of every replica, NaN if it diverged; ``rescaling``, a seed, looks at copies with rescaled neurons."""
    solutions = np.asarray(subject.points(ensemble))
    if rescaling is not None:
        solutions = _rescale(subject.network, solutions, rescaling)
    result = sl.flatness(subject.landscape, solutions, radii, directions, seed=seed, kind=kind)
    alive = ~ensemble.diverged

    def all_rows(values: NDArray[Any]) -> NDArray[Any]:
        rows = np.full((len(alive), *values.shape[1:]), np.nan)
        rows[alive] = values
        return rows

    return replace(
        result, values=all_rows(result.values), rise=all_rows(result.rise), rise_error=all_rows(result.rise_error)
    )


def _rescale(network: Any, solutions: NDArray[Any], seed: int) -> NDArray[Any]:
    """The same functions with the neurons of each solution rescaled by log-normal factors of spread ``RESCALING``."""
    draws = [
        sl.symmetry.random_symmetry(network, seed, replica=i, spread=RESCALING).scales for i in range(len(solutions))
    ]
    return np.stack(
        [sl.symmetry.rescale(network, point, scales) for point, scales in zip(solutions, draws, strict=True)]
    )


def _name(batch_size: int, part: str) -> str:
    """``part`` ("ensemble", "filter", "walk", "rescaled") for networks trained with this batch size."""
    return f"batches/{batch_size}/{part}"


def _sizes(book: Any) -> tuple[int, ...]:
    """Batch sizes that are compared: those of the settings, or as many of some as there are samples for."""
    wanted, n_train = book.config.batch_sizes, book.facts["n_train"]
    return tuple(b for b in _SIZES if b <= n_train) if wanted is None else tuple(wanted)


def _main_size(book: Any) -> int:
    """The batch size whose replicas are rescaled: that of all other training, or the first one."""
    sizes = _sizes(book)
    return int(book.batch_size) if book.batch_size in sizes else sizes[0]


def _steps(book: Any) -> Iterator[Step]:
    c, key, sizes = book.config, book.network.key, _sizes(book)
    arguments = {"radii": c.radii, "directions": c.directions, "seed": c.seed}
    for size in sizes:
        ensemble = _name(size, "ensemble")
        yield Training.of(
            book,
            ensemble,
            f"training {c.batch_replicas} replicas, batch size {size}",
            replicas=c.batch_replicas,
            batch_size=size,
            epochs=_epochs(book, size),
            # The same initial points for all of them: this removes their share of the scatter from the comparison.
            seed=rng.derive_seed(c.seed, SEED_BATCH),
        )
        for kind in ("filter", "walk"):
            title = f"flatness ({kind}), batch size {size}"
            yield Stage(_name(size, kind), title, _flatness, (ensemble,), arguments | {"kind": kind}, key)
    if sizes:
        size = _main_size(book)
        rescaled = arguments | {"kind": "filter", "rescaling": rng.derive_seed(c.seed, SEED_RESCALING)}
        title = f"flatness (filter) of rescaled copies, batch size {size}"
        yield Stage(_name(size, "rescaled"), title, _flatness, (_name(size, "ensemble"),), rescaled, key)
    if len(sizes) > 1:
        needs = tuple(_name(size, part) for size in sizes for part in ("ensemble", "filter", "walk"))
        gathered = {"sizes": sizes, "radii": c.radii, "seed": c.seed}
        yield Stage(_COMPARISON, "flatness against generalisation", compare_batch_sizes, needs, gathered, key)


def _epochs(book: Any, size: int) -> int:
    """Epochs with a batch size: as many as elsewhere, or those with as many updates."""
    c, n_train = book.config, book.facts["n_train"]
    if c.batch_rule != "updates":
        return int(c.epochs)
    return max(1, round(c.epochs * -(-n_train // book.batch_size) / -(-n_train // size)))


def _find(book: Any) -> Finding | None:
    comparison = book.get(_COMPARISON)
    if comparison is None:
        return None
    numbers = Numbers()
    quality = "test accuracy" if book.is_classification else "minus the test loss"
    sentences = [_compared(numbers, comparison), _confounded(comparison)]
    clauses = []
    for kind, name in (("filter", "filter directions"), ("walk", "walks")):
        rho, error, p = _rank(comparison, f"rank_{kind}")
        numbers.keep(f"rank correlation of rise and {quality}, {name}", rho, error, p=p, against="zero")
        clauses.append(f"{_rho(rho, error)} ({p_text(p)}) for {name}, {_meaning(rho, p)}")
    sentences.append(f"Rank correlation of the rise with the {quality}: " + "; ".join(clauses) + ".")
    rho, error, p = _rank(comparison, "within_mean_filter")
    if np.isfinite(rho):
        numbers.keep("the same within one batch size, filter directions", rho, error, p=p, against="zero")
        sentences.append(
            f"Within one batch size, where it cannot come from the batch size, it is {_rho(rho, error)} on average "
            f"({p_text(p)}), {_meaning(rho, p)} (filter directions)."
        )
    sentences.append(_rescaled(numbers, book, comparison.radius))
    return numbers.finding("flatness", " ".join(sentence for sentence in sentences if sentence))


def _rho(rho: float, error: float) -> str:
    return f"ρ {'is ' if not np.isfinite(rho) else '= '}{plus_minus(rho, error)}"


def _rank(comparison: Any, name: str) -> tuple[float, float, float]:
    """A rank correlation, its error and its p."""
    rho, error, p = (float(getattr(comparison, name + end)) for end in ("", "_error", "_p"))
    return rho, error, p


def _compared(numbers: Numbers, comparison: Any) -> str:
    """The rises of the smallest and of the largest batch size, replica by replica: both start from the same points."""
    small, large = int(np.argmin(comparison.batch_sizes)), int(np.argmax(comparison.batch_sizes))
    rise = comparison.rise_filter
    change = paired(rise[large], rise[small])
    numbers.keep(
        f"rise at batch size {comparison.batch_sizes[small]} less that at {comparison.batch_sizes[large]}",
        change,
        p=change.p,
        against="zero",
    )
    claim = change.word(
        "flatter solutions than",
        "solutions that are not significantly flatter or sharper than",
        "sharper solutions than",
    )
    return (
        f"Batch size {comparison.batch_sizes[small]} gives {claim} {comparison.batch_sizes[large]}: the rise is "
        f"{mean_of(rise[small])} against {mean_of(rise[large])}, difference from the same starts {change} "
        f"({change.chance})."
    )


def _confounded(comparison: Any) -> str:
    """A warning where the batch sizes have not been trained equally far."""
    losses = np.nanmean(comparison.train_loss, axis=1)
    high, low = int(np.argmax(losses)), int(np.argmin(losses))
    if losses[high] < 1.5 * losses[low]:
        return ""
    return (
        f"But the final training losses differ between the batch sizes, from {mean_of(comparison.train_loss[low])} to "
        f"{mean_of(comparison.train_loss[high])}, so this compares how far they have converged as much as how flat "
        "they are; --batch-rule updates gives all of them the same number of updates."
    )


def _meaning(rho: float, p: float) -> str:
    if not np.isfinite(rho):
        return "as all values are equal"
    if not p <= SIGNIFICANCE:
        return "not distinguishable from none"
    return "flatter generalises better, as claimed" if rho < 0 else "flatter generalises worse, against the claim"


def _rescaled(numbers: Numbers, book: Any, radius: float) -> str:
    """The relative change of the rise under a rescaling of neurons, over replicas; empty where it was not measured."""
    size = _main_size(book)
    after, before = book.get(_name(size, "rescaled")), book.get(_name(size, "filter"))
    if after is None or before is None or radius not in before.radii:
        return ""
    at = int(np.flatnonzero(before.radii == radius)[0])
    change = mean_of(100 * (after.rise[:, at] / before.rise[:, at] - 1))
    numbers.keep("change of the rise under a rescaling of neurons, %", change, p=change.p, against="zero")
    which, by = ("larger", change) if change.value >= 0 else ("smaller", -change)
    return (
        "Filter normalisation does not make the rise a property of the function: copies of the replicas of batch size "
        f"{size} with rescaled neurons, the same functions, have one that is {which} by {by} % on average "
        f"({change.chance})."
    )


def _write(book: Any) -> Section | None:
    comparison = book.get(_COMPARISON)
    if comparison is None:
        return None
    kinds = {"filter": "along filter-normalised directions", "walk": "along displacements of a random walk"}
    return Section(
        "Protocol 4",
        "Protocol 4: flatness, batch size and generalisation",
        f"Replicas are trained with each batch size from common initial points ({book.config.batch_rule} in common). "
        f"Flatness is the rise of the training loss at the relative distance |δw|/|w| = {given(comparison.radius)}: "
        "small is flat. The claim under test: small batches find flatter solutions, and flatter solutions generalise "
        "better. Rescaled copies: what enters a hidden neuron times a factor, what leaves it divided by it; factors "
        f"are log-normal with a spread of {given(RESCALING)}.",
        [
            picture(
                sl.figures.flatness_batch(comparison, kind=kind, unit=book.network.unit),
                f"Flatness {words}. Mean over replicas ± standard error; each point of the scatter is one replica.",
            )
            for kind, words in kinds.items()
        ],
        [_table(comparison, book.is_classification)],
    )


def _table(comparison: Any, classification: bool) -> Table:
    rows = []
    for i, size in enumerate(comparison.batch_sizes):
        row = [str(size), mean_text(comparison.train_loss[i]), mean_text(comparison.test_loss[i])]
        if classification:
            row.append(mean_text(comparison.test_accuracy[i], True))
        row += [
            mean_text(comparison.generalisation_gap[i]),
            mean_text(comparison.rise_filter[i]),
            mean_text(comparison.rise_walk[i]),
            plus_minus(comparison.within_filter[i], comparison.within_filter_error[i]),
        ]
        rows.append(row)
    header = ["batch size", "training loss", "test loss", *(["test accuracy"] if classification else [])]
    header += ["gap (test − training)", "rise, filter", "rise, walk", "ρ within, filter"]
    return Table(
        header,
        rows,
        "Mean ± standard error over replicas; ρ within: rank correlation with a jackknife error over replicas. Compare "
        "the training losses before reading the flatness: "
        "replicas that have not converged are flat for another reason.",
    )


FLATNESS = Chapter(
    "flatness",
    "flatness against batch size and generalisation",
    _steps,
    _find,
    _write,
    lambda book: {"batch_sizes": list(_sizes(book))},
    kernels={"network": ("flatness",)},
)
