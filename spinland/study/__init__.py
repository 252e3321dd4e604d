"""One study: train replicas, run the four protocols, store everything in one file."""
