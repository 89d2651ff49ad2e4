"""Hardened models: rounds, reviews, sealed weights, watermarks."""
