"""Asking somebody else about texts in doubt: who, over which process, and what comes of it."""
