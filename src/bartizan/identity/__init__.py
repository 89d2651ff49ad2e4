"""Verifying who asks."""
