"""Flows, thermal noise and descent on a landscape."""
