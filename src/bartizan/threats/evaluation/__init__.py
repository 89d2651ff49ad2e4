"""How a model answers what it should refuse, and what it should not: asked, judged, counted."""
