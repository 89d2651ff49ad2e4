"""Bartizan: AI-infrastructure security, seven practices over one tamper-evident ledger."""

__version__ = "0.1.0"
