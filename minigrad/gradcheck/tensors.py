"""The same check for functions of tensors, under PyTorch's names: what minigrad itself computes is put to it.

A function of tensors is a function of arrays, and `grad` is its vjp. The gradient is a function of tensors
too, so a gradient of it is checked in the same way.
"""

import numpy as np

from minigrad.creation import zeros_like
from minigrad.gradcheck.check import check_vjp
from minigrad.gradcheck.repeat import arguments, line_that_repeats, name_of
from minigrad.gradcheck.report import WRONG, GradientError
from minigrad.tensor import Tensor, grad


def gradcheck(func, inputs, *, order=1, atol=None, rtol=None, raise_exception=True, rng=None, seconds=5.0):
    """Check the gradients of a function of tensors against derivatives measured by nudging.

    func: takes the inputs, returns a tensor or a tuple of them. inputs: a tensor or a sequence; the gradients
    of those that require one are checked, all others, tensors or not, are handed on. `order` 2 checks the
    gradients of the gradients too. All else, and how it is measured, is as in `minigrad.check_vjp`: float32
    tensors too are checked in float64.

    Returns a `Report`, which counts as true if the gradients are right; else raises `GradientError`, unless
    `raise_exception` is false. ValueError if no input requires a gradient.
    """
    if order not in (1, 2):
        raise ValueError(f"gradcheck: wanted the order 1 or 2, got {order}")
    inputs, options = listed(inputs), {"atol": atol, "rtol": rtol, "seconds": seconds}
    report = check_inputs(func, inputs, rng, options, f"minigrad.autograd.gradcheck({name_of(func, 'f')}, ")
    if report and order == 2:
        return gradgradcheck(func, inputs, raise_exception=raise_exception, rng=rng, **options)
    return raised(report, raise_exception)


def gradgradcheck(func, inputs, grad_outputs=None, *, atol=None, rtol=None, raise_exception=True, rng=None,
                  seconds=5.0):
    """Check the gradients of the gradients of a function of tensors, with respect to inputs and cotangents.

    grad_outputs: the cotangents, tensors of the outputs' shapes (default: random). All else is as in
    `gradcheck`.
    """
    inputs, options = listed(inputs), {"atol": atol, "rtol": rtol, "seconds": seconds}
    rng = np.random.default_rng(0) if rng is None else rng
    count = len(inputs)
    if grad_outputs is None:
        outputs = floating(func(*inputs))
        grad_outputs = [Tensor(rng.standard_normal(out.shape).astype(out.dtype)) for out in outputs]
    cotangents = [Tensor(g, requires_grad=True) for g in listed(grad_outputs)]

    def gradient(*tensors):
        wanted = [x for x in tensors[:count] if requires_grad(x)]
        found = gradients(floating(func(*tensors[:count])), wanted, tensors[count:], create_graph=True)
        return [zeros_like(x) if g is None else g for x, g in zip(wanted, found)]

    gradient.__name__ = f"gradient of {getattr(func, '__name__', 'the function')}"
    return raised(check_inputs(gradient, [*inputs, *cotangents], rng, options), raise_exception)


def check_inputs(func, inputs, rng, options, line=""):
    """The report of `check_vjp` on a function of tensors, for those inputs that require a gradient."""
    places = [p for p, x in enumerate(inputs) if requires_grad(x)]
    if not places:
        raise ValueError("gradcheck: none of the inputs requires a gradient; give one requires_grad=True")

    def call(arrays):
        tensors = list(inputs)
        for p, array in zip(places, arrays):
            tensors[p] = Tensor(array, requires_grad=True)
        return [tensors[p] for p in places], floating(func(*tensors))

    def forward(*arrays):
        return tuple(out.detach().numpy() for out in call(arrays)[1])

    def vjp(g, *arrays):
        wanted, outputs = call(arrays)
        cotangents = [Tensor(one) for one in (g if isinstance(g, tuple) else (g,))]
        return [None if x is None else x.numpy() for x in gradients(outputs, wanted, cotangents)]

    def check(arrays, **more):
        return check_vjp(forward, vjp, arrays, raise_exception=False, repeatable=False, **options, **more)

    forward.__name__ = getattr(func, "__name__", type(func).__name__)
    arrays = [inputs[p].detach().numpy() for p in places]
    report = check(arrays, rng=rng)
    if report.verdict == WRONG and line and len(places) == len(inputs):
        words = arguments({name: options[name] for name in ("atol", "rtol")})
        line += f"[minigrad.Tensor(x, requires_grad=True) for x in {{}}]{words})"
        report.repeat = line_that_repeats(report.name, check, line, arrays)
    return report


def raised(report, raise_exception):
    if raise_exception and not report:
        raise GradientError(report)
    return report


def listed(tensors):
    return list(tensors) if isinstance(tensors, tuple | list) else [tensors]


def requires_grad(x):
    return isinstance(x, Tensor) and x.requires_grad


def floating(outputs):
    """The outputs that can have a gradient."""
    return [out for out in listed(outputs) if out.dtype.kind == "f"]


def gradients(outputs, inputs, cotangents, create_graph=False):
    """`grad`, with None where no gradient comes through, even if that is everywhere."""
    reached = [(out, g) for out, g in zip(outputs, cotangents) if out.requires_grad]
    if not reached:
        return [None] * len(inputs)
    outputs, cotangents = zip(*reached)
    return grad(outputs, inputs, cotangents, create_graph=create_graph, allow_unused=True)
