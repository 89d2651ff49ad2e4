"""The judge that is built in, labelled "proxy": it reads the form of an answer, and knows nothing of harm."""
