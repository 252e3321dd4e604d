"""Critical points of random homogeneous polynomials on the circle and the sphere, by elimination.

No iteration from starting points: all roots of one polynomial, so that the sets are complete.
f has the covariance E[f(x) f(y)] = (x·y)^p on the unit sphere; the energy per spin is f/sqrt(N).
"""

import itertools
import math

import numpy as np


def circle(order, rng):
    """Energies per spin and indices of all critical points of an instance, N = 2."""
    j = np.arange(order + 1)
    a = rng.normal(size=order + 1) * np.sqrt([math.comb(order, int(i)) for i in j])

    def derivative(theta):
        c, s = np.cos(theta), np.sin(theta)
        inner = j[1:] * c ** (order - j[1:] + 1) * s ** (j[1:] - 1)
        outer = (order - j[:-1]) * c ** (order - j[:-1] - 1) * s ** (j[:-1] + 1)
        return a[1:] @ inner - a[:-1] @ outer

    coefficients = np.zeros(order + 1)  # of tan^i
    coefficients[:-1] += a[1:] * j[1:]
    coefficients[1:] -= a[:-1] * (order - j[:-1])
    tangents = np.roots(coefficients[::-1])
    angles = np.arctan(tangents[np.abs(tangents.imag) < 1e-9].real)
    energies, indices = [], []
    for theta in np.concatenate([angles, angles + np.pi]):
        energies.append(a @ (np.cos(theta) ** (order - j) * np.sin(theta) ** j) / math.sqrt(2))
        indices.append(int(derivative(theta + 1e-6) < derivative(theta - 1e-6)))
    return np.array(energies), np.array(indices)


def evaluate(x, powers, a):
    return a @ np.prod(x**powers, axis=1)


class SphereInstance:
    """A random form of three variables."""

    def __init__(self, order, rng):
        self.order = order
        self.powers = np.array([e for e in itertools.product(range(order + 1), repeat=3) if sum(e) == order])
        multiplicity = [math.factorial(order) / math.prod(math.factorial(i) for i in e) for e in self.powers]
        self.a = rng.normal(size=len(self.powers)) * np.sqrt(multiplicity)

        self.first = [self.derivative((i,)) for i in range(3)]
        self.second = [[self.derivative((i, j)) for j in range(3)] for i in range(3)]

    def derivative(self, axes):
        """Exponents and coefficients of the derivative by these axes."""
        powers, a = self.powers.copy(), self.a.copy()
        for axis in axes:
            a = a * powers[:, axis]
            powers[:, axis] = np.maximum(powers[:, axis] - 1, 0)
        return powers[a != 0], a[a != 0]

    def at(self, x):
        return evaluate(x, self.powers, self.a)

    def slice(self, axis, u):
        """∂f/∂axis at (u, v, 1) as a polynomial in v: coefficients (len(u), order + 1), lowest first."""
        powers, a = self.first[axis]
        result = np.zeros((len(u), self.order + 1), complex)
        for (i, j, _), c in zip(powers, a, strict=True):
            result[:, j] += c * u**i
        return result

    def sylvester(self, u):
        """Sylvester matrices, in v, of f_x − u f_z and f_y − v f_z."""
        p = self.order
        x, y, z = (self.slice(axis, u) for axis in range(3))
        first = x - u[:, None] * z
        second = y.copy()
        second[:, 1:] -= z[:, :-1]
        matrix = np.zeros((len(u), 2 * p, 2 * p), complex)
        for row in range(p):
            matrix[:, row, row : row + p + 1] = first
            matrix[:, p + row, row : row + p + 1] = second
        return matrix

    def critical_points(self):
        """Unit vectors of all real critical points, (K, 3), one of each pair ±x."""
        degree = self.order**2 - self.order + 1
        samples = 16  # more than the degree, 7 or 13
        determinants = np.linalg.det(self.sylvester(np.exp(2j * np.pi * np.arange(samples) / samples)))
        coefficients = np.fft.fft(determinants)[: degree + 1].real
        found = []
        for u in np.roots(coefficients[::-1]):
            if abs(u.imag) < 1e-5 * (1 + abs(u)):
                null = np.linalg.svd(self.sylvester(np.array([u.real + 0j]))[0])[2][-1]
                x = np.array([u.real, (null[1] / null[0]).real, 1.0])
                found.append(self.polish(x / np.linalg.norm(x)))
        return np.array(found)

    def polish(self, x):
        """Newton's method on the sphere, from a root that is already one."""
        for _ in range(4):
            gradient, tangent, hessian = self.local(x)
            x = x - tangent @ np.linalg.solve(hessian, tangent.T @ gradient)
            x = x / np.linalg.norm(x)
        gradient, tangent, _ = self.local(x)
        assert np.linalg.norm(tangent.T @ gradient) < 1e-9
        return x

    def local(self, x):
        gradient = np.array([evaluate(x, *form) for form in self.first])
        tangent = np.linalg.svd(x[None])[2][1:].T
        full = np.array([[evaluate(x, *form) for form in row] for row in self.second])
        return gradient, tangent, tangent.T @ (full - (x @ gradient) * np.eye(3)) @ tangent

    def census(self):
        """Energies per spin and indices of all critical points, both of each pair."""
        energies, indices = [], []
        for half in self.critical_points():
            for x in (half, -half):
                energies.append(self.at(x) / math.sqrt(3))
                indices.append(int(np.sum(np.linalg.eigvalsh(self.local(x)[2]) < 0)))
        return np.array(energies), np.array(indices)
