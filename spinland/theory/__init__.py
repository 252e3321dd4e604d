"""Closed forms and numerical solutions of the spherical glass."""
