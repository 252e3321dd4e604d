"""Complex eigenpairs of symmetric tensors, J x^{p−1} = λ x, by homotopy continuation."""
