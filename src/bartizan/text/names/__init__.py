"""Names of people and places in a text, by a small model of our own."""
