"""The benchmark: `make bench [SIZE=…]` measures the speed bar and writes results/latest.json."""
