"""Where the honest answer is that nobody can tell: the domain's end, a jump, a cusp, chance, noise.

No gradient of these is claimed to be right or wrong. What stands there is what a person would have written.
"""

import numpy as np

from tests.catalogue.elementwise import log, reciprocal, sine, square_root
from tests.catalogue.entry import UNCERTAIN, Entry, fixed


def place(name, f, vjp, *arrays):
    UNCERTAIN.append(Entry(name, name, f, lambda: vjp, fixed(*arrays), ""))


square_root.uncertain("of a negative number", fixed([4.0, -1.0]))
square_root.uncertain("at 0, its domain's end", fixed([0.0, 1.0]))
log.uncertain("at 0", fixed([0.0, 1.0]))
reciprocal.uncertain("at its pole", fixed([0.0, 1.0]))
sine.uncertain("of infinity", fixed([np.inf, 1.0]))
sine.uncertain("of NaN", fixed([np.nan, 1.0]))
place("arcsin: at 1, its domain's end", np.arcsin, lambda g, x: g / np.sqrt(1 - x**2), [1.0, 0.5])
place("entropy: at 0", lambda x: -x * np.log(x), lambda g, x: -g * (np.log(x) + 1), [0.0, 0.5])
place("sign: at its jump", np.sign, lambda g, x: np.zeros_like(x), [0.0, 1.0])
place("floor: at its jump", np.floor, lambda g, x: np.zeros_like(x), [2.0, 0.5])
place("step: at its jump", lambda x: (x > 0) * 1.0, lambda g, x: np.zeros_like(x), [0.0, 1.0])
place("remainder: at its jump", lambda x: x % 1, lambda g, x: g.copy(), [1.0, 0.5])
place("cusp: the root of |x| at 0", lambda x: np.sqrt(np.abs(x)),
      lambda g, x: g * np.sign(x) / (2 * np.sqrt(np.abs(x))), [0.0, 1.0])

chance = np.random.default_rng(4)
place("random: dropout", lambda x: x * (chance.random(x.shape) < 0.5),
      lambda g, x: g / 2, [1.0, 2.0, 3.0, 4.0])
place("random: noise added", lambda x: x**2 + 1e-3 * chance.normal(size=x.shape),
      lambda g, x: 2 * g * x, [1.0, 2.0])
