"""Continuous compliance: audit, report, close gaps."""
