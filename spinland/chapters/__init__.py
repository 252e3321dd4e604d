"""One subject of study in one file: its settings, its stages, its finding, its pictures and tables."""
