"""Frameworks that call models, guarded by a platform's verdicts; none of them is needed to import this."""
