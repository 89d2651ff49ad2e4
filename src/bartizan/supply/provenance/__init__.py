"""Where artifacts come from: steps on record, the graph that they make, and what it says of an artifact."""
