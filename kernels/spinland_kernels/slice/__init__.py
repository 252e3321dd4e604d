"""Loss of a ReLU network on an affine family of points."""
