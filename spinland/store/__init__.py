"""Results in one HDF5 file per study, whole after any interruption."""
