"""Issuing tokens: the embedded authorization server."""
