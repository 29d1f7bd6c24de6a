"""What each operation of minigrad costs, forward and backward, beside the NumPy that it is made of.

The forward pass of an operation is a NumPy function, and so are its vjps. Called bare they are the floor;
the rest is the graph: a tensor for the result, a walk to find the way back.
"""

import inspect
import statistics
import time

import numpy as np

from minigrad import Tensor
from minigrad.ops import OPS


def examples(n):
    """For each operation the arguments that it must be given, with arrays (n, n) where they can be.

    Most take one array or two; the others are named here.
    """
    rng = np.random.default_rng(0)
    x, y = (rng.uniform(0.5, 1.5, (n, n)).astype(np.float32) for _ in range(2))
    half, mask = (slice(0, n // 2),), x > y
    sliding = (0, 1), (3, 3), (1, 1), (1, 1)                # windows of 3 × 3, at every place
    places = np.array(np.lib.stride_tricks.sliding_window_view(x, (3, 3)))
    named = {"where": (mask, x, y), "bitwise_not": (mask,), "to": (x, np.dtype("float64")),
             "broadcast_to": (x[:1], (n, n)), "sum": (x, 1), "amax": (x, 1), "amin": (x, 1),
             "largest": (places,), "to_largest": (x[:-2, :-2], places, places.max((-2, -1))),
             "rows": (x[None, None], 3, 1, 1, ((0, 0), (0, 0))), "shift": (x, 1),
             "log_softmax": (x, 1), "linear": (x, y, x[0]),
             "correlate": (x[:, None, :, None], places[0, :4, None, :, :1]), "reshape": (x, (n * n,)),
             "permute": (x, (1, 0)), "getitem": (x, half), "scatter": (x[half], half, (n, n)),
             "join": (x, y, 0), "pad": (x, ((1, 1), (1, 1))), "windows": (x, *sliding),
             "fold": (places, *sliding[:1], *sliding[2:], (n, n))}
    return {name: named.get(name) or (x, y)[: needed(operation)] for name, operation in OPS.items()}


def needed(operation):
    """How many arguments have no default: for an operation not named above, they are all arrays."""
    count = sum(p.default is inspect.Parameter.empty for p in operation.signature.parameters.values())
    if count > 2:
        raise ValueError(f"{operation.name}{operation.signature}: examples() must say what to give it")
    return count


def costs(n, rounds, seconds):
    """For each operation, the seconds of a call: [name, forward bare, forward, backward bare, backward].

    The last two are None where there is no way back.
    """
    return [[name, *cost(OPS[name], args, rounds, seconds)] for name, args in examples(n).items()]


def cost(operation, args, rounds, seconds):
    args = operation.signature.bind(*args)
    args.apply_defaults()
    args = args.args
    out = operation.forward(*args)
    tensors = [Tensor(arg, requires_grad=arg.dtype.kind == "f") if isinstance(arg, np.ndarray) else arg
               for arg in args]
    tracked = operation(*tensors)
    calls = [lambda: operation.forward(*args), lambda: operation(*tensors)]
    if tracked.requires_grad:
        g = np.ones_like(out)
        vjps = [vjp for vjp in operation.vjps if vjp]
        leaves = [tensor for tensor in tensors if isinstance(tensor, Tensor)]

        def backward():
            for leaf in leaves:
                leaf.grad = None
            tracked.backward(g, retain_graph=True)
        calls += [lambda: [vjp(g, out, *args) for vjp in vjps], backward]
    return (in_turns(calls, rounds, seconds) + [None, None])[:4]


def in_turns(calls, rounds, seconds):
    """The median time of each call, in seconds; all of them take turns, as the frameworks do.

    One call is too short for the clock, so as many as fill `seconds` are timed together.
    """
    counts = [max(1, int(seconds / max(repeat(call, 2), 1e-9) * 2)) for call in calls]
    rows = [[repeat(call, count) / count for call, count in zip(calls, counts)] for _ in range(rounds)]
    return [statistics.median(times) for times in zip(*rows)]


def repeat(call, count):
    start = time.perf_counter()
    for _ in range(count):
        call()
    return time.perf_counter() - start
