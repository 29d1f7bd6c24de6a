"""The tester tested: gradients that people get wrong, and right ones that are hard to believe.

`MISTAKES` are planted in functions as a person would write them, each with the stable name it should be
given; `RIGHT` must not be rejected; about `UNCERTAIN` nobody can tell. No entry knows the checker, and the
checker knows no entry. `python -m tests.catalogue` prints what was caught and named, and what PyTorch's
`gradcheck` caught, where that is installed.
"""

from tests.catalogue import (           # noqa: F401, I001  (each file adds its entries to the lists)
    elementwise, habits, images, matrices, networks, places, reductions, right, uncertain,
)
from tests.catalogue.entry import MISTAKES, RIGHT, UNCERTAIN, Entry

__all__ = ["MISTAKES", "RIGHT", "UNCERTAIN", "Entry"]
