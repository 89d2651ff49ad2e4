"""The watch over sign-ins: typed facts, pure folds over them, and a budget of alerts."""
