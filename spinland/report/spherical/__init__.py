"""Chapters of the page that ``spinland glass`` writes."""
