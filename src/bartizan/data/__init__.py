"""The data lifecycle: encrypted, intact, by role, minimal."""
