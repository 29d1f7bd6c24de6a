"""How the exercises of lesson 6 are checked, and what helps whoever is stuck.

The derivatives are held against nudging; our solutions have no say there. Three parts follow: the derivatives
of single steps, the walk back, and arrays.
"""

import importlib

import numpy as np

from lessons.exercises import Mistake, Patch, exercise, in_steps, numbers, solutions, vjps
from minigrad import Tensor, ops

ours = solutions(__file__)
walk_of_minigrad = importlib.import_module("minigrad.tensor")


# ---- The derivatives of single steps

def pairs(judge, rng, f, **range_of_y):
    """Hold a vjp of two arrays against nudging, for several shapes."""
    for shape in ((3,), (2, 3), (2, 1, 4)):
        judge.gradient(f, numbers(rng, *shape), numbers(rng, *shape, **range_of_y))


def singles(judge, rng, f, **range_of_x):
    """The same for a vjp of one array."""
    for shape in ((3,), (2, 3), (2, 1, 4)):
        judge.gradient(f, numbers(rng, *shape, **range_of_x))


@exercise(
    hints=[
        "Nudge x a little. How far does x + y move? So what is the slope in x? And in y?",
        "Both slopes are 1. What is handed back is g times the slope.",
        "So both get g as it is. Two gradients come back in a tuple: return g, g.",
    ],
    place=lambda function: vjps(ops.add, function),
)
def add_vjp(judge, rng):
    pairs(judge, rng, np.add)


@exercise(
    hints=[
        "Nudge x up, and x - y goes up as far. Nudge y up: which way does x - y go?",
        "The slope in x is 1, the slope in y is -1: return g, -g.",
    ],
    place=lambda function: vjps(ops.sub, function),
)
def sub_vjp(judge, rng):
    pairs(judge, rng, np.subtract)


@exercise(
    hints=[
        "Nudge x by h: (x + h)·y = x·y + h·y. How many times does the nudge arrive?",
        "The nudge of x arrives y times, so the slope in x is y. And the slope in y is x.",
        "Each gets g times its own slope, the other one: return g * y, g * x.",
    ],
)
def mul_vjp(judge, rng):
    pairs(judge, rng, np.multiply)


@exercise(
    hints=[
        "x / y is x times 1/y. So what is the slope in x? For y, take x = 1, y = 2 and nudge y up: the "
        "output falls.",
        "Nudge y by h: x/(y + h) - x/y = -x·h / (y·(y + h)). Divide by h, and let h shrink to nothing.",
        "What is left is -x/y². So the slopes are 1/y and -x/y².",
        "Times g: return g / y, -g * x / y**2.",
    ],
    place=lambda function: vjps(ops.div, function),
)
def div_vjp(judge, rng):
    pairs(judge, rng, np.divide, low=0.5, high=3)
    pairs(judge, rng, np.divide, low=-3, high=-0.5)


def power(x, n):
    return x**n


@exercise(
    hints=[
        "You know it for n = 2, from lesson 5: (x + h)² = x² + 2·x·h + h², and the slope is 2·x. Try n = 3.",
        "The slope of x³ is 3·x². Do you see the pattern? The exponent comes to the front, and there is one "
        "x less.",
        "The slope of xⁿ is n·xⁿ⁻¹, for every n: return g * n * x ** (n - 1).",
    ],
)
def pow_vjp(judge, rng):
    for shape, n in (((3,), 3), ((2, 3), 2), ((4,), 5), ((2, 1, 3), 4)):
        judge.gradient(power, numbers(rng, *shape, low=-2, high=2), extra=(n,))
    for shape, n in (((3,), -1), ((4,), 0.5), ((2, 3), -2.5)):
        judge.gradient(power, numbers(rng, *shape, low=0.5, high=3), extra=(n,))


@exercise(
    hints=[
        "Nudge: exp(x + h) = exp(x)·exp(h). For a tiny h, exp(h) is nearly 1 + h.",
        "So exp(x + h) is nearly exp(x) + exp(x)·h: exp is its own slope.",
        "NumPy knows np.exp. Times g: return g * np.exp(x).",
    ],
    place=lambda function: vjps(ops.exp, function),
)
def exp_vjp(judge, rng):
    singles(judge, rng, np.exp)


@exercise(
    hints=[
        "log undoes exp. If the output u = log(x) moves by h, then x = exp(u) moves by x·h: you have just "
        "seen that.",
        "Read that the other way round: if x moves by a tiny h, u moves by h/x. So the slope is 1/x.",
        "Times g: return g / x.",
    ],
    place=lambda function: vjps(ops.log, function),
)
def log_vjp(judge, rng):
    singles(judge, rng, np.log, low=0.3, high=3)


@exercise(
    hints=[
        "The output is np.tanh(x). Its slope is 1 minus the square of that, not of x.",
        "Square the output with ** 2, subtract that from 1, and multiply by g.",
        "Return g * (1 - np.tanh(x) ** 2).",
    ],
)
def tanh_vjp(judge, rng):
    singles(judge, rng, np.tanh)


def relu(x):
    return np.maximum(x, 0)


@exercise(
    hints=[
        "Where x is above 0, a nudge arrives as it is. Where it is below, the output stays 0, and no nudge "
        "arrives.",
        "So the slope is 1 or 0, depending on x, not on g: g itself may well be negative.",
        "`x > 0` is an array of truths. In a product, True counts as 1 and False as 0.",
        "Return g * (x > 0).",
    ],
    place=lambda function: vjps(ops.relu, function),
)
def relu_vjp(judge, rng):
    judge.gradient(relu, np.array([-1.5, 0.5, 2.0, -0.25]))
    singles(judge, rng, relu)
    answer = judge.ask(np.array([5.0, 7.0, -1.0]), np.array([-2.0, 0.0, 4.0]))
    judge.expect(np.shape(answer) != (3,) or answer[1] == 0, "wrong-at-kink",
                 "At x = 0, the corner, it does not hand back 0.")
    judge.gradient(relu, np.array([0.5, 0.0, -1.0, 0.0, 2.0]))


@exercise(
    hints=[
        "Where x is larger, the output is x: a nudge of x arrives as it is, and a nudge of y does not arrive "
        "at all.",
        "So x gets g where x > y, and y gets g where y > x. As in relu, truths count as 1 and 0.",
        "Where they are equal, each gets half: add g * (x == y) / 2 to both.",
        "The gradient of x is g * (x > y) + g * (x == y) / 2. That of y is the same with y > x.",
    ],
)
def maximum_vjp(judge, rng):
    judge.gradient(np.maximum, np.array([1.5, -1.0, 0.5, -2.0]), np.array([0.5, -0.25, 2.0, -2.5]))
    pairs(judge, rng, np.maximum)
    answer = judge.ask(np.array([5.0, 4.0]), np.array([3.0, 2.0]), np.array([1.0, 2.0]))
    judge.expect(np.shape(answer) != (2, 2) or answer[0][1] == answer[1][1] == 2, "wrong-at-kink",
                 "Where x and y are equal, it does not hand half of `g` to each.")
    judge.gradient(np.maximum, np.array([1.0, 2.0, -1.0, 0.5]), np.array([1.0, 1.5, -1.0, 3.0]))


# ---- The walk back

def added_up_by(function):
    """minigrad's gradients come from a walk in which the learner's `accumulate` adds them up."""
    def walk(inputs, vjps, shapes, output):
        gradients = {output: np.ones(())}
        for name in from_the_end(inputs, output):
            for source, vjp in zip(inputs[name], vjps[name]):
                part = ours.sum_to(vjp(gradients[name]), shapes[source])
                gradients[source] = function(gradients.get(source), part)
        return gradients

    return walk_by(walk)


@exercise(
    hints=[
        "There are two cases. If nothing has arrived yet, what is the result? And otherwise?",
        "Ask `if so_far is None`. An array cannot be compared with None by ==, number by number.",
        "so_far += part would write into the array that was lent to you. so_far + part makes a new one.",
        "Return part if so_far is None, and otherwise so_far + part.",
    ],
    mistakes=[
        Mistake("overwritten", "What has arrived before is lost: the new part takes its place. Add them.",
                lambda so_far, part: part),
        Mistake("overwritten", "What arrives later is lost: only the first part is kept. Add them.",
                lambda so_far, part: part if so_far is None else so_far),
        Mistake("first-lost", "The part that comes first is lost, where nothing has arrived yet.",
                lambda so_far, part: np.zeros_like(part) if so_far is None else so_far + part),
        Mistake("averaged", "It takes the mean of the two. Gradients add up: take their sum.",
                lambda so_far, part: part if so_far is None else (so_far + part) / 2),
        Mistake("multiplied", "It multiplies the two. Along a chain slopes multiply; where ways meet, "
                "gradients add up.", lambda so_far, part: part if so_far is None else so_far * part),
    ],
    place=added_up_by,
)
def accumulate(judge, rng):
    judge(None, numbers(rng, 3))
    for shape in ((3,), (2, 3), ()):
        judge(numbers(rng, *shape), numbers(rng, *shape))
    judge(np.zeros(2), numbers(rng, 2))


def shuffled(rng, inputs):
    """The same graph as a dict in another order."""
    names = list(inputs)
    return {names[i]: inputs[names[i]] for i in rng.permutation(len(names))}


def random_graph(rng, count):
    """A graph of `count` numbers: each is made from one or two earlier ones, or from one of them twice."""
    names = [f"n{i}" for i in rng.permutation(count)]
    inputs = {names[0]: [], names[1]: []}
    for i in range(2, count):
        inputs[names[i]] = [names[int(j)] for j in rng.integers(max(0, i - 4), i, rng.integers(1, 3))]
    return shuffled(rng, inputs), names[-1]


LOSS = {"loss": ["error", "error"], "error": ["p", "y"], "p": ["a"], "a": [], "y": [], "z": ["loss"]}
SHORT_WAY_FIRST = {"out": ["u", "qu"], "u": ["p", "t"], "qu": ["q", "u"], "p": [], "q": [], "t": []}
LONG_WAY_FIRST = SHORT_WAY_FIRST | {"out": ["qu", "u"]}


def graphs(rng):
    """Graphs to walk: (inputs, output)."""
    yield LOSS, "loss"
    yield SHORT_WAY_FIRST, "out"
    yield LONG_WAY_FIRST, "out"
    for count in (6, 9, 12):
        yield random_graph(rng, count)


def too_early(order, inputs):
    """A name in `order` that comes before one that it was made from, and that one; or None."""
    for place, name in enumerate(order):
        for source in inputs[name]:
            if source not in order[:place]:
                return name, source
    return None


def complaint(order, inputs, behind):
    """The name of what is wrong with an order of all that is in `behind`, and a sentence; or None."""
    if not isinstance(order, list | tuple):
        return "wrong-type", "It should give a list of names."
    if strangers := [name for name in order if name not in list(inputs)]:
        return "strangers", f"There is something in the list that is no name of the graph: {strangers[0]!r}."
    if missing := [name for name in behind if name not in order]:
        return "missing", f"{missing[0]!r} is missing. Wanted are the output and everything behind it."
    if needless := [name for name in order if name not in behind]:
        return "too-many", f"{needless[0]!r} does not belong into the list: the output does not depend on it."
    if len(set(order)) < len(order):
        return "repeated", "Some name is in the list twice. If it is there already, leave it where it is."
    if not (pair := too_early(order, inputs)):
        return None
    if not too_early(order[::-1], inputs):
        return "flipped", "It is back to front. What something was made from comes first, the output last."
    return "too-early", (f"{pair[0]!r} comes too early: it was made from {pair[1]!r}, which comes later. "
                         "Write a name down when all that it was made from is in the list.")


@exercise(
    hints=[
        "The name itself comes after its inputs, these after theirs, and so on. So begin at the output, go "
        "to its inputs first, and write it down afterwards.",
        "`visit(name)`, as in the lesson: if the name is in the list already, do nothing. Otherwise visit "
        "each of its inputs, and then append the name.",
        "A function may be defined inside of another, and then it sees the list of the outer one. It may "
        "call itself.",
        "order = []; def visit(name): if name not in order: visit every source in inputs[name], then "
        "order.append(name). After it: visit(output), and return order.",
    ],
)
def topological_order(judge, rng):
    for inputs, output in graphs(rng):
        found = complaint(judge.ask(inputs, output), inputs, ours.topological_order(inputs, output))
        judge.expect(found is None, *(found or ("", "")))


def with_numbers(rng, inputs):
    """Slopes for the arrows of a graph."""
    return {name: numbers(rng, len(sources)).tolist() for name, sources in inputs.items()}


# Ways to walk back, most of them wrong. hand(name, i, g) is what `name` hands back to its i-th input.

def in_order(order, add=np.add):
    """To give each name its turn in an order; `add` joins what arrives to what is there."""
    def walk(inputs, hand, output):
        gradients = {output: 1.0}
        for name in order(inputs, output):
            for i, source in enumerate(inputs[name]):
                part = hand(name, i, gradients[name])
                gradients[source] = add(gradients[source], part) if source in gradients else part
        return gradients
    return walk


def from_the_end(inputs, output):
    return ours.topological_order(inputs, output)[::-1]


def oldest_first(inputs, output, take=0):
    """The names as they are found on the way back, from a list of those that wait."""
    found, waiting, order = {output}, [output], []
    while waiting:
        order.append(waiting.pop(take))
        for source in inputs[order[-1]]:
            if source not in found:
                found.add(source)
                waiting.append(source)
    return order


def newest_first(inputs, output):
    return oldest_first(inputs, output, take=-1)


def as_visited(inputs, output):
    """The names as a function finds them that calls itself, and writes each down before its inputs."""
    order = []

    def visit(name):
        if name not in order:
            order.append(name)
            for source in inputs[name]:
                visit(source)

    visit(output)
    return order


def last_arrival(so_far, part):
    return part


def every_way(arrive):
    """To go back along every way, one after the other; what arrives is joined to what is there."""
    def walk(inputs, hand, output):
        gradients, waiting = {output: 1.0}, [output]
        while waiting:
            name = waiting.pop(0)
            for i, source in enumerate(inputs[name]):
                gradients[source] = arrive(gradients.get(source, 0.0), hand(name, i, gradients[name]))
                waiting.append(source)
        return gradients
    return walk


def every_way_down(inputs, hand, output):
    """The same by a function that calls itself: each way takes along all that has arrived so far."""
    gradients = {output: 1.0}

    def go(name):
        for i, source in enumerate(inputs[name]):
            gradients[source] = gradients.get(source, 0.0) + hand(name, i, gradients[name])
            go(source)

    go(output)
    return gradients


OVERWRITTEN = "What is used twice keeps one of its gradients only: the other is overwritten. They add up."
TOO_EARLY = ("Some number has its turn too early: it hands back its gradient before all that use it have had "
             "their turn. Take the topological order, from its end.")
COUNTED_TWICE = ("Each time something arrives at a number, all that has arrived before is handed on once "
                 "more. A number has one turn only, when its gradient is complete.")
WRONG_WALKS = [
    ("overwritten", OVERWRITTEN, in_order(from_the_end, last_arrival)),
    ("overwritten", OVERWRITTEN, every_way(last_arrival)),
    ("too-early", TOO_EARLY, in_order(oldest_first)),
    ("too-early", TOO_EARLY, in_order(newest_first)),
    ("too-early", TOO_EARLY, in_order(as_visited)),
    ("counted-twice", COUNTED_TWICE, every_way(np.add)),
    ("counted-twice", COUNTED_TWICE, every_way_down),
]


def handing(walk, rule):
    """A walk where rule(g, slope) is handed back along an arrow."""
    return lambda inputs, slopes, output: walk(inputs, lambda name, i, g: rule(g, slopes[name][i]), output)


def without(unwanted):
    """Our gradients, but for some names: unwanted(name, inputs, output) says for which."""
    def answer(inputs, slopes, output):
        gradients = ours.walk_back(inputs, slopes, output)
        return {name: g for name, g in gradients.items() if not unwanted(name, inputs, output)}
    return answer


@exercise(
    hints=[
        "Begin with the gradient of the output, which is 1. Then give each name its turn: the output first, "
        "then what it was made from, and so on. Which order makes sure that each has its turn after all that "
        "use it?",
        "The topological order, from its end: `for name in reversed(topological_order(inputs, output))`.",
        "When a name has its turn, its gradient is complete. It hands gradients[name] * slope to each of its "
        "inputs, and zip(inputs[name], slopes[name]) gives the inputs with the slopes on their arrows.",
        "For each source and slope: gradients[source] = accumulate(gradients.get(source), gradients[name] * "
        "slope), where gradients begins as {output: 1.0}, and .get gives None if nothing is there. In the "
        "end return gradients.",
    ],
    mistakes=[
        *(Mistake(name, sentence, handing(walk, lambda g, slope: g * slope))
          for name, sentence, walk in WRONG_WALKS),
        Mistake("chain-forgotten", "Each input gets the slope on its arrow alone. Multiply it by the "
                "gradient of the number that hands it back.",
                handing(in_order(from_the_end), lambda g, slope: slope)),
        Mistake("slope-ignored", "The gradient is handed back as it is. Multiply it by the slope on the "
                "arrow.", handing(in_order(from_the_end), lambda g, slope: g)),
        Mistake("added-along", "Along an arrow, it adds the slope. Along a chain slopes multiply.",
                handing(in_order(from_the_end), lambda g, slope: g + slope)),
        Mistake("output-missing", "The gradient of the output itself is missing. It is 1.",
                without(lambda name, inputs, output: name == output)),
        Mistake("too-many", "It also gives gradients of names that the output does not depend on.",
                lambda inputs, slopes, output: (dict.fromkeys(inputs, 0.0)
                                                | ours.walk_back(inputs, slopes, output))),
        Mistake("inputs-alone", "It gives the gradients of those alone with which it all began. The others "
                "are wanted, too.", without(lambda name, inputs, output: inputs[name])),
        Mistake("zeros", "All gradients are 0: that of the output is where it begins, and that is 1.",
                lambda inputs, slopes, output: dict.fromkeys(ours.topological_order(inputs, output), 0.0)),
    ],
)
def walk_back(judge, rng):
    for inputs, output in graphs(rng):
        judge(inputs, with_numbers(rng, inputs), output)


# ---- Arrays: what is repeated must be added up

def added_to(g, shape, keep):
    """g added up over the axes in front and those of length 1, with `keep` for the latter."""
    in_front = g.ndim - len(shape)
    ones = tuple(i for i, n in enumerate(shape) if n == 1)
    return g.sum(axis=tuple(range(in_front))).sum(axis=ones, keepdims=keep)


def broadcasting_undone_by(function):
    """minigrad undoes broadcasting with the learner's `sum_to`; but where the walk is recorded, with ours."""
    of_tensors = ops.sum_to

    def sum_to(x, shape):
        return of_tensors(x, shape) if isinstance(x, Tensor) else function(np.asarray(x), shape)

    return in_steps(Patch(ops, "sum_to", sum_to))


def first_of(g, shape):
    """The first of all repetitions."""
    return g[(0,) * (g.ndim - len(shape))][tuple(slice(1) if n == 1 else slice(None) for n in shape)]


@exercise(
    hints=[
        "First the axes in front. g has g.ndim axes, the shape has len(shape). So how many are too many? "
        "g.sum(axis=(0, 1)) adds up over the first two.",
        "Then the axes where the shape has a 1. tuple(i for i, n in enumerate(shape) if n == 1) says which. "
        "They must not vanish: keepdims=True keeps them, with length 1.",
        "It does no harm to add up over no axis at all: g.sum(axis=()) is g.",
        "With in_front = tuple(range(g.ndim - len(shape))) and of_length_1 as above, return "
        "g.sum(axis=in_front).sum(axis=of_length_1, keepdims=True).",
    ],
    mistakes=[
        Mistake("unchanged", "It gives g as it is. Add up over the axes along which the array was repeated.",
                lambda g, shape: g),
        Mistake("front-only", "It adds up over the axes in front, but not over those where the shape has a "
                "1.", lambda g, shape: g.sum(axis=tuple(range(g.ndim - len(shape))))),
        Mistake("ones-only", "It adds up over the axes of length 1, but not over those that were put in "
                "front.",
                lambda g, shape: g.sum(axis=tuple(i - len(shape) for i, n in enumerate(shape) if n == 1),
                                       keepdims=True)),
        Mistake("axes-lost", "The axes of length 1 are lost: keepdims=True keeps them.",
                lambda g, shape: added_to(g, shape, False)),
        Mistake("mean-for-sum", "It takes means. What was repeated was used several times, and gradients add "
                "up.", lambda g, shape: added_to(g, shape, True) / (g.size / max(1, int(np.prod(shape))))),
        Mistake("first-of-batch", "It takes the first of the repetitions. All of them count: add them up.",
                first_of),
        Mistake("reduced-to-a-number", "It adds up everything there is. Add up over the repeated axes only.",
                lambda g, shape: g.sum()),
    ],
    place=broadcasting_undone_by,
)
def sum_to(judge, rng):
    for before, shape in (((2, 3), (3,)), ((2, 3), (2, 1)), ((3,), (1,)), ((4,), ()), ((2, 3), (2, 3)),
                          ((2, 3), ()), ((3, 4), (1, 4)), ((2, 3, 4), (3, 1)), ((2, 3, 4), (1, 1, 4)),
                          ((2, 3, 4, 2), (1, 4, 1))):
        judge(numbers(rng, *before), shape)


def added_up(x, axis):
    return x.sum(axis=axis)


def averaged(x, axis):
    return x.mean(axis=axis)


def sum_of_minigrad(function):
    """minigrad's sum can keep the axis that is added up. The exercise knows sums without it."""
    return vjps(ops.sum, lambda g, x, axis, keepdim: function(np.squeeze(g, axis) if keepdim else g, x, axis))


def along_axes(judge, rng, f):
    """Hold a vjp of (g, x, axis) against nudging, for several shapes and axes."""
    for shape, axis in (((2, 3), 1), ((2, 3), 0), ((4,), 0), ((3, 2), None), ((2, 3, 2), 1), ((3, 3), 1),
                        ((3, 3), 0)):
        judge.gradient(f, numbers(rng, *shape), extra=(axis,))


@exercise(
    hints=[
        "A sum is a long +: a nudge of any of the numbers that are added up arrives as it is. So each of "
        "them gets the gradient of its sum.",
        "g lacks the axis that was added up. np.expand_dims(g, axis) puts it back, with length 1. For axis "
        "None there is nothing to put back: g is a single number.",
        "Then repeat it: times np.ones_like(x), it is broadcast to the shape of x.",
        "If axis is not None: g = np.expand_dims(g, axis). Then return g * np.ones_like(x).",
    ],
    place=sum_of_minigrad,
)
def sum_vjp(judge, rng):
    along_axes(judge, rng, added_up)


@exercise(
    hints=[
        "A mean is a sum, divided by n. So its gradient is that of the sum, divided by n.",
        "n is how many numbers went into each mean: x.shape[axis] of them, or x.size for axis None.",
        "Return sum_vjp(g, x, axis) / (x.size if axis is None else x.shape[axis]).",
    ],
)
def mean_vjp(judge, rng):
    along_axes(judge, rng, averaged)


@exercise(
    hints=[
        "Look at the shapes: x is (n, k), y is (k, m), g is (n, m). Of which two of them, one transposed, is "
        "there a matrix product of shape (n, k)?",
        "The gradient of x is made from g and y, that of y from x and g. `y.T` is y transposed.",
        "The lesson has both: g @ Wᵀ for X, and Xᵀ @ g for W. So return g @ y.T, x.T @ g.",
    ],
    place=lambda function: vjps(ops.product, function),
)
def matmul_vjp(judge, rng):
    for n, k, m in ((2, 2, 2), (2, 3, 4), (3, 1, 2), (1, 4, 3), (3, 3, 3)):
        judge.gradient(np.matmul, numbers(rng, n, k), numbers(rng, k, m))


# ---- Arrays: the same numbers elsewhere

def reshaped(x, shape):
    return x.reshape(shape)


def transposed(x, axes):
    return x.transpose(axes)


def picked(x, index):
    return x[index]


@exercise(
    hints=[
        "Each number of g belongs to the number of x that stands at the same position, if you read both row "
        "by row.",
        "So g has to get the shape that x had. `x.shape` is that shape; the argument `shape` is the other "
        "one.",
        "Return g.reshape(x.shape).",
    ],
    place=lambda function: vjps(ops.reshape, function),
)
def reshape_vjp(judge, rng):
    for before, after in (((2, 3), (6,)), ((2, 3), (3, 2)), ((2, 3, 2), (2, 6)), ((4,), (2, 1, 2))):
        judge.gradient(reshaped, numbers(rng, *before), extra=(after,))


@exercise(
    hints=[
        "For a matrix, transposing twice gives it back. With three axes, (1, 2, 0) twice does not: which "
        "order brings each axis back to where it was?",
        "Axis axes[i] of x went to place i. So axis i of g has to go to place axes[i]. For (1, 2, 0) the way "
        "back is (2, 0, 1).",
        "np.argsort(axes) is that order: it says where 0 stands in axes, where 1 stands, and so on.",
        "Return g.transpose(np.argsort(axes)).",
    ],
    place=lambda function: vjps(ops.permute, function),
)
def transpose_vjp(judge, rng):
    for shape, axes in (((2, 3), (1, 0)), ((2, 3, 2), (1, 2, 0)), ((2, 2, 2), (2, 0, 1)),
                        ((2, 3, 1), (0, 2, 1)), ((3, 2), (0, 1)), ((1, 2, 3, 2), (3, 0, 2, 1))):
        judge.gradient(transposed, numbers(rng, *shape), extra=(axes,))


@exercise(
    hints=[
        "Begin with zeros of the shape of x. Then put each number of g where its number was picked.",
        "A number that was picked twice gets both gradients, added up. zeros[index] = g keeps one of them "
        "only. And += with an index does the same!",
        "np.add.at(zeros, index, g) adds up every time, also where an index comes again. It changes `zeros` "
        "and gives None.",
        "gradient = np.zeros_like(x), then np.add.at(gradient, index, g), and then return gradient.",
    ],
    place=lambda function: vjps(ops.getitem, function),
)
def getitem_vjp(judge, rng):
    judge.gradient(picked, numbers(rng, 4), extra=(np.array([2, 0, 2]),))
    judge.gradient(picked, numbers(rng, 3, 2), extra=(np.array([1, 1, 0, 1]),))
    judge.gradient(picked, numbers(rng, 3, 4), extra=((np.array([0, 2, 0, 1]), np.array([3, 1, 3, 1])),))
    judge.gradient(picked, numbers(rng, 4, 3), extra=((slice(1, 3), 2),))
    judge.gradient(picked, numbers(rng, 5), extra=(slice(None, None, 2),))


# ---- The whole machine

class Rule:
    """A vjp that can be read where a graph is printed: `text` is what it does, as Python."""

    def __init__(self, text, function):
        self.text, self.function = text, function

    def __call__(self, g):
        return self.function(g)

    def __repr__(self):
        return self.text


AS_IT_IS = Rule("lambda g: g", lambda g: g)


def repeated(shape):
    return Rule(f"lambda g: np.full({shape}, g)", lambda g: np.full(shape, g))


def times(name, factor):
    told = f"np.array({factor.tolist()})" if factor.size <= 3 else name
    return Rule(f"lambda g: g * {told}", lambda g: g * factor)


def graph(rng, *steps):
    """A graph of arrays, in no special order. A step is a name, a shape, and pairs of an input and a vjp.

    Gives inputs, vjps, shapes, and the name of the last step.
    """
    sources = {name: made_from for name, _, *made_from in steps}
    return (shuffled(rng, {name: [source for source, _ in each] for name, each in sources.items()}),
            {name: [vjp for _, vjp in each] for name, each in sources.items()},
            {name: shape for name, shape, *_ in steps}, steps[-1][0])


def bias_of_three(rng):
    """A bias, added to three numbers, which are then weighed and added up."""
    return graph(rng, ("x", (3,)), ("bias", (1,)), ("sum", (3,), ("x", AS_IT_IS), ("bias", AS_IT_IS)),
                 ("weighed", (3,), ("sum", times("w", numbers(rng, 3)))),
                 ("total", (), ("weighed", repeated((3,)))))


def line_of_the_lesson(rng):
    """The loss of a line, for five points."""
    a, b = numbers(rng, 2)
    x, y = numbers(rng, 5), numbers(rng, 5)
    to_error = times("error", a * x + b - y)
    return graph(rng, ("a", ()), ("b", ()), ("x", (5,)), ("y", (5,)),
                 ("ax", (5,), ("a", times("x", x)), ("x", times("a", a))),
                 ("prediction", (5,), ("ax", AS_IT_IS), ("b", AS_IT_IS)),
                 ("error", (5,), ("prediction", AS_IT_IS), ("y", Rule("lambda g: -g", lambda g: -g))),
                 ("squares", (5,), ("error", to_error), ("error", to_error)),
                 ("loss", (), ("squares", repeated((5,)))))


def layer_of_the_lesson(rng, *ways):
    """u = X @ W + bias goes into the output by two `ways`, directly and as qu = q·u."""
    X, W, bias, q = numbers(rng, 4, 2), numbers(rng, 2, 3), numbers(rng, 3), numbers(rng, 4, 1)
    return graph(rng, ("X", (4, 2)), ("W", (2, 3)), ("bias", (3,)), ("q", (4, 1)),
                 ("XW", (4, 3), ("X", Rule("lambda g: g @ W.T", lambda g: g @ W.T)),
                  ("W", Rule("lambda g: X.T @ g", lambda g: X.T @ g))),
                 ("u", (4, 3), ("XW", AS_IT_IS), ("bias", AS_IT_IS)),
                 ("qu", (4, 3), ("q", times("u", X @ W + bias)), ("u", times("q", q))),
                 ("sum", (4, 3), *((way, AS_IT_IS) for way in ways)), ("out", (), ("sum", repeated((4, 3)))))


def graph_behind(output):
    """The tensors behind one, by their tickets, and their graph as `walk_back_arrays` takes it."""
    tensors, inputs, rules, waiting = {}, {}, {}, [output]
    while waiting:
        tensor = waiting.pop()
        ticket = tensor._stamp
        if ticket not in tensors:
            tensors[ticket] = tensor
            _, args, vjps, *_ = tensor._node or (None, (), ())
            handed = [(arg, vjp) for arg, vjp in zip(args, vjps) if vjp]
            inputs[ticket] = [arg._stamp for arg, _ in handed]
            rules[ticket] = [of_arrays(vjp, tensor) for _, vjp in handed]
            waiting += [arg for arg, _ in handed]
    shapes = {ticket: tensor.shape for ticket, tensor in tensors.items()}
    return tensors, (inputs, rules, shapes, output._stamp)


def of_arrays(vjp, tensor):
    """A vjp of minigrad as the learner's walk calls it, in the tensor's own dtype."""
    *_, out, seen = tensor._node
    return lambda g: vjp(np.asarray(g, tensor.dtype), out, *seen)


def walk_by(function):
    """minigrad's gradients come from the learner's walk if it starts from one number, else from ours."""
    walk_of_ours = walk_of_minigrad._walk

    def walk(outputs, weights, retain_graph=None, create_graph=False, wanted=()):
        if create_graph or len(outputs) != 1 or outputs[0].shape != () or weights[0] is not None:
            yield from walk_of_ours(outputs, weights, retain_graph, create_graph, wanted)
            return
        tensors, graph = graph_behind(outputs[0])
        for ticket, g in function(*graph).items():
            if tensors[ticket].is_leaf or ticket in wanted:
                yield tensors[ticket], np.asarray(g, tensors[ticket].dtype)

    return [Patch(walk_of_minigrad, "_walk", walk)]


def fitted(walk, fit=ours.sum_to):
    """A walk where vjps are handed back along the arrows; fit(part, shape) makes a part fit its input."""
    return lambda inputs, vjps, shapes, output: walk(
        inputs, lambda name, i, g: fit(np.asarray(vjps[name][i](g)), shapes[inputs[name][i]]), output)


@exercise(
    hints=[
        "It is `walk_back` with two changes. What is handed back is vjp(gradients[name]), in place of "
        "gradients[name] * slope. And it must be made to fit.",
        "To fit means to have the shape of the input that it is for: sum_to(part, shapes[source]).",
        "The gradient of the output is the number 1 again: gradients = {output: np.ones(())}.",
        "So: walk through reversed(topological_order(inputs, output)). For each source and vjp in "
        "zip(inputs[name], vjps[name]): part = sum_to(vjp(gradients[name]), shapes[source]), then "
        "gradients[source] = accumulate(gradients.get(source), part). In the end return gradients.",
    ],
    mistakes=[
        *(Mistake(name, sentence, fitted(walk)) for name, sentence, walk in WRONG_WALKS),
        Mistake("missing-broadcast-sum", "What was broadcast gets a gradient of the broadcast shape. Add it "
                "up to the shape of the input: sum_to.",
                fitted(in_order(from_the_end), lambda part, shape: part)),
        Mistake("first-of-batch", "What was broadcast gets one of its gradients. All of them count: sum_to.",
                fitted(in_order(from_the_end), first_of)),
        Mistake("output-missing", "The gradient of the output itself is missing. It is 1.",
                lambda *graph: {name: gradient for name, gradient in ours.walk_back_arrays(*graph).items()
                                if name != graph[-1]}),
    ],
    place=walk_by,
)
def walk_back_arrays(judge, rng):
    judge(*bias_of_three(rng))
    judge(*line_of_the_lesson(rng))
    judge(*layer_of_the_lesson(rng, "u", "qu"))
    judge(*layer_of_the_lesson(rng, "qu", "u"))
