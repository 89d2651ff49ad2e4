"""Strict, bounded readers of octets and syntax that several formats share; none runs or imports what it reads."""
