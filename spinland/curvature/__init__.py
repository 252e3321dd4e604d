"""Curvature of a landscape at a point, from products of its Hessian with vectors, each with its certificate."""
