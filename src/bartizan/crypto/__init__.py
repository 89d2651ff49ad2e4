"""Quantum-safe primitives, composed from well-kept libraries; no algorithm of our own."""
