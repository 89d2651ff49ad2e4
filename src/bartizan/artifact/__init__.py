"""Manifests, digests and attestations of files."""
