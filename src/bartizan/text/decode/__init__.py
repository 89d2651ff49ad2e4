"""Readings of a text that is not what it seems: what an encoded, spelled or hidden part of it says."""
