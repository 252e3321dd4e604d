"""Elastic bands: a chain of images between two minima that relaxes onto the lowest way over the saddle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..arrays import sealed
from ..dynamics.hamiltonian import Hamiltonian
from ..errors import ArgumentError
from ..landscape.protocol import Landscape
from ..probes.inputs import a_landscape
from ..progress import track
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from . import inputs
from .curves import Curve

Array = NDArray[np.float64]

_FIRST_MOVE = 0.1  # of the spacing of the images, by the largest force of the first step
_LONGEST_MOVE = 0.2


@dataclass(frozen=True, eq=False, kw_only=True)
class Band(Measured):
    """Images from one point to another.

    Attributes
    ----------
    images : array (n, dim)
        The images, the two ends first and last, as they were given.
    values : array (n,)
        Value at each.
    arc_length : array (n,)
        Length of the polygon (on a sphere: of the arcs) from the start to each.
    forces : array (n,)
        Gradient across the band at each image, |∇L| or |P∇H|/√N, without the part along the band; at the climbing
        image all of it. Zero at the ends, which are held.
    highest : int
        Which image is the highest.
    climbing : bool
        Whether it has climbed along the band to a saddle.
    converged : bool
        Whether all forces are below the tolerance.
    n_iterations : int
        Steps taken.
    """

    images: NDArray[Any]
    values: Array
    arc_length: Array
    forces: Array
    highest: int
    climbing: bool
    converged: bool
    n_iterations: int

    @property
    def barrier(self) -> float:
        """Value of the highest image less the mean of the ends, not cut at 0."""
        return float(self.values[self.highest] - 0.5 * (self.values[0] + self.values[-1]))


def elastic_band(
    landscape: Landscape,
    start: ArrayLike,
    end: ArrayLike,
    n_images: int = 11,
    climbing: bool = True,
    *,
    tolerance: float = 1e-3,
    max_iterations: int = 2000,
    initial: ArrayLike | None = None,
) -> Band:
    """Relax a nudged elastic band between two minima, and let its highest image climb to the saddle.

    Across the band an image feels the gradient, along it springs between neighbours alone. Tangents point to the higher
    neighbour, mixed by the energy differences at extrema (G. Henkelman and H. Jónsson, J. Chem. Phys. 113, 9978, 2000);
    the climbing image has no springs, and its gradient along the band is turned round (Henkelman, Uberuaga and Jónsson,
    ibid. 9901). Springs are as stiff as the gradients of the first band over its spacing. Images move by FIRE (Bitzek
    and others, Phys. Rev. Lett. 97, 170201, 2006). On a sphere tangents and forces lie in its tangent spaces.

    Parameters
    ----------
    landscape : Landscape
        Any landscape with a gradient.
    start, end : array (dim,)
        The minima.
    n_images : int
        Images between them, at least 1.
    climbing : bool
        Whether the highest image climbs, once the forces are below twenty times the tolerance or half of the steps are
        taken.
    tolerance : float
        Largest force (`Band.forces`) at which the band is at rest.
    max_iterations : int
        Steps at most.
    initial : array (n_images, dim), optional
        First images, such as points of a trained path; by default on the straight line or great circle.

    Returns
    -------
    Band
        Its highest image is near a saddle: :func:`saddle` finds it to the last digits.

    Raises
    ------
    ArgumentError
        Points of another length, off the sphere, opposite on it, or equal; no images.
    """
    a_landscape(landscape)
    starts, ends, single = inputs.pairs(landscape, start, end)
    if not single:
        raise ArgumentError("start", "one point", f"{len(starts)}")
    n_images = checks.integer("n_images", n_images, minimum=1)
    checks.room("n_images", n_images, 8 * 8 * n_images * landscape.dim)
    climbing = checks.boolean("climbing", climbing)
    tolerance = checks.real("tolerance", tolerance, above=0)
    max_iterations = checks.integer("max_iterations", max_iterations, minimum=0)
    radius = inputs.radius_of(landscape, starts, ends)
    images = _first(landscape, starts[0], ends[0], n_images, initial, radius)
    relaxation = _Relaxation(landscape, images, climbing, tolerance)
    relaxation.run(max_iterations)
    final = images.astype(landscape.dtype)
    final[0], final[-1] = starts[0], ends[0]
    arguments = {
        "start": starts[0],
        "end": ends[0],
        "n_images": n_images,
        "climbing": climbing,
        "tolerance": tolerance,
        "max_iterations": max_iterations,
        "initial": None if initial is None else np.asarray(initial),
    }
    return Band(
        images=sealed(final),
        values=relaxation.values,
        arc_length=np.concatenate([[0.0], np.cumsum(_steps(images, radius))]),
        forces=np.concatenate([[0.0], relaxation.sizes, [0.0]]),
        highest=int(np.argmax(relaxation.values)),
        climbing=relaxation.climbs,
        converged=bool(relaxation.sizes.max() < tolerance),
        n_iterations=relaxation.taken,
        **quantity_of(landscape),
        provenance=record_on(landscape, "elastic_band", arguments),
    )


def _first(
    landscape: Landscape,
    start: NDArray[Any],
    end: NDArray[Any],
    n_images: int,
    initial: ArrayLike | None,
    radius: float | None,
) -> Array:
    """First images (n_images + 2, dim) in float64."""
    if np.array_equal(start, end):
        raise ArgumentError("end", "another point than the start")
    ends = np.stack([start, end]).astype(np.float64)
    if initial is None:
        line = Curve(ends, "chain", radius)
        return np.array(line.points(line.at(np.linspace(0, 1, n_images + 2))))
    given = checks.float_array("initial", initial, shape=(n_images, landscape.dim))
    given = landscape.geometry.space.on("initial", given)
    return np.concatenate([ends[:1], given, ends[1:]])


def _steps(images: Array, radius: float | None) -> Array:
    """Distances of neighbours."""
    chords = np.linalg.norm(np.diff(images, axis=0), axis=1)
    return chords if radius is None else np.asarray(2 * radius * np.arcsin(np.minimum(1.0, chords / (2 * radius))))


class _Relaxation:
    """Images that move, in place."""

    def __init__(self, landscape: Landscape, images: Array, climbing: bool, tolerance: float):
        self.hamiltonian, self.images = Hamiltonian(landscape), images
        self.radii = self.hamiltonian.radii(images)
        self.values, gradients = self.hamiltonian.value_gradient(images)
        self.tolerance, self.may_climb, self.climbs, self.taken = tolerance, climbing, False, 0
        spacing = np.linalg.norm(np.diff(images, axis=0), axis=1).mean()
        strongest = max(float(np.linalg.norm(gradients, axis=1).max()), 1e-300)
        self.spring, self.longest = strongest / spacing, _LONGEST_MOVE * spacing
        self.step = float(np.sqrt(_FIRST_MOVE * spacing / strongest))
        self.gradients = gradients
        self.force = self._force()

    def _tangents(self) -> Array:
        """Unit tangents (n, dim) at the inner images."""
        before, after = self.images[1:-1] - self.images[:-2], self.images[2:] - self.images[1:-1]
        lower, here, upper = self.values[:-2], self.values[1:-1], self.values[2:]
        most = np.maximum(np.abs(upper - here), np.abs(lower - here))
        least = np.minimum(np.abs(upper - here), np.abs(lower - here))
        up, down = (upper > here) & (here > lower), (upper < here) & (here < lower)
        ahead = np.where(upper > lower, most, least)
        behind = np.where(upper > lower, least, most)
        ahead, behind = np.where(up, 1.0, np.where(down, 0.0, ahead)), np.where(up, 0.0, np.where(down, 1.0, behind))
        level = ahead + behind == 0  # neighbours of one height: no side is preferred
        ahead, behind = np.where(level, 1.0, ahead), np.where(level, 1.0, behind)
        tangents = self.hamiltonian.tangent(self.images[1:-1], ahead[:, None] * after + behind[:, None] * before)
        length = np.linalg.norm(tangents, axis=1, keepdims=True)
        return np.asarray(np.divide(tangents, length, out=np.zeros_like(tangents), where=length > 0))

    def _force(self) -> Array:
        """Forces (n, dim) on the inner images; ``sizes`` are what is to become zero."""
        tangents, gradient = self._tangents(), self.gradients[1:-1]
        along = np.sum(gradient * tangents, axis=1, keepdims=True)
        across = -(gradient - along * tangents)
        gaps = np.linalg.norm(np.diff(self.images, axis=0), axis=1)
        force = across + self.spring * (gaps[1:] - gaps[:-1])[:, None] * tangents
        sizes = np.linalg.norm(across, axis=1)
        if self.climbs:
            top = int(np.argmax(self.values[1:-1]))
            force[top] = -gradient[top] + 2 * along[top] * tangents[top]
            sizes[top] = np.linalg.norm(gradient[top])
        self.sizes = sizes / np.sqrt(self.hamiltonian.extent)
        return np.asarray(force)

    def run(self, max_iterations: int) -> None:
        """Move until all forces are small."""
        velocity = np.zeros_like(self.force)
        mixing, good, longest_step = 0.1, 0, 10 * self.step
        with track(max_iterations, "elastic band") as advance:
            for self.taken in range(max_iterations + 1):
                ready = self.sizes.max() < 20 * self.tolerance or 2 * self.taken >= max_iterations
                if self.may_climb and not self.climbs and ready:
                    self.climbs = True
                    self.force, velocity = self._force(), np.zeros_like(velocity)
                if self.sizes.max() < self.tolerance or self.taken == max_iterations:
                    return
                if np.sum(velocity * self.force) > 0:
                    share = np.linalg.norm(velocity) / max(float(np.linalg.norm(self.force)), 1e-300)
                    velocity = (1 - mixing) * velocity + mixing * share * self.force
                    good += 1
                    if good > 5:
                        self.step, mixing = min(1.1 * self.step, longest_step), 0.99 * mixing
                else:
                    velocity, mixing, good, self.step = np.zeros_like(velocity), 0.1, 0, 0.5 * self.step
                velocity = velocity + self.step * self.force
                self._move(self.step * velocity)
                advance()

    def _move(self, moves: Array) -> None:
        length = np.linalg.norm(moves, axis=1, keepdims=True)
        inner = self.images[1:-1] + moves / np.maximum(1.0, length / self.longest)
        self.images[1:-1] = self.hamiltonian.retract(inner, self.radii[1:-1])
        values, gradients = self.hamiltonian.value_gradient(self.images[1:-1])
        self.values[1:-1], self.gradients[1:-1] = values, gradients
        self.force = self._force()
