"""Training of replicas: optimisers, learning-rate schedules, ensembles."""
