"""Text that a terminal shows as it is. Imports nothing: commands need it before they know what they will load."""


def printable(text: str) -> str:
    """Return a text in which nothing moves the cursor or breaks a line: what does not print is escaped."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
