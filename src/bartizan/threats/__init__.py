"""Threats that are specific to AI."""
