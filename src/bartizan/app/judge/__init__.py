"""Verdicts of a platform's guard for programs that call models by another way: asking, and acting on the answer."""
