"""The supply chain of models, data and tools."""
