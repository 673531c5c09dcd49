"""Do customers buy again when they are expected to? ``python bench/forecast.py [--help]``

The command of `bench.forecast_protocol`, which tells what it does.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)  # run as a file, not as a module
    from bench.forecast_protocol import main

    sys.exit(main(sys.argv[1:]))
