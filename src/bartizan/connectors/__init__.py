"""The record in the words of others: one encoder a format, and the framings that carry them. Pure."""
