"""Ensembles of replicas: distances and overlaps, trees, distributions of pairs, the test for ultrametricity."""
