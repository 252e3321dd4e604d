"""Points of a random subspace, w = θ + P z, and derivatives by its coordinates, Pᵀ g; P is generated, never stored."""
