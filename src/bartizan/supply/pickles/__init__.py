"""Proof about pickles: what a stream would build, and whether anything could run, without running any of it."""
