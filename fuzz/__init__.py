"""Coverage-guided fuzzing: each parser of Bartizan under attack by libFuzzer, with promises that must hold."""
