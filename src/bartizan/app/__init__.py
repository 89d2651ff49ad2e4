"""Wiring: one file per process."""
