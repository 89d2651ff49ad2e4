"""Taking over the configuration of a LiteLLM proxy: what has a counterpart here, and what to do about the rest."""
