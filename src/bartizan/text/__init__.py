"""The canonical view of text, and the patterns that several rooms use."""
