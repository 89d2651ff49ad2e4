"""Shipping the record to others: in order, at least once, each connector by itself."""
