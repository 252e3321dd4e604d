"""Correlation of values at pairs of points: of one landscape, of several, and the mixed glass that has it."""
