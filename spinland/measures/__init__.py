"""Measures of flatness beside each other: how sharp a point is, how much room there is about it, what that is worth."""
