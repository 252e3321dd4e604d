"""Naive references: plain NumPy and plain Python, slow and obviously right."""
