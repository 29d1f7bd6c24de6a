"""How fast is minigrad, and beside what? The benchmark's command; what it does is in the folder `benchmark/`.

    python examples/benchmark.py                        the networks, two minutes
    python examples/benchmark.py startup limit          other sections (--help names them)
    python examples/benchmark.py --all --json all.json  everything, and the numbers in a file

The peers are measured where they are installed: torch, jax, autograd, micrograd. None of them is needed.
"""

import sys

from benchmark.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
