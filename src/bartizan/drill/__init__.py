"""Attacks on the running platform, one file each."""
