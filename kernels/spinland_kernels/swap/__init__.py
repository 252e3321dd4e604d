"""Loss between a network and its copy with pairs of hidden neurons exchanged."""
