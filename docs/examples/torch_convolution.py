"""A convolutional network of PyTorch as a landscape: its curvature, its sharpness, and a path between two solutions.

Run it where PyTorch is installed beside spinland: ``python docs/examples/torch_convolution.py``. It trains two small
networks on the embedded digits, which takes a few seconds, and prints what it finds.
"""

from __future__ import annotations

import numpy as np
import torch
from torch.func import functional_call, grad, jvp
from torch.nn.utils import parameters_to_vector

import spinland as sl


def made(seed):
    """A convolution, a pooling and a linear layer for 8 × 8 images, in float64."""
    torch.manual_seed(seed)
    return torch.nn.Sequential(
        torch.nn.Unflatten(1, (1, 8, 8)),
        torch.nn.Conv2d(1, 6, 3),
        torch.nn.Tanh(),
        torch.nn.AvgPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(6 * 9, 10),
    ).double()


def landscape_of(model, x, y):
    """The mean cross-entropy of a model as a function of its parameters, written in one vector.

    Four functions suffice: the value, the gradient, the Hessian times vectors, and the landscape of some samples.
    """
    shapes = {name: p.shape for name, p in model.named_parameters()}
    dim = sum(shape.numel() for shape in shapes.values())

    def loss(vector):
        parts = torch.split(vector, [shape.numel() for shape in shapes.values()])
        named = {name: part.view(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}
        return torch.nn.functional.cross_entropy(functional_call(model, named, (x,)), y)

    def value(points):
        with torch.no_grad():
            return [float(loss(point)) for point in torch.from_numpy(points)]

    def gradient(points):
        return np.stack([grad(loss)(point).numpy() for point in torch.from_numpy(points)])

    def hessian_product(point, vectors):
        at = torch.from_numpy(point)
        return np.stack([jvp(grad(loss), (at,), (v,))[1].numpy() for v in torch.from_numpy(vectors)])

    def batch(samples):
        chosen = torch.from_numpy(samples)
        return landscape_of(model, x[chosen], y[chosen])

    return sl.FunctionLandscape(
        value,
        dim,
        gradient,
        hessian_product=hessian_product,
        batch=batch,
        n_samples=len(y),
        name=f"convolution, {len(y)} samples",
        quantity="loss",
        unit="nats",
    )


def trained(model, x, y, steps):
    """Parameters (dim,) after full-batch descent by Adam."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    return parameters_to_vector(model.parameters()).detach().numpy()


def main(samples=400, steps=150, path_steps=200):
    """Train two networks and look at what lies around and between them; returns what was found."""
    digits = sl.load_dataset("digits")
    x, y = (torch.tensor(array[:samples]) for array in (digits.x_train, digits.y_train))
    x, y = x.double(), y.long()
    start, end = (trained(made(seed), x, y, steps) for seed in (0, 1))
    landscape = landscape_of(made(0), x, y)
    pairs = sl.eigenpairs(landscape, start, 5)
    sharp = sl.sharpness(landscape, start, "sam")
    path = sl.connecting_path(landscape, start, end, "bezier", steps=path_steps, batch_size=64, optimizer=sl.Adam(0.02))
    profile = path.evaluate(landscape, 31)
    line = sl.connecting_path(landscape, start, end, "chain", steps=0).evaluate(landscape, 31)
    print(f"{landscape.dim} parameters, losses {landscape.value(np.stack([start, end])).round(4)} nats")
    print(f"leading eigenvalues of the Hessian {pairs.values.round(3)}, all converged: {pairs.converged.all()}")
    print(f"SAM's sharpness {float(np.ravel(sharp.value)[0]):.4f} nats")
    over = "above the line that joins the values of the ends"
    print(f"{over}: straight {line.excess.max():.3f} nats, along the curve {profile.excess.max():.3f}")
    return pairs, sharp, line, profile


if __name__ == "__main__":
    main()
