"""Lesson 6: wrong derivatives, wrong walks, and arrays handed back in the wrong shape."""

import numpy as np

from tests.gallery import wrong

# ---- The derivatives of single steps


@wrong("add_vjp", "wrong-point", "extra-factor", "cotangent-ignored", "unknown")
def inputs_for_gradients(g, x, y):
    return x, y


@wrong("add_vjp", "cotangent-ignored")
def slopes_of_add(g, x, y):
    return np.ones_like(x), np.ones_like(y)


@wrong("add_vjp", "constant-factor")
def shared_out(g, x, y):
    return g / 2, g / 2


@wrong("add_vjp", "wrong-count")
def one_for_both(g, x, y):
    return g


@wrong("sub_vjp", "sign")
def as_for_add(g, x, y):
    return g, g


@wrong("sub_vjp", "inputs-swapped", "sign")
def minus_for_the_first(g, x, y):
    return -g, g


@wrong("sub_vjp", "no-return")
def sub_without_return(g, x, y):
    g, -g  # noqa: B018


@wrong("sub_vjp", "cotangent-mutated")
def sign_turned_in_place(g, x, y):
    gx = g.copy()
    g *= -1
    return gx, g


@wrong("mul_vjp", "inputs-swapped", "extra-factor", "wrong-point")
def each_its_own(g, x, y):
    return g * x, g * y


@wrong("mul_vjp", "cotangent-ignored")
def without_g(g, x, y):
    return y, x


@wrong("mul_vjp", "extra-factor")
def as_for_a_sum(g, x, y):
    return g, g


@wrong("mul_vjp", "cotangent-mutated")
def multiplied_in_place(g, x, y):
    g *= y
    return g, g / y * x


@wrong("div_vjp", "sign")
def minus_forgotten(g, x, y):
    return g / y, g * x / y**2


@wrong("div_vjp", "extra-factor")
def square_forgotten(g, x, y):
    return g / y, -g * x / y


@wrong("div_vjp", "extra-factor", "unknown")
def as_for_a_product(g, x, y):
    return g * y, g * x


@wrong("div_vjp", "extra-factor")
def numerator_forgotten(g, x, y):
    return g / y, -g / y**2


@wrong("pow_vjp", "extra-factor")
def exponent_not_lowered(g, x, n):
    return g * n * x**n


@wrong("pow_vjp", "constant-factor")
def exponent_not_in_front(g, x, n):
    return g * x ** (n - 1)


@wrong("pow_vjp", "cotangent-ignored")
def pow_without_g(g, x, n):
    return n * x ** (n - 1)


@wrong("pow_vjp", "extra-factor", "unknown")
def derivative_in_the_exponent(g, x, n):
    return g * x**n * np.log(np.abs(x))


@wrong("exp_vjp", "extra-factor", "wrong-point")
def as_if_it_were_a_power(g, x):
    return g * x * np.exp(x - 1)


@wrong("exp_vjp", "cotangent-ignored")
def exp_without_g(g, x):
    return np.exp(x)


@wrong("exp_vjp", "wrong-point")
def exp_of_the_output(g, x):
    return g * np.exp(np.exp(x))


@wrong("exp_vjp", "wrong-point", "extra-factor", "unknown")
def g_times_x(g, x):
    return g * x


@wrong("log_vjp", "extra-factor", "wrong-point")
def divided_by_the_output(g, x):
    return g / np.log(x)


@wrong("log_vjp", "extra-factor")
def multiplied_by_x(g, x):
    return g * x


@wrong("log_vjp", "cotangent-ignored")
def one_over_x(g, x):
    return 1 / x


@wrong("log_vjp", "sign", "extra-factor")
def derivative_of_one_over_x(g, x):
    return -g / x**2


@wrong("tanh_vjp", "wrong-point")
def square_forgotten_in_tanh(g, x):
    return g * (1 - np.tanh(x))


@wrong("tanh_vjp", "wrong-point")
def square_of_the_input(g, x):
    return g * (1 - x**2)


@wrong("tanh_vjp", "extra-factor", "wrong-point")
def as_for_the_sigmoid(g, x):
    y = np.tanh(x)
    return g * y * (1 - y)


@wrong("tanh_vjp", "wrong-point")
def tanh_of_tanh(g, x):
    y = np.tanh(x)
    return g * (1 - np.tanh(y) ** 2)


@wrong("relu_vjp", "mask-inverted")
def where_it_is_below(g, x):
    return g * (x < 0)


@wrong("relu_vjp", "cotangent-ignored")
def the_slope_alone(g, x):
    return (x > 0).astype(float)


@wrong("relu_vjp", "extra-factor", "unknown", "not-linear")
def relu_of_g(g, x):
    return np.maximum(g, 0)


@wrong("relu_vjp", "extra-factor", "wrong-point")
def output_for_slope(g, x):
    return g * np.maximum(x, 0)


@wrong("relu_vjp", "cotangent-mutated")
def zeros_written_into_g(g, x):
    g[x <= 0] = 0
    return g


@wrong("relu_vjp", "wrong-at-kink")
def everything_at_the_corner(g, x):
    return g * (x >= 0)


@wrong("maximum_vjp", "wrong-at-kink")
def a_draw_goes_to_y(g, x, y):
    return g * (x > y), g * (x <= y)


@wrong("maximum_vjp", "wrong-at-kink")
def nothing_for_a_draw(g, x, y):
    return g * (x > y), g * (y > x)


@wrong("maximum_vjp", "wrong-at-kink")
def everything_for_a_draw(g, x, y):
    return g * (x >= y), g * (y >= x)


@wrong("maximum_vjp", "inputs-swapped", "mask-inverted")
def to_the_smaller(g, x, y):
    return g * (x < y) + g * (x == y) / 2, g * (y < x) + g * (x == y) / 2


@wrong("maximum_vjp", "extra-factor", "unknown", "mask-inverted")
def to_both(g, x, y):
    return g, g


@wrong("maximum_vjp", "cotangent-ignored")
def truths(g, x, y):
    return (x > y) + (x == y) / 2, (y > x) + (x == y) / 2


# ---- The walk back


@wrong("accumulate", "overwritten")
def the_last_part(so_far, part):
    return part


@wrong("accumulate", "input-changed")
def written_into_what_was_lent(so_far, part):
    if so_far is None:
        return part
    so_far += part
    return so_far


@wrong("accumulate", "raises")
def none_plus_an_array(so_far, part):
    return so_far + part


@wrong("accumulate", "no-return")
def accumulate_without_return(so_far, part):
    if so_far is None:
        return part
    so_far = so_far + part


@wrong("accumulate", "raises")
def truth_of_an_array(so_far, part):
    return so_far + part if so_far else part


@wrong("accumulate", "first-lost")
def zeros_at_first(so_far, part):
    if so_far is None:
        return np.zeros_like(part)
    return so_far + part


def visited(inputs, output, again=False, first=False):
    """An order by visiting: with names that come again, or with each before its inputs."""
    order, seen = [], set()

    def visit(name):
        if name in seen and not again:
            return
        seen.add(name)
        if first:
            order.append(name)
        for source in inputs[name]:
            visit(source)
        if not first:
            order.append(name)

    visit(output)
    return order


@wrong("topological_order", "flipped")
def output_first(inputs, output):
    return visited(inputs, output)[::-1]


@wrong("topological_order", "repeated")
def not_remembered(inputs, output):
    return visited(inputs, output, again=True)


@wrong("topological_order", "flipped", "too-early")
def written_down_before_its_inputs(inputs, output):
    return visited(inputs, output, first=True)


@wrong("topological_order", "too-early")
def visited_forward_then_reversed(inputs, output):
    return visited(inputs, output, first=True)[::-1]


@wrong("topological_order", "missing")
def output_left_out(inputs, output):
    return visited(inputs, output)[:-1]


@wrong("topological_order", "too-many", "too-early")
def all_there_are(inputs, output):
    return list(inputs)


@wrong("topological_order", "strangers")
def lists_in_the_list(inputs, output):
    return [inputs[name] for name in visited(inputs, output)]


@wrong("topological_order", "wrong-type")
def a_set_of_names(inputs, output):
    return set(visited(inputs, output))


@wrong("topological_order", "too-early")
def level_by_level(inputs, output):
    order, waiting = [], [output]
    while waiting:
        name = waiting.pop(0)
        if name not in order:
            order.append(name)
            waiting += inputs[name]
    return order[::-1]


@wrong("walk_back", "overwritten")
def overwriting_in_order(inputs, slopes, output):
    gradients = {output: 1.0}
    for name in reversed(visited(inputs, output)):
        for source, slope in zip(inputs[name], slopes[name]):
            gradients[source] = gradients[name] * slope
    return gradients


@wrong("walk_back", "overwritten")
def the_first_walk_of_the_lesson(inputs, slopes, output):
    gradients, waiting = {output: 1.0}, [output]
    while waiting:
        name = waiting.pop(0)
        for source, slope in zip(inputs[name], slopes[name]):
            gradients[source] = gradients[name] * slope
            waiting.append(source)
    return gradients


@wrong("walk_back", "too-early")
def the_second_walk_of_the_lesson(inputs, slopes, output):
    gradients, waiting = {output: 1.0}, [output]
    while waiting:
        name = waiting.pop(0)
        for source, slope in zip(inputs[name], slopes[name]):
            if source not in gradients:
                gradients[source] = 0.0
                waiting.append(source)
            gradients[source] += gradients[name] * slope
    return gradients


@wrong("walk_back", "counted-twice")
def calls_itself(inputs, slopes, output):
    gradients = {output: 1.0}

    def back(name):
        for source, slope in zip(inputs[name], slopes[name]):
            gradients[source] = gradients.get(source, 0.0) + gradients[name] * slope
            back(source)

    back(output)
    return gradients


@wrong("walk_back", "chain-forgotten")
def slopes_without_the_chain(inputs, slopes, output):
    gradients = {output: 1.0}
    for name in reversed(visited(inputs, output)):
        for source, slope in zip(inputs[name], slopes[name]):
            gradients[source] = gradients.get(source, 0.0) + slope
    return gradients


@wrong("walk_back", "zeros")
def never_begun(inputs, slopes, output):
    gradients = dict.fromkeys(visited(inputs, output), 0.0)
    for name in reversed(visited(inputs, output)):
        for source, slope in zip(inputs[name], slopes[name]):
            gradients[source] += gradients[name] * slope
    return gradients


@wrong("walk_back", "too-many")
def zeros_for_all_there_are(inputs, slopes, output):
    gradients = dict.fromkeys(inputs, 0.0)
    gradients[output] = 1.0
    for name in reversed(visited(inputs, output)):
        for source, slope in zip(inputs[name], slopes[name]):
            gradients[source] += gradients[name] * slope
    return gradients


@wrong("walk_back", "raises")
def from_the_beginning(inputs, slopes, output):
    gradients = {output: 1.0}
    for name in visited(inputs, output):
        for source, slope in zip(inputs[name], slopes[name]):
            gradients[source] = gradients.get(source, 0.0) + gradients[name] * slope
    return gradients


# ---- Arrays: what is repeated must be added up


@wrong("sum_to", "front-only")
def only_in_front(g, shape):
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    return g


@wrong("sum_to", "ones-only")
def only_ones(g, shape):
    for i, n in enumerate(shape[::-1]):
        if n == 1:
            g = g.sum(axis=-1 - i, keepdims=True)
    return g


@wrong("sum_to", "axes-lost")
def without_keepdims(g, shape):
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1))


@wrong("sum_to", "reduced-to-a-number")
def sum_of_everything(g, shape):
    return g.sum()


@wrong("sum_to", "mean-for-sum")
def means(g, shape):
    g = g.mean(axis=tuple(range(g.ndim - len(shape))))
    return g.mean(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


@wrong("sum_to", "unchanged")
def as_it_is(g, shape):
    return g


@wrong("sum_to", "raises")
def reshaped_instead(g, shape):
    return g.reshape(shape)


@wrong("sum_vjp", "wrong-shape")
def not_repeated(g, x, axis):
    return g


@wrong("sum_vjp", "cotangent-ignored")
def ones(g, x, axis):
    return np.ones_like(x)


@wrong("sum_vjp", "raises")
def axis_not_put_back(g, x, axis):
    return np.broadcast_to(g, x.shape).copy()


@wrong("sum_vjp", "extra-factor", "wrong-point")
def times_x(g, x, axis):
    return (g if axis is None else np.expand_dims(g, axis)) * x


@wrong("sum_vjp", "constant-factor")
def shared_among_them(g, x, axis):
    n = x.size if axis is None else x.shape[axis]
    return (g if axis is None else np.expand_dims(g, axis)) * np.ones_like(x) / n


@wrong("mean_vjp", "constant-factor")
def as_for_a_sum_along(g, x, axis):
    return (g if axis is None else np.expand_dims(g, axis)) * np.ones_like(x)


@wrong("mean_vjp", "constant-factor")
def divided_by_all(g, x, axis):
    return (g if axis is None else np.expand_dims(g, axis)) * np.ones_like(x) / x.size


@wrong("mean_vjp", "constant-factor")
def divided_by_the_rows(g, x, axis):
    return (g if axis is None else np.expand_dims(g, axis)) * np.ones_like(x) / len(x)


@wrong("mean_vjp", "wrong-shape")
def divided_and_not_repeated(g, x, axis):
    return g / (x.size if axis is None else x.shape[axis])


@wrong("matmul_vjp", "raises", "not-transposed")
def no_transposes(g, x, y):
    return g @ y, x @ g


@wrong("matmul_vjp", "inputs-swapped", "wrong-shape")
def y_before_x(g, x, y):
    return x.T @ g, g @ y.T


@wrong("matmul_vjp", "not-transposed", "wrong-shape")
def results_transposed(g, x, y):
    return y @ g.T, g.T @ x


@wrong("matmul_vjp", "cotangent-ignored", "wrong-shape")
def slopes_of_matmul(g, x, y):
    return y.T, x.T


@wrong("matmul_vjp", "raises")
def number_by_number(g, x, y):
    return g * y, g * x


@wrong("matmul_vjp", "cotangent-ignored")
def ones_for_g(g, x, y):
    return np.ones_like(g) @ y.T, x.T @ np.ones_like(g)


# ---- Arrays: the same numbers elsewhere


@wrong("reshape_vjp", "wrong-shape")
def the_new_shape(g, x, shape):
    return g.reshape(shape)


@wrong("reshape_vjp", "wrong-order")
def column_by_column(g, x, shape):
    return g.reshape(x.shape, order="F")


@wrong("reshape_vjp", "wrong-order", "not-transposed")
def reshaped_and_transposed(g, x, shape):
    return g.reshape(x.shape[::-1]).T


@wrong("reshape_vjp", "wrong-shape")
def flattened(g, x, shape):
    return g.ravel()


@wrong("transpose_vjp", "wrong-shape", "wrong-order", "not-transposed")
def the_same_axes_again(g, x, axes):
    return g.transpose(axes)


@wrong("transpose_vjp", "wrong-shape", "wrong-order", "not-transposed")
def all_axes_reversed(g, x, axes):
    return g.T


@wrong("transpose_vjp", "wrong-order", "not-transposed")
def reshaped_back(g, x, axes):
    return g.reshape(x.shape)


@wrong("transpose_vjp", "wrong-shape", "not-transposed")
def not_transposed(g, x, axes):
    return g


@wrong("getitem_vjp", "overwritten")
def assigned(g, x, index):
    gradient = np.zeros_like(x)
    gradient[index] = g
    return gradient


@wrong("getitem_vjp", "overwritten")
def added_at_once(g, x, index):
    gradient = np.zeros_like(x)
    gradient[index] += g
    return gradient


@wrong("getitem_vjp", "wrong-shape")
def not_put_back(g, x, index):
    return g


@wrong("getitem_vjp", "input-mutated")
def added_to_x(g, x, index):
    np.add.at(x, index, g)
    return x


@wrong("getitem_vjp", "no-return")
def add_at_gives_none(g, x, index):
    return np.add.at(np.zeros_like(x), index, g)


@wrong("getitem_vjp", "raises", "wrong-shape")
def picked_from_g(g, x, index):
    return g[index]


# ---- The whole machine


@wrong("walk_back_arrays", "missing-broadcast-sum")
def broadcast_shapes(inputs, vjps, shapes, output):
    gradients = {output: np.ones(())}
    for name in reversed(visited(inputs, output)):
        for source, vjp in zip(inputs[name], vjps[name]):
            part = vjp(gradients[name])
            gradients[source] = gradients[source] + part if source in gradients else part
    return gradients


def summed(g, shape):
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


@wrong("walk_back_arrays", "overwritten")
def overwriting_arrays(inputs, vjps, shapes, output):
    gradients = {output: np.ones(())}
    for name in reversed(visited(inputs, output)):
        for source, vjp in zip(inputs[name], vjps[name]):
            gradients[source] = summed(vjp(gradients[name]), shapes[source])
    return gradients


@wrong("walk_back_arrays", "too-early")
def arrays_as_they_are_found(inputs, vjps, shapes, output):
    gradients, waiting = {output: np.ones(())}, [output]
    while waiting:
        name = waiting.pop()
        for source, vjp in zip(inputs[name], vjps[name]):
            if source not in gradients:
                gradients[source] = np.zeros(shapes[source])
                waiting.append(source)
            gradients[source] = gradients[source] + summed(vjp(gradients[name]), shapes[source])
    return gradients


@wrong("walk_back_arrays", "raises")
def slopes_for_vjps(inputs, vjps, shapes, output):
    gradients = {output: np.ones(())}
    for name in reversed(visited(inputs, output)):
        for source, vjp in zip(inputs[name], vjps[name]):
            gradients[source] = gradients.get(source, 0) + summed(gradients[name] * vjp, shapes[source])
    return gradients


@wrong("walk_back_arrays", "no-return")
def gradients_kept_to_itself(inputs, vjps, shapes, output):
    gradients = {output: np.ones(())}
    for name in reversed(visited(inputs, output)):
        for source, vjp in zip(inputs[name], vjps[name]):
            gradients[source] = gradients.get(source, 0) + summed(vjp(gradients[name]), shapes[source])
