"""What the benchmarks stand on: peers, load, and what the kernel says about processes."""
