# %% [markdown]
# # Lesson 6: The chain rule, by machine
#
# A number that remembers how it was made, and a walk back that finds every derivative by itself.
#
# In lesson 5 we found two derivatives by hand. The lecture types such questions into a web page
# (42:10). Neither will do for a network with thousands of numbers.
#
# So we build a machine that finds them, step by step. On the way we make four mistakes, on
# purpose. Everybody who builds such a machine makes them, and they teach what it must look like.

# %%
import heapq
import itertools

import graphviz
import numpy as np
from matplotlib import pyplot as plt

from lessons import kit
from minigrad import Tensor, plot

lesson = kit.lesson(6)

# %% [markdown]
# ## Nudges multiply
#
# Take two steps of arithmetic, one after the other: u = 2·t, then v = u².
#
# Nudge t by 0.1. Then u moves by 0.2, twice as far. And v? At u = 2 the slope of u² is 2·u = 4, so
# v moves about four times as far as u. Together, 2 × 4 = 8 times as far as t.
#
# That is the *chain rule*: along a chain of steps, the slopes multiply. There is nothing more to it.

# %%
t, nudge = 1.0, 0.1
u, v = 2 * t, (2 * t) ** 2
u_nudged, v_nudged = 2 * (t + nudge), (2 * (t + nudge)) ** 2
print(f"t moves by {nudge:.2f}, u by {u_nudged - u:.2f}, v by {v_nudged - v:.2f}")

figure, axis = plt.subplots(figsize=(7, 4))
moves = [(t, t + nudge), (u, u_nudged), (v, v_nudged)]
sizes = [high - low for low, high in moves]
axis.fill_between([0, 1, 2], sizes, color="C1", alpha=0.15)
for column, (name, (low, high)) in enumerate(zip(["t", "u = 2·t", "v = u²"], moves)):
    axis.plot([column, column], [0, high - low], color="C1", linewidth=7, solid_capstyle="butt")
    axis.annotate(f"{low:.2f} → {high:.2f}", (column, -0.09), ha="center")
    axis.annotate(name, (column, -0.19), ha="center", fontsize=14)
axis.annotate("× 2", (0.5, 0.04), ha="center", fontsize=14)
axis.annotate("× 4, nearly", (1.5, 0.04), ha="center", fontsize=14)
axis.set(xlim=(-0.3, 2.3), ylim=(-0.25, 0.9), title="A nudge on its way: the factors multiply")
axis.axis("off")
lesson.figure(figure, "nudges-multiply")

# %% [markdown]
# "Nearly", because the nudge is not tiny: v moves by 0.84, not by 0.80. The smaller the nudge, the
# more exactly the factors multiply.
#
# ## A number that remembers
#
# Each step of a computation is simple: add, subtract, multiply. For each we know the slopes.
#
# | step  | slope in x | slope in y | because                                     |
# | ----- | ---------- | ---------- | ------------------------------------------- |
# | x + y | 1          | 1          | a nudge of either arrives as it is          |
# | x - y | 1          | -1         | a nudge of y arrives with its sign turned   |
# | x · y | y          | x          | (x + h)·y = x·y + h·y: x's nudge, y times   |
#
# So let every number write down what it was made from, and with which slopes. It also draws a
# ticket, 1, 2, 3, and so on. That is only to tell them apart, for now.

# %%
tickets = itertools.count(1)


class Scalar:
    """A number that remembers how it was made."""

    def __init__(self, value, inputs=(), slopes=()):
        self.value = float(value)
        self.inputs = inputs            # the numbers it was made from
        self.slopes = slopes            # for each of them: how many times its nudge arrives here
        self.ticket = next(tickets)

    def __add__(self, other):
        return Scalar(self.value + other.value, (self, other), (1.0, 1.0))

    def __sub__(self, other):
        return Scalar(self.value - other.value, (self, other), (1.0, -1.0))

    def __mul__(self, other):
        return Scalar(self.value * other.value, (self, other), (other.value, self.value))


# %% [markdown]
# Now the first point of lesson 5, with the first guess. We write the formula as always. The numbers
# do the rest.

# %%
a, b, x, y = Scalar(-1.0), Scalar(1.0), Scalar(0.2764), Scalar(8.8292)
product = a * x
prediction = product + b
error = prediction - y
loss = error * error
print(f"loss = {loss.value:.4f}, ticket {loss.ticket}")
print("made from tickets", [each.ticket for each in loss.inputs],
      "with slopes", [round(slope, 4) for slope in loss.slopes])

# %% [markdown]
# ## The graph
#
# The numbers and what they were made from form a *graph*. Draw it: a box for every number, an arrow
# from what it was made from, and on the arrow the slope.


# %%
def everything_behind(output):
    """The number itself, and all that it was made from."""
    found, waiting = {output}, [output]
    while waiting:
        for source in waiting.pop().inputs:
            if source not in found:
                found.add(source)
                waiting.append(source)
    return found


def draw(output, names):
    """The graph behind a number; `names` has a name for each number in it."""
    font = {"fontname": "Helvetica", "fontsize": "11"}
    dot = graphviz.Digraph(graph_attr={"rankdir": "LR"}, node_attr={"shape": "box", **font}, edge_attr=font)
    for node in sorted(everything_behind(output), key=lambda node: node.ticket):
        dot.node(str(node.ticket), f"{names[node]} = {node.value:.4g}\nticket {node.ticket}")
        for source, slope in zip(node.inputs, node.slopes):
            dot.edge(str(source.ticket), str(node.ticket), label=f" × {slope:.4g} ")
    return dot


names = {a: "a", b: "b", x: "x", y: "y",
         product: "a·x", prediction: "prediction", error: "error", loss: "loss"}
lesson.graph(draw(loss, names), "one-point")

# %% [markdown]
# ## The walk back
#
# How does a nudge of a arrive in the loss? Follow the arrows from a, and multiply the slopes.
#
# We could do that for a, then again for b, and again for every other number. It is much cheaper to
# start at the other end. The loss moves once as far as itself: write 1 on it. Then step back. Each
# number hands to its inputs what is written on it, times the slope on the arrow. In one single walk
# every number gets its own. That is *reverse-mode differentiation* (Linnainmaa, 1970), and what is
# written on a number is its *gradient*.
#
# Here is a first try.


# %%
def walk_back_overwriting(output):
    """The gradient of every number behind `output`. This is wrong."""
    gradients, waiting = {output: 1.0}, [output]
    while waiting:
        node = waiting.pop(0)
        for source, slope in zip(node.inputs, node.slopes):
            gradients[source] = gradients[node] * slope
            waiting.append(source)
    return gradients


gradients = walk_back_overwriting(error)
print(f"of the error:  a {gradients[a]:9.4f}, b {gradients[b]:9.4f}   should be x = 0.2764, and 1")
gradients = walk_back_overwriting(loss)
print(f"of the loss:   a {gradients[a]:9.4f}, b {gradients[b]:9.4f}")

# %% [markdown]
# For the error it is right. For the loss? We know how to tell: nudge. Both ways, as in lesson 5.


# %%
def by_nudging(f, *values, nudge=1e-4):
    """The slopes of f in each of its arguments, by central differences."""
    slopes = []
    for i in range(len(values)):
        up, down = list(values), list(values)
        up[i] += nudge
        down[i] -= nudge
        slopes.append((f(*up) - f(*down)) / (2 * nudge))
    return slopes


nudged_a, nudged_b = by_nudging(lambda a, b: (a * 0.2764 + b - 8.8292) ** 2, -1.0, 1.0)
print(f"by nudging:    a {nudged_a:9.4f}, b {nudged_b:9.4f}")

# %% [markdown]
# ## Gradients add up
#
# **This is wrong**, by a factor of two. Look at the picture: two arrows lead from the error to the
# loss, because the loss is error · error. A nudge of the error arrives twice, once along each. The
# two must be added. Our walk wrote the second over the first.
#
# What is used twice gets two gradients, and their sum is its gradient. So: add, do not overwrite.
# And put a number on the list only once.


# %%
def walk_back_too_early(output):
    """The gradient of every number behind `output`. This is still wrong, for some graphs."""
    gradients, waiting = {output: 1.0}, [output]
    while waiting:
        node = waiting.pop(0)
        for source, slope in zip(node.inputs, node.slopes):
            if source not in gradients:
                gradients[source] = 0.0
                waiting.append(source)
            gradients[source] += gradients[node] * slope
    return gradients


gradients = walk_back_too_early(loss)
print(f"by machine:    a {gradients[a]:9.4f}, b {gradients[b]:9.4f}")
print(f"by nudging:    a {nudged_a:9.4f}, b {nudged_b:9.4f}")

# %% [markdown]
# ## The order of the walk
#
# Right, this time. Now a graph like a diamond with one short side: u goes into the output directly,
# and once more by way of q·u. Both functions below are the same, but for the order of the last sum.


# %%
def long_way_first(t, p, q):
    u = p * t
    return q * u + u


def short_way_first(t, p, q):
    u = p * t
    return u + q * u


def slope_in_t(f, walk):
    """By machine and by nudging, at t = 3, p = 2, q = 5."""
    t, p, q = Scalar(3.0), Scalar(2.0), Scalar(5.0)
    machine, nudged = walk(f(t, p, q))[t], by_nudging(f, 3.0, 2.0, 5.0)[0]
    print(f"{f.__name__:<16} by machine {machine:8.4f}   by nudging {nudged:8.4f}")


slope_in_t(long_way_first, walk_back_too_early)
slope_in_t(short_way_first, walk_back_too_early)

t, p, q = Scalar(3.0), Scalar(2.0), Scalar(5.0)
out = short_way_first(t, p, q)
u, qu = out.inputs
lesson.graph(draw(out, {t: "t", p: "p", q: "q", u: "u", qu: "q·u", out: "u + q·u"}), "two-ways")

# %% [markdown]
# **This is wrong**, and we notice it even without nudging: a sum cannot care about its order.
#
# What happened? The walk came to u by the short way, with a gradient of 1. It went straight on, and
# handed 2 · 1 back to t. Only then came the long way, and added 5 to u. Too late: u had already had
# its turn. It should have handed back 2 · (1 + 5).
#
# So here is the rule: **a number may have its turn only when all that use it have had theirs.**
#
# One could simply go back along every way, one by one. That is right, and hopeless. Double a number
# twenty times, and count.

# %%
t = Scalar(1.0)
out = t
for _ in range(20):
    out = out + out


def ways_back(output):
    """How many ways lead back from `output` to where it all began, found by trying every one."""
    return sum(ways_back(source) for source in output.inputs) if output.inputs else 1


print(f"{len(everything_behind(out))} numbers, {ways_back(out):,} ways")

# %% [markdown]
# ### Topological order
#
# Better to sort the numbers first, so that each comes after everything it was made from. That is a
# *topological order*. To find one, visit each number once, and write it down after its inputs. The
# walk takes them from the end.


# %%
def visit(node, seen, order):
    if node not in seen:
        seen.add(node)
        for source in node.inputs:
            visit(source, seen, order)
        order.append(node)


def walk_back_sorted(output):
    """The gradient of every number behind `output`."""
    order = []
    visit(output, set(), order)
    gradients = dict.fromkeys(order, 0.0)
    gradients[output] = 1.0
    for node in reversed(order):
        for source, slope in zip(node.inputs, node.slopes):
            gradients[source] += gradients[node] * slope
    return gradients


slope_in_t(long_way_first, walk_back_sorted)
slope_in_t(short_way_first, walk_back_sorted)

# %% [markdown]
# Right. Many such machines do it like this. But it has a catch: `visit` calls itself, once for each
# step back. Python allows about a thousand such calls.

# %%
t = Scalar(1.0)
long_chain = t
for _ in range(5000):
    long_chain = long_chain + t

try:
    walk_back_sorted(long_chain)
except RecursionError as failure:
    print(f"a chain of 5,000 sums: {type(failure).__name__}")

# %% [markdown]
# ### The newest first
#
# There is a simpler way, and we have had it in our hands all along: the tickets. A number can only
# be made from numbers that exist already. So whatever uses it has a higher ticket.
#
# Then the walk need not sort anything. It always takes the newest number on its list. All that use
# it are newer still, and have had their turn. The list is a *heap*: it hands out its smallest entry
# first, so we put in the tickets with a minus sign.


# %%
def walk_back(output):
    """The gradient of every number behind `output`."""
    gradients, newest = {output: 1.0}, [(-output.ticket, output)]
    while newest:
        _, node = heapq.heappop(newest)
        for source, slope in zip(node.inputs, node.slopes):
            if source not in gradients:
                gradients[source] = 0.0
                heapq.heappush(newest, (-source.ticket, source))
            gradients[source] += gradients[node] * slope
    return gradients


slope_in_t(long_way_first, walk_back)
slope_in_t(short_way_first, walk_back)
print(f"a chain of 5,000 sums: {walk_back(long_chain)[long_chain.inputs[1]]:.0f}, by counting: 5001")

# %% [markdown]
# That is the walk in `minigrad/tensor.py`, in ten lines.
#
# ## The line, by machine
#
# Now the loss of lesson 5, with all thirty points. No derivative in sight.

# %%
xs = np.array([
    0.2764, 0.3057, 0.4897, 0.7870, 0.6627, 0.6034, 0.3722, 0.1886, 0.4145, 0.6801,
    0.5178, 0.4675, 0.3708, 0.9557, 0.1604, 0.4065, 0.8752, 0.6775, 0.1818, 0.2346,
    0.5910, 0.9049, 0.9551, 0.3547, 0.7319, 0.5636, 0.7542, 0.7464, 0.2111, 0.1858,
])
ys = 3 * xs + 8



def loss_of_points(a, b, share, *points):
    """The sum of all squared errors, times `share`, in plain arithmetic; points: x, y, x, y, ..."""
    total = None
    for x, y in zip(points[::2], points[1::2]):
        error = a * x + b - y
        total = error * error if total is None else total + error * error
    return total * share


points = [float(number) for point in zip(xs, ys) for number in point]
a, b, share = Scalar(-1.0), Scalar(1.0), Scalar(1 / len(xs))
loss = loss_of_points(a, b, share, *map(Scalar, points))
gradients = walk_back(loss)
errors = -1.0 * xs + 1.0 - ys
rule_a, rule_b = np.mean(2 * errors * xs), np.mean(2 * errors)
print(f"the loss {loss.value:.4f}, made from {len(everything_behind(loss)) - 1} numbers")
print(f"by machine   a {gradients[a]:.10f}   b {gradients[b]:.10f}")
print(f"by rule      a {rule_a:.10f}   b {rule_b:.10f}")

# %% [markdown]
# ## From numbers to arrays
#
# The machine is right, and it is slow: it writes two hundred notes for thirty points. Lesson 4 had
# 11,568 pictures of 784 pixels each. One note should do for a whole array.
#
# Most of the machine stays. But "times the slope" is not enough any more, because there is a slope
# for every pair of an input element and an output element. So an array notes a small *function*
# for each input. It is given the gradient of the output, and returns the gradient of that input.
# Such a function is called a *vector-Jacobian product*, vjp for short. The thing is smaller than
# the name:
#
# | step   | gradient of x                 | gradient of y |
# | ------ | ----------------------------- | ------------- |
# | x + y  | g                             | g             |
# | x - y  | g                             | -g            |
# | x · y  | g · y                         | g · x         |
# | sum(x) | g, repeated for every element |               |
#
# Here g is the gradient of the output, the one that is handed back.


# %%
class Array:
    """An array that remembers how it was made."""

    def __init__(self, value, inputs=(), vjps=()):
        self.value = np.asarray(value, dtype=np.float64)
        self.inputs = inputs
        self.vjps = vjps                # for each input: gradient of this array -> gradient of the input
        self.ticket = next(tickets)

    def __add__(self, other):
        return Array(self.value + other.value, (self, other),
                     (lambda g: g, lambda g: g))

    def __sub__(self, other):
        return Array(self.value - other.value, (self, other),
                     (lambda g: g, lambda g: -g))

    def __mul__(self, other):
        return Array(self.value * other.value, (self, other),
                     (lambda g: g * other.value, lambda g: g * self.value))

    def sum(self):
        return Array(self.value.sum(), (self,),
                     (lambda g: np.full(self.value.shape, g),))


# %% [markdown]
# ## What is repeated must be added up
#
# Thirty predictions in one line: a·x + b. But b is a single number, and a·x has thirty. NumPy
# repeats b thirty times, silently. That is called *broadcasting*. What gradient does b get?

# %%
a, b, x = Array(-1.0), Array(1.0), Array(xs)
prediction = a * x + b
gradient_b = prediction.vjps[1](np.ones(30))
print(f"b has the shape {b.value.shape}, its gradient has the shape {gradient_b.shape}")

# %% [markdown]
# **This is wrong.** One number cannot have thirty gradients. We notice it by the shape.
#
# And we know the cure. To be repeated is to be used thirty times. What is used more than once gets
# several gradients, and they are added. So the gradients must be summed over the axis along which
# the array was repeated.
#
# In the language of matrices: to repeat is to multiply by a column of ones. To go back is to
# multiply by the same matrix *transposed*, and a row of ones takes the sum.

# %%
repeat = np.ones((4, 1))
print("repeat:    ", (repeat @ [7.0]).tolist())
print("transposed:", (repeat.T @ [1.0, 2.0, 3.0, 4.0]).tolist())

# %% [markdown]
# It is the same for every operation. So it is undone in one place, in the walk: whatever comes back
# is summed to the shape of the array that it is for.


# %%
def sum_to(g, shape):
    """Add up `g` over the axes along which an array of `shape` was repeated."""
    in_front = tuple(range(g.ndim - len(shape)))
    of_length_1 = tuple(i for i, n in enumerate(shape) if n == 1)
    return g.sum(axis=in_front).sum(axis=of_length_1, keepdims=True)


def walk_back_arrays(output):
    """The gradient of every array behind `output`, a single number."""
    gradients, newest = {output: np.ones(())}, [(-output.ticket, output)]
    while newest:
        _, node = heapq.heappop(newest)
        for source, vjp in zip(node.inputs, node.vjps):
            if source not in gradients:
                gradients[source] = np.zeros(source.value.shape)
                heapq.heappush(newest, (-source.ticket, source))
            gradients[source] = gradients[source] + sum_to(vjp(gradients[node]), source.value.shape)
    return gradients




def loss_of_arrays(a, b, share, x, y):
    """The same loss, for arrays x and y."""
    error = a * x + b - y
    return (error * error).sum() * share


loss = loss_of_arrays(a, b, Array(1 / len(xs)), x, Array(ys))
gradients = walk_back_arrays(loss)
print(f"the loss {loss.value:.4f}, made from {len(everything_behind(loss)) - 1} arrays")
print(f"by machine   a {gradients[a]:.10f}   b {gradients[b]:.10f}")
print(f"by rule      a {rule_a:.10f}   b {rule_b:.10f}")

# %% [markdown]
# The same numbers, with ten notes in place of two hundred.
#
# ## The matrix product
#
# One operation is left, the one that networks spend their time in. Each element of X @ W is a sum of
# products: of a row of X and a column of W. The slope in an element of W is an element of X, and the
# other way round. Go through the indices once, and it turns out that the gradients are again matrix
# products:
#
#     gradient of X = g @ Wᵀ          gradient of W = Xᵀ @ g
#
# There is no need to learn that by heart. The shapes tell: X is 3 × 2, W is 2 × 4, so g is 3 × 4.
# To make a 3 × 2 of g and W, there is only g @ Wᵀ.
#
# Only, the shapes tell nothing when W is square. Here is the mistake that everybody makes once.

# %%
def matmul(x, y):
    return Array(x.value @ y.value, (x, y),
                 (lambda g: g @ y.value.T, lambda g: x.value.T @ g))


Array.__matmul__ = matmul

X, W = lesson.rng.standard_normal((3, 2)), lesson.rng.standard_normal((2, 2))
weights = lesson.rng.standard_normal((3, 2))        # the gradient that comes back to X @ W


def nudged_everywhere(f, *values, nudge=1e-4):
    """The slopes of f in every element of every argument, by central differences."""
    slopes = [np.zeros(value.shape) for value in values]
    for i, value in enumerate(values):
        for index in np.ndindex(value.shape):
            step = np.zeros(value.shape)
            step[index] = nudge
            up = f(*values[:i], value + step, *values[i + 1:])
            down = f(*values[:i], value - step, *values[i + 1:])
            slopes[i][index] = (up - down) / (2 * nudge)
    return slopes


print("g @ W, without the transpose:", weights @ W, "g @ W.T:", weights @ W.T, "by nudging:",
      nudged_everywhere(lambda X: np.sum(X @ W * weights), X)[0], sep="\n")

# %% [markdown]
# **The first is wrong**, and nothing complained: it has the right shape. Only nudging shows it. Note
# the random weights. They give every element of the output a gradient of its own; with the same
# gradient everywhere, some mistakes of this kind cannot be seen.
#
# ## And now minigrad
#
# minigrad's `Tensor` is this machine, with more operations. `requires_grad=True` says which numbers
# we want a gradient for, `backward()` walks back, and the gradient is then found in `.grad`.

# %%
a = Tensor(np.float64(-1.0), requires_grad=True)
b = Tensor(np.float64(1.0), requires_grad=True)
x, y = Tensor(xs), Tensor(ys)
prediction = a * x + b
error = prediction - y
loss = (error * error).mean()
loss.backward(retain_graph=True)        # keep the graph: it is to be drawn
print(f"a.grad = {a.grad.item():.10f}, b.grad = {b.grad.item():.10f}")
tensor_names = {a: "a", b: "b", x: "x", y: "y", prediction: "prediction", error: "error", loss: "loss"}
lesson.graph(plot.graph(loss, tensor_names), "the-line-in-minigrad")

# %% [markdown]
# In this picture the operations have ovals of their own. What we asked a gradient for is coloured.
#
# One habit to know before you train anything: `backward()` *adds* to `.grad`. It is the rule of this
# lesson, gradients add up, carried on from one walk to the next. Walk twice and the gradient is
# doubled. So a training loop forgets the old ones before each walk.

# %%
loss.backward()
print(f"a.grad after a second walk = {a.grad.item():.10f}")

# %% [markdown]
# ## Do they all agree?
#
# Every function of this lesson, on every machine of this lesson, against minigrad and against
# nudging. One more function joins them: a small layer, with a matrix product, a bias that is
# broadcast, and an array that is used twice.


# %%
def one_point(a, b, x, y):
    error = a * x + b - y
    return error * error


def layer(X, W, bias, weights):
    output = X @ W + bias
    return (output * output * weights).sum()


def flat(arrays):
    return np.concatenate([np.ravel(array) for array in arrays])


def by_machine(kind, walk, f, values):
    inputs = [kind(value) for value in values]
    gradients = walk(f(*inputs))
    return flat(gradients[each] for each in inputs)


def by_minigrad(f, values):
    inputs = [Tensor(value, requires_grad=True) for value in values]
    f(*inputs).backward()
    return flat(each.grad for each in inputs)


def apart(found, expected):
    """The largest difference: for large gradients as a share of them, for small ones as it is."""
    return np.max(np.abs(found - expected) / np.maximum(1, np.abs(expected)))


machines = [("scalars, sorted", Scalar, walk_back_sorted), ("scalars, newest first", Scalar, walk_back),
            ("arrays", Array, walk_back_arrays)]
functions = [
    (one_point, [-1.0, 1.0, xs[0], ys[0]]),
    (long_way_first, [3.0, 2.0, 5.0]),
    (short_way_first, [3.0, 2.0, 5.0]),
    (loss_of_points, [-1.0, 1.0, 1 / len(xs), *points]),
    (loss_of_arrays, [-1.0, 1.0, 1 / len(xs), xs, ys]),
    (layer, [X, W, lesson.rng.standard_normal((1, 2)), weights]),
]

from_minigrad, from_nudging = [], []
print(f"{'function':<17} {'machine':<23}{'gradients':>9}{'from minigrad':>15}{'from nudging':>14}")
for f, values in functions:
    values = [np.array(value) for value in values]
    exact, nudged = by_minigrad(f, values), flat(nudged_everywhere(f, *values))
    for machine, kind, walk in machines:
        if kind is Scalar and any(value.ndim > 0 for value in values):
            continue
        found = by_machine(kind, walk, f, values)
        from_minigrad.append(apart(found, exact))
        from_nudging.append(apart(found, nudged))
        print(f"{f.__name__:<17} {machine:<23}{len(found):9}"
              f"{from_minigrad[-1]:15.1g}{from_nudging[-1]:14.1g}")

# %% [markdown]
# Against minigrad we forgive rounding only, a few units in the sixteenth digit. Against nudging we
# must forgive more, since it divides what was lost to rounding by a small nudge. There is no other
# error in it here: when one number is nudged alone, each of these functions is a parabola at the
# most, and for a parabola the central difference is exact.

# %%
lesson.receipt("gradients of all machines are those of minigrad", promised="apart by at most 1e-12",
               got=f"apart by {max(from_minigrad):.1g}", holds=max(from_minigrad) <= 1e-12)
lesson.receipt("gradients of all machines are those by nudging", promised="apart by at most 1e-08",
               got=f"apart by {max(from_nudging):.1g}", holds=max(from_nudging) <= 1e-8)

# %% [markdown]
# ## What we learned
#
# - The chain rule: along a chain of steps, slopes multiply.
# - Numbers that remember how they were made form a graph. One walk back through it finds all
#   gradients, however many inputs there are.
# - What is used twice gets two gradients, and they are added.
# - A number has its turn when all that use it have had theirs. The newest first does it.
# - Arrays bring only two new things: a function in place of a slope, and a sum where something was
#   repeated.
#
# ## What we left out
#
# - Other operations: division, exp, the largest of several. Each needs a line or two, like those
#   above. They are in `minigrad/ops.py`, each with its gradients right under it.
# - Our arrays keep functions that hold on to their inputs. minigrad hands the inputs over when the
#   walk comes by, and lets go of each note as it passes. So memory is given back at once.
# - Corners: |x| has no slope at 0, and some choice must be made there.
# - Gradients of gradients. The gradients here are plain numbers that remember nothing. minigrad's
#   can remember (`create_graph=True`).
#
# ## Now you
#
# Now build the machine: twenty-one exercises, the heart of all of them, `python -m lessons check
# 6`. Each derivative that you write is checked by nudging, and a wrong one is told what is wrong
# with it.
#
# ## What comes next
#
# We have a machine for gradients, and from lesson 5 an update. In lesson 7 they are let loose on
# filters: nine numbers each, random at first.

# %%
lesson.end()
