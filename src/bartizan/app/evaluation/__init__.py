"""Evaluations: what is asked of whom, the run, its report, and its place in the record."""
