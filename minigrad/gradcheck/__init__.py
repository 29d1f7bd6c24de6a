"""Doubt: is this gradient right? And if not, what went wrong?

    import numpy as np
    from minigrad import check_vjp

    def backward(g, x, w):                          # of x @ w
        return g @ w, x.T @ g

    check_vjp(np.matmul, backward, [x, w])

That ends with "not-transposed: ...", and the error's `report` has the rest: every mistake by its name, what
gave it away, where to look, a line that repeats it, and `plot()`. `check_vjp` is for functions of arrays,
whoever computes their gradients; `gradcheck` and `gradgradcheck` are for functions of minigrad's tensors;
and `minigrad.testing` is for tests with hypothesis.

How it judges. Every derivative is measured with an error bar (`numeric`), and a gradient is right if it
lies within: there is no tolerance to guess. Cotangents are random, as ones would hide a wrong transpose or
softmax. Where a function has a kink, any subgradient is right, and nothing else (`kinks`). A vjp is judged
by its conduct, too: it must not write to what it is handed, nor change its mind (`conduct`). There are
three verdicts: "right", "wrong", and "cannot tell", with the reason. That one counts as a failure: a pass
means right.

How it finds the name. Each rule of `diagnosis` foretells what a wrong backward pass of one kind would
answer; the rule that is right for several cotangents at several points has found the mistake. If none is,
the pattern is called unknown.

What it is worth. `python -m tests.catalogue` puts planted mistakes to it, and right gradients that a bad
check rejects; and to PyTorch's `gradcheck` (version 2.13, in float64, as it comes) where that is installed:

| mistake               | planted | caught | named rightly | caught by PyTorch |
| --------------------- | ------- | ------ | ------------- | ----------------- |
| constant-factor       |      17 |     17 |            17 |                17 |
| cotangent-ignored     |       9 |      9 |             9 |                 9 |
| cotangent-mutated     |       3 |      3 |             3 |                 0 |
| extra-factor          |      10 |     10 |            10 |                10 |
| first-of-batch        |       4 |      4 |             4 |                 4 |
| input-mutated         |       3 |      3 |             3 |                 1 |
| inputs-swapped        |       5 |      5 |             5 |                 5 |
| kernel-not-rotated    |       3 |      3 |             3 |                 3 |
| mask-inverted         |       8 |      8 |             8 |                 8 |
| missing-broadcast-sum |       9 |      9 |             9 |                 - |
| nan                   |       5 |      5 |             5 |                 5 |
| none                  |       3 |      3 |             3 |                 3 |
| not-deterministic     |       3 |      3 |             3 |                 3 |
| not-linear            |       5 |      5 |             5 |                 4 |
| not-transposed        |      14 |     14 |            12 |                14 |
| overwritten           |      11 |     11 |            10 |                11 |
| raises                |       3 |      3 |             3 |                 3 |
| shared-memory         |       3 |      3 |             1 |                 2 |
| shared-quantity       |      12 |     12 |             9 |                12 |
| sign                  |       7 |      7 |             7 |                 7 |
| stale-gradient        |       3 |      3 |             3 |                 3 |
| unknown               |       3 |      3 |             2 |                 3 |
| wrong-at-kink         |       7 |      7 |             7 |                 7 |
| wrong-axis            |       8 |      8 |             7 |                 8 |
| wrong-count           |       3 |      3 |             3 |                 3 |
| wrong-dtype           |       3 |      3 |             3 |            1 of 1 |
| wrong-order           |      10 |     10 |            10 |                10 |
| wrong-point           |       9 |      9 |             8 |                 9 |
| wrong-shape           |       6 |      6 |             5 |                 6 |
| zero                  |       4 |      4 |             4 |                 4 |
| **all**               |     193 |    193 |           181 |        175 of 182 |

Some mistakes cannot be put to PyTorch, which adds up over broadcast axes, and converts dtypes, by itself.
At kinks it catches all mistakes, but rejects most right answers as well:

| kind               | tried | accepted | accepted by PyTorch |
| ------------------ | ----- | -------- | ------------------- |
| everyday functions |    87 |       87 |                  87 |
| kinks and ties     |    37 |       37 |                  10 |
| sizes              |     9 |        9 |                   9 |
| dtypes             |    10 |       10 |                   6 |
| memory             |    12 |       12 |                  12 |
| scales             |    27 |       27 |                  17 |
| forms              |    14 |       14 |                  14 |
| **all**            |   196 |      196 |                 155 |

Read in this order: numeric, kinks, measure, calls, report, conduct, compare, diagnosis, repeat, check,
tensors.
"""

from minigrad.gradcheck.check import check_vjp
from minigrad.gradcheck.report import Finding, GradientError, Report
from minigrad.gradcheck.tensors import gradcheck, gradgradcheck

__all__ = ["check_vjp", "gradcheck", "gradgradcheck", "Finding", "GradientError", "Report"]
