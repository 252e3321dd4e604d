"""Protocols of published papers at full length: ``python -m benchmarks.published NAME``."""
