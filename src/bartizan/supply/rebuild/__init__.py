"""Rebuilding model files as data alone: what is understood of them is copied, the rest is told and left out."""
