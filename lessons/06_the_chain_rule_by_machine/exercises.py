"""Lesson 6: The chain rule, by machine. Exercises.

First the derivatives of single steps, then the walk back, then what arrays bring with them; in the end, the
whole machine.

For a step like x · y there is a function `mul_vjp(g, x, y)`. Here `g` is the gradient of the output: what is
written on it when the walk comes by. The question is always the same: which gradient does the step hand back
to each of its inputs? For a step with two inputs that is a tuple of two arrays, first that of x, then that of
y; for a step with one input it is one array. The gradient of an input has the shape of the input.

All arrays hold fractions (float64), and none of them must be changed: they are only lent to you. Where you
doubt a rule, nudge: that is what the check does, too.
"""

import numpy as np

# ---- The derivatives of single steps. Here x, y and g have the same shape, whatever it is.


def add_vjp(g, x, y):
    """The step is x + y: what does it hand back?

    g, x, y: arrays of the same shape. Returns two arrays of that shape: the gradient of x, and that of y.

    A nudge of either arrives as it is. So for g = [0.5, 2.0] both gradients are [0.5, 2.0], whatever x and y
    are.
    """
    return g, g


def sub_vjp(g, x, y):
    """The step is x - y: what does it hand back?

    g, x, y: arrays of the same shape. Returns two arrays of that shape: the gradient of x, and that of y.

    For g = [0.5, 2.0] they are [0.5, 2.0] and [-0.5, -2.0].
    """
    return g, -g


def mul_vjp(g, x, y):
    """The step is x · y, number by number: what does it hand back?

    g, x, y: arrays of the same shape. Returns two arrays of that shape: the gradient of x, and that of y.

    For g = [10.0], x = [2.0], y = [3.0] they are [30.0] and [20.0].
    """
    return g * y, g * x


def div_vjp(g, x, y):
    """The step is x / y, number by number: what does it hand back?

    g, x, y: arrays of the same shape; no y is 0. Returns two arrays of that shape, for x and for y.

    For g = [8.0], x = [3.0], y = [2.0] they are [4.0] and [-6.0]: the larger the y, the smaller the output.
    """
    return g / y, -g * x / y**2


def pow_vjp(g, x, n):
    """The step is xⁿ, number by number: what does it hand back?

    g, x: arrays of the same shape. n: one number that stays fixed and gets no gradient. It may be negative or
    a fraction; then every x is above 0.
    Returns one array of that shape, the gradient of x.

    For g = [1.0, 10.0], x = [2.0, 3.0] and n = 2 it is [4.0, 60.0]: the slope of x² is 2·x.
    """
    return g * n * x ** (n - 1)


def exp_vjp(g, x):
    """The step is exp(x), number by number: what does it hand back?

    g, x: arrays of the same shape. Returns one array of that shape, the gradient of x.

    At x = 0 the slope is 1, so for g = [5.0] and x = [0.0] it is [5.0]. At x = 1 the slope is 2.718...
    """
    return g * np.exp(x)


def log_vjp(g, x):
    """The step is log(x), the natural logarithm, number by number: what does it hand back?

    g, x: arrays of the same shape; every x is above 0. Returns one array of that shape, the gradient of x.

    For g = [6.0, 6.0] and x = [1.0, 2.0] it is [6.0, 3.0]: the larger the x, the flatter the logarithm.
    """
    return g / x


def tanh_vjp(g, x):
    """The step is tanh(x), number by number: what does it hand back?

    g, x: arrays of the same shape. Returns one array of that shape, the gradient of x.

    tanh is a smooth step from -1 up to 1. It is steepest in the middle, with slope 1 at x = 0, and flat at
    both ends. Its slope is 1 minus the square of its output. So for g = [3.0] and x = [0.0] it is [3.0].
    """
    return g * (1 - np.tanh(x) ** 2)


def relu_vjp(g, x):
    """The step is relu(x): a number above 0 stays, all others become 0. What does it hand back?

    g, x: arrays of the same shape. Returns one array of that shape, the gradient of x.
    At x = 0 there is a corner. Hand back 0 there.

    For g = [5.0, 5.0, -1.0] and x = [-2.0, 3.0, 4.0] it is [0.0, 5.0, -1.0].
    """
    return g * (x > 0)


def maximum_vjp(g, x, y):
    """The step is the larger of x and y, number by number: what does it hand back?

    g, x, y: arrays of the same shape. Returns two arrays of that shape: the gradient of x, and that of y.
    Where x and y are equal, hand half of it to each.

    For g = [5.0, 7.0, 4.0], x = [1.0, 3.0, 2.0] and y = [2.0, 0.0, 2.0] they are [0.0, 7.0, 2.0] and
    [5.0, 0.0, 2.0].
    """
    return g * (x > y) + g * (x == y) / 2, g * (y > x) + g * (x == y) / 2


# ---- The walk back. The graph is given as a dict: `inputs[name]` is the list of what `name` was made from.


def accumulate(so_far, part):
    """Gradients add up: what has arrived at a number so far, and a part that arrives now.

    so_far: an array, or None if nothing has arrived yet. part: an array of the same shape.
    Returns an array of that shape. Neither of the two is changed: others may still hold them.

    accumulate(None, [1.0, 2.0]) is [1.0, 2.0], and accumulate([1.0, 2.0], [10.0, 10.0]) is [11.0, 12.0].
    """
    return part if so_far is None else so_far + part


def topological_order(inputs, output):
    """List a number and all that is behind it, so that each comes after everything it was made from.

    inputs: a dict. inputs[name] is the list of the names that `name` was made from: an empty list where the
    computation began, and with one name twice if that was used twice. The dict is in no special order, and it
    may hold names that `output` does not depend on. output: a name in it.
    Returns a list of names: `output` and everything behind it, each once. Where several orders will do, any
    is right. It need not manage graphs more than a few hundred steps long.

    For inputs = {"loss": ["error", "error"], "error": ["p", "y"], "p": [], "y": [], "z": []} and the output
    "loss" it is ["p", "y", "error", "loss"], or else ["y", "p", "error", "loss"].
    """
    order = []

    def visit(name):
        if name not in order:
            for source in inputs[name]:
                visit(source)
            order.append(name)

    visit(output)
    return order


def walk_back(inputs, slopes, output):
    """The gradient of every number behind an output.

    inputs: a dict as in `topological_order`. slopes: a dict, too: slopes[name][i] is the slope on the arrow
    from inputs[name][i] to `name`, a number: how many times the nudge of that input arrives. output: a name.
    Returns a dict: the gradient of `output`, which is 1, and of every name behind it. All are numbers.

    For inputs = {"error": [], "loss": ["error", "error"]}, slopes = {"error": [], "loss": [3.0, 3.0]} and the
    output "loss" it is {"loss": 1.0, "error": 6.0}.
    """
    gradients = {output: 1.0}
    for name in reversed(topological_order(inputs, output)):
        for source, slope in zip(inputs[name], slopes[name]):
            gradients[source] = accumulate(gradients.get(source), gradients[name] * slope)
    return gradients


# ---- Arrays: what is repeated must be added up.


def sum_to(g, shape):
    """Undo broadcasting: add up g over the axes along which an array of this shape was repeated.

    g: an array. shape: a tuple. An array of that shape was broadcast to the shape of g: axes were put in
    front where it had fewer, and it was repeated along those and along each axis of length 1.
    Returns an array of that shape.

    With g = [[1.0, 2.0, 3.0],
              [4.0, 5.0, 6.0]], sum_to(g, (3,)) is [5.0, 7.0, 9.0],
    sum_to(g, (2, 1)) is [[6.0], [15.0]], sum_to(g, ()) is 21.0, and sum_to(g, (2, 3)) is g itself.
    """
    in_front = tuple(range(g.ndim - len(shape)))
    of_length_1 = tuple(i for i, n in enumerate(shape) if n == 1)
    return g.sum(axis=in_front).sum(axis=of_length_1, keepdims=True)


def sum_vjp(g, x, axis):
    """The step is x.sum(axis): what does it hand back?

    x: an array. axis: the axis that is added up, 0, 1 and so on, or None: all of them, down to one number.
    g: an array of the shape of x without that axis; a single number if axis is None.
    Returns an array of the shape of x.

    For x of shape (2, 3), axis = 1 and g = [5.0, 7.0] it is [[5.0, 5.0, 5.0],
                                                              [7.0, 7.0, 7.0]].
    """
    if axis is not None:
        g = np.expand_dims(g, axis)
    return g * np.ones_like(x)


def mean_vjp(g, x, axis):
    """The step is x.mean(axis): what does it hand back?

    x, axis, g: as in `sum_vjp`.
    Returns an array of the shape of x.

    For x of shape (2, 3), axis = 0 and g = [4.0, 6.0, 8.0] it is [[2.0, 3.0, 4.0],
                                                                  [2.0, 3.0, 4.0]].
    """
    return sum_vjp(g, x, axis) / (x.size if axis is None else x.shape[axis])


def matmul_vjp(g, x, y):
    """The step is the matrix product x @ y: what does it hand back?

    x: an array (n, k). y: an array (k, m). g: an array (n, m).
    Returns two arrays: the gradient of x, (n, k), and the gradient of y, (k, m).

    For g = [[10.0]], x = [[1.0, 2.0]] and y = [[3.0], [4.0]] they are [[30.0, 40.0]] and [[10.0], [20.0]].
    """
    return g @ y.T, x.T @ g


# ---- Arrays: the same numbers elsewhere. Each gradient goes back to where its number came from.


def reshape_vjp(g, x, shape):
    """The step is x.reshape(shape): what does it hand back?

    x: an array. shape: a tuple, the new shape. g: an array of the new shape.
    Returns an array of the shape of x.

    For x of shape (2, 3), shape = (6,) and g = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0] it is [[1.0, 2.0, 3.0],
                                                                                     [4.0, 5.0, 6.0]].
    """
    return g.reshape(x.shape)


def transpose_vjp(g, x, axes):
    """The step is x.transpose(axes): what does it hand back?

    x: an array. axes: a tuple with each of its axes once. Axis i of the output is axis axes[i] of x: for x of
    shape (2, 3, 4) and axes = (1, 2, 0) the output has the shape (3, 4, 2). g: an array of that shape.
    Returns an array of the shape of x.

    For a matrix and axes = (1, 0) it is g.T, the rows for columns exchanged back.
    """
    return g.transpose(np.argsort(axes))


def getitem_vjp(g, x, index):
    """The step is x[index], some numbers picked out of x: what does it hand back?

    x: an array. index: whatever NumPy takes: a slice, an array of integers, a tuple of them, ... The same
    number may be picked several times. g: an array of the shape of x[index].
    Returns an array of the shape of x. What was not picked gets 0.

    For x of shape (4,), index = [2, 0, 2] and g = [1.0, 10.0, 5.0] it is [10.0, 0.0, 6.0, 0.0].
    """
    gradient = np.zeros_like(x)
    np.add.at(gradient, index, g)
    return gradient


# ---- The whole machine.


def walk_back_arrays(inputs, vjps, shapes, output):
    """The gradient of every array behind an output, which is a single number, like a loss.

    inputs: a dict as in `topological_order`. vjps: a dict. vjps[name][i] is a function for inputs[name][i].
    It takes the gradient of `name`, and gives the part of its gradient that this input gets. If the input was
    broadcast, the part has the broadcast shape. shapes: a dict, too: shapes[name] is the shape of `name`.
    Returns a dict: the gradient of `output`, which is 1, and of every name behind it, each in its own shape.

    Example: bias, of shape (1,), is added to x, of shape (3,), and all is added up:
        inputs = {"x": [], "bias": [], "sum": ["x", "bias"], "total": ["sum"]}
        vjps["sum"] is two functions that give g as it is; vjps["total"] is one that gives np.full(3, g).
    The gradient of x is [1.0, 1.0, 1.0], and the gradient of bias is [3.0].
    """
    gradients = {output: np.ones(())}
    for name in reversed(topological_order(inputs, output)):
        for source, vjp in zip(inputs[name], vjps[name]):
            part = sum_to(vjp(gradients[name]), shapes[source])
            gradients[source] = accumulate(gradients.get(source), part)
    return gradients
