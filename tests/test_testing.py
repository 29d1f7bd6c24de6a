"""The strategies draw what they say, and what fails shrinks to the smallest shape that shows the mistake."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from minigrad import Tensor, ops, testing
from minigrad.autograd import grad
from minigrad.gradcheck import GradientError
from minigrad.nn import functional as F
from minigrad.testing import LAYOUTS, assert_gradients, distinct, tied

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
thorough = settings(patient, max_examples=200, database=None, derandomize=True)


# --- Numbers ------------------------------------------------------------------------------------------------

SHAPES = [(), (3,), (2, 0), (2, 3, 2)]
KINKS = [{}, {"away_from": ()}, {"away_from": (-1.0, 0.25, 0.3, 2.0), "margin": 0.2},
         {"low": 0.3, "high": 3.0}, {"low": -1, "high": 1, "away_from": 0.9, "margin": 0.3}]


@pytest.mark.parametrize("options", KINKS)
@pytest.mark.parametrize("seed", range(20))
def test_distinct_numbers_keep_apart_and_away_from_kinks(options, seed):
    arrays = distinct(np.random.default_rng(seed), *SHAPES, **options)
    assert [array.shape for array in arrays] == SHAPES
    numbers = np.sort(np.concatenate([array.ravel() for array in arrays]))
    options = {"low": -3.0, "high": 3.0, "away_from": 0.0, "margin": 0.1} | options
    assert options["low"] <= numbers[0] and numbers[-1] <= options["high"]
    for kink in np.ravel(options["away_from"]):
        assert np.abs(numbers - kink).min() >= options["margin"] - 1e-12
    assert np.diff(numbers).min() > 0.25 * (options["high"] - options["low"]) / 16 / 2


def test_distinct_numbers_have_few_digits_and_come_from_the_generator():
    one, same, other = (distinct(np.random.default_rng(seed), (3, 4), low=0.1)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    assert max(len(repr(number)) for number in one.ravel().tolist()) <= len("1.234")


def test_distinct_numbers_fill_their_span_evenly():
    (numbers,) = distinct(np.random.default_rng(0), (1000,))
    counts, _ = np.histogram(numbers, 10, (-3, 3))
    assert counts.min() > 80


def test_spans_that_leave_no_number_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="between -0.05 and 0.05 that are 0.1 away from 0.0"):
        distinct(rng, (2,), low=-0.05, high=0.05)
    with pytest.raises(ValueError, match="no whole number between 0.2 and 0.8"):
        tied(rng, (2,), low=0.2, high=0.8)


@pytest.mark.parametrize("shapes", [[(2,)], [(), ()], [(3,), (0, 2)], [(2, 3), (4,)]])
@pytest.mark.parametrize("seed", range(10))
def test_tied_numbers_are_whole_and_some_are_equal(shapes, seed):
    arrays = tied(np.random.default_rng(seed), *shapes)
    assert [array.shape for array in arrays] == shapes
    numbers = np.concatenate([array.ravel() for array in arrays])
    assert (numbers == np.round(numbers)).all() and np.abs(numbers).max() <= 3
    assert len(np.unique(numbers)) <= len(numbers) // 2


# --- Strategies ---------------------------------------------------------------------------------------------

def assert_draws(strategy, *conditions):
    """For each of the conditions, one of three hundred drawn values fulfils it."""
    drawn = []

    @settings(thorough, max_examples=300, phases=[Phase.generate])
    @given(strategy)
    def draw(value):
        drawn.append(value)

    draw()
    assert [i for i, condition in enumerate(conditions) if not any(map(condition, drawn))] == []


def test_shapes_are_of_all_kinds():
    assert_draws(testing.shapes(), lambda s: s == (), lambda s: 0 in s, lambda s: len(s) == 3 and min(s) > 1)
    assert_draws(testing.broadcastable_shapes(2), lambda s: s[0][-1:] == (1,) < s[1][-1:],
                 lambda s: 0 in s[0] and 1 in s[1], lambda s: len(s[0]) > len(s[1]) > 0,
                 lambda s: len(s[1]) > len(s[0]) > 0)


@thorough
@given(testing.shapes(min_dims=1, min_side=1, max_dims=2, max_side=4),
       testing.broadcastable_shapes(3, min_side=1),
       testing.matmul_shapes(min_side=1, vectors=False, max_batch_dims=0))
def test_the_switches_of_shapes_hold(shape, group, pair):
    assert 1 <= len(shape) <= 2 and min(shape) >= 1 and max(shape) <= 4
    assert all(side >= 1 for shape in group for side in shape)
    assert [len(shape) for shape in pair] == [2, 2] and min(*pair[0], *pair[1]) >= 1


@thorough
@given(testing.broadcastable_arrays(3), testing.matmul_arrays())
def test_groups_fit_together_and_are_distinct_across_arrays(group, pair):
    np.broadcast_shapes(*(array.shape for array in group))
    np.matmul(*pair)
    for arrays in (group, pair):
        numbers = np.concatenate([array.ravel() for array in arrays])
        assert len(np.unique(numbers)) == len(numbers)


def test_matmul_has_all_its_cases():
    dims = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 2), (2, 3), (3, 3), (4, 1)]
    assert_draws(testing.matmul_shapes().map(lambda pair: (len(pair[0]), len(pair[1]))),
                 *(case.__eq__ for case in dims))
    assert_draws(testing.matmul_shapes(), lambda pair: pair[0][-1] == 0,
                 lambda pair: len(pair[0]) == 3 and pair[0][0] == 1 != pair[1][0] == 2)


@thorough
@given(testing.arrays((2, 3), dtype=np.float32, low=1, high=2), testing.arrays(st.just((4,)), ties=True),
       testing.tensors((2,)), testing.tensors(dtype=np.float32, requires_grad=False))
def test_arrays_and_tensors_are_as_asked(array, equal, tensor, constant):
    assert array.shape == (2, 3) and array.dtype == np.float32 and 1 <= array.min() <= array.max() <= 2
    assert equal.dtype == np.float64 and len(np.unique(equal)) <= 2
    assert tensor.shape == (2,) and tensor.requires_grad and tensor.dtype == np.float64
    assert isinstance(constant, Tensor) and constant.dtype == np.float32 and not constant.requires_grad


@thorough
@given(testing.reduction_cases(), testing.reduction_cases(none=False, several=False, shape=(2, 0, 3)))
def test_reductions_fit(any_one, along_one):
    np.max(any_one.input, any_one.dim, keepdims=any_one.keepdim)
    assert along_one.input.shape[along_one.dim] > 0 and isinstance(along_one.dim, int)


def test_reductions_are_of_all_kinds():
    assert_draws(testing.reduction_cases(), lambda case: case.dim is None and case.input.ndim == 0,
                 lambda case: case.dim == -2, lambda case: isinstance(case.dim, tuple) and len(case.dim) > 1,
                 lambda case: case.keepdim,
                 lambda case: case.input.size == 0)
    assert_draws(testing.reduction_cases(empty=True), lambda case: case.dim == 0 and case.input.shape[0] == 0)


@thorough
@given(testing.conv2d_cases(), testing.conv2d_cases(bias=False, min_side=1))
def test_convolutions_fit(case, without_bias):
    out = F.conv2d(*case)
    assert min(out.shape[1:]) >= 1 and len(out) == len(case.input)
    assert without_bias.bias is None and len(without_bias.input) >= 1


@thorough
@given(testing.pool2d_cases())
def test_every_window_of_a_pooling_holds_some_of_the_picture(case):
    out = F.max_pool2d(*case)
    assert np.isfinite(out).all() and min(out.shape[1:]) >= 1
    F.avg_pool2d(*case[:4])


def is_pair(name):
    return lambda case: isinstance(getattr(case, name), tuple)


def test_windows_are_of_all_kinds():
    names = ["stride", "padding", "dilation"]
    assert_draws(testing.conv2d_cases(), *map(is_pair, names),
                 lambda case: case.weight.shape[2] != case.weight.shape[3], lambda case: len(case.input) == 0,
                 lambda case: case.dilation == case.stride == 2)
    assert_draws(testing.pool2d_cases(), *map(is_pair, ["kernel_size", *names]),
                 lambda case: case.stride == 1 and case.kernel_size == 3, lambda case: len(case.input) == 0)
    assert_draws(testing.pool2d_cases(ties=True),
                 lambda case: case.input.size > len(np.unique(case.input)) > 3)


@thorough
@given(st.data(), testing.shapes())
def test_layouts_hold_the_same_numbers(data, shape):
    case = testing.Reduction(np.arange(math.prod(shape)).reshape(shape), 0, False)
    relaid, other = data.draw(testing.in_any_layout(st.just((case, "another"))))
    assert isinstance(relaid, testing.Reduction) and relaid[1:] == (0, False) and other == "another"
    np.testing.assert_array_equal(relaid.input, case.input, strict=True)


def test_layouts_are_what_they_are_called():
    x = np.arange(24.0).reshape(2, 3, 4)
    strides = {name: relay(x).strides for name, relay in LAYOUTS.items()}
    assert strides == {"transposed": (8, 16, 48), "first axis last": (8, 64, 16),
                       "every second number": (192, 64, 16), "backwards": (-96, -32, -8),
                       "read-only": (96, 32, 8)}
    assert not LAYOUTS["read-only"](x).flags.writeable
    assert_draws(testing.in_any_layout(testing.arrays((2, 3))),
                 lambda x: x.flags.c_contiguous and x.flags.writeable,
                 lambda x: x.strides[1] < 0, lambda x: not x.flags.writeable, lambda x: x.strides[0] == 8)


# --- Shrinking ----------------------------------------------------------------------------------------------

def smallest_failure(strategy, check):
    """The arguments that hypothesis shrinks to, for a check that must fail."""
    seen = []

    @settings(patient, max_examples=100, database=None, derandomize=True, report_multiple_bugs=False)
    @given(strategy)
    def test(arguments):
        seen.append(arguments)
        check(arguments)

    with pytest.raises(GradientError) as caught:
        test()
    return seen[-1], caught.value


def test_a_sum_over_a_broadcast_axis_that_is_missing_shrinks_to_one_number_against_two():
    """The gradient has the right shape: it is the first of what should be added up."""
    def first(g, x):
        return g[(0,) * (g.ndim - x.ndim)][tuple(slice(n) for n in x.shape)].copy()

    def check(pair):
        assert_gradients(np.add, *pair, vjp=lambda g, x, y: (first(g, x), first(g, y)))

    (x, y), error = smallest_failure(testing.broadcastable_arrays(2, min_side=1), check)
    assert sorted([x.size, y.size]) == [1, 2] and max(x.ndim, y.ndim) == 1
    assert error.report.verdict == "wrong"


def test_a_gradient_of_the_broadcast_shape_shrinks_to_a_single_number():
    (x, y), _ = smallest_failure(
        testing.broadcastable_arrays(2),
        lambda pair: assert_gradients(np.multiply, *pair, vjp=lambda g, x, y: (g * y, g * x)))
    assert x.size == y.size == 1 and abs(x.ndim - y.ndim) == 1


def test_a_matmul_that_is_not_transposed_shrinks_to_two_numbers_a_side():
    """Square matrices only, where the missing transpose has the right shape."""
    square = testing.array_groups(st.integers(0, 3).map(lambda n: [(n, n), (n, n)]))
    (x, y), _ = smallest_failure(
        square, lambda pair: assert_gradients(np.matmul, *pair, vjp=lambda g, x, y: (g @ y, x.T @ g)))
    assert x.shape == y.shape == (2, 2)


def test_a_matmul_that_is_not_transposed_shrinks_to_a_row_and_a_column():
    (x, y), _ = smallest_failure(
        testing.matmul_arrays(vectors=False, max_batch_dims=0),
        lambda pair: assert_gradients(np.matmul, *pair, vjp=lambda g, x, y: (g @ y.T, x @ g)))
    assert (x.shape, y.shape) == ((1, 2), (2, 1))


def test_a_batch_of_which_only_the_first_counts_shrinks_to_a_batch_of_two():
    def backward(g, x, y):
        gx, gy = g @ y.mT, x.mT @ g
        return gx, gy[0]

    batches = st.integers(1, 3).flatmap(lambda n: testing.array_groups([(n, 2, 2), (2, 2)]))
    (x, y), error = smallest_failure(batches, lambda pair: assert_gradients(np.matmul, *pair, vjp=backward))
    assert x.shape == (2, 2, 2) and error.report.verdict == "wrong"


def test_a_kernel_that_is_not_rotated_shrinks_to_a_kernel_of_two_numbers():
    def backward(g, input, weight, *options):
        rotated = np.flip(weight, (2, 3))
        at_input, _ = conv2d_gradients(g, input, rotated, *options)
        _, at_weight = conv2d_gradients(g, input, weight, *options)
        return at_input, at_weight

    case, error = smallest_failure(
        testing.conv2d_cases(bias=False), lambda case: assert_gradients(F.conv2d, *case, vjp=backward))
    assert case.weight.size == case.input.size == 2 and case[3:] == (1, 0, 1)
    assert error.report.verdict == "wrong"


def conv2d_gradients(g, input, weight, *options):
    tracked = [Tensor(array, requires_grad=True) for array in (input, weight)]
    return [gradient.numpy() for gradient in grad(F.conv2d(*tracked, *options), tracked, g)]


def test_a_tie_that_is_counted_twice_shrinks_to_two_equal_numbers():
    (x,), _ = smallest_failure(
        testing.array_groups(testing.shapes(min_dims=1, min_side=1).map(lambda s: [s]), ties=True),
        lambda pair: assert_gradients(np.max, *pair, vjp=lambda g, x: g * (x == x.max())))
    assert x.shape == (2,) and x[0] == x[1]


# --- The assertion ------------------------------------------------------------------------------------------

@settings(patient, max_examples=10)
@given(testing.in_any_layout(testing.matmul_arrays()), testing.conv2d_cases(max_side=1),
       testing.pool2d_cases(max_side=1))
def test_right_gradients_pass(pair, convolution, pooling):
    assert_gradients(ops.matmul, *pair, order=2)
    assert_gradients(F.conv2d, *convolution)
    assert_gradients(F.max_pool2d, *pooling)


def test_arrays_and_tensors_are_checked_and_what_else_there_is_is_handed_on():
    x, y = np.array([1.5, -0.5]), Tensor(np.array([0.3, 2.0]), requires_grad=True)
    seen = set()

    def f(*arguments):
        seen.update(type(argument) for argument in arguments)
        x, y, labels, power = arguments
        return x * y**power * labels

    assert_gradients(f, x, y, np.array([1, 2], np.int8), 3)
    assert seen == {Tensor, np.ndarray, int}
    assert_gradients(f, x, y, np.array([1, 2], np.int8), 3, vjp=lambda g, x, y, labels, power: (
        g * y**power * labels, g * x * power * y ** (power - 1) * labels, None))
    with pytest.raises(GradientError):
        assert_gradients(f, x, y, np.array([1, 2], np.int8), 3, vjp=lambda g, x, y, labels, power: (
            g * y**power * labels, g * x * y ** (power - 1) * labels, None))


def test_the_gradient_of_the_gradient_is_checked_where_it_is_asked_for():
    tanh = ops.Op(lambda x: np.tanh(x))
    ops.defvjp(tanh, lambda g, out, x: g * (1 - ops.detach(out * out)))
    x = np.array([0.5, -1.0])
    assert_gradients(tanh, x)
    with pytest.raises(GradientError):
        assert_gradients(tanh, x, order=2)
    with pytest.raises(ValueError, match="order=2 needs a function of tensors"):
        assert_gradients(np.tanh, x, vjp=lambda g, x: g / np.cosh(x) ** 2, order=2)


def test_a_gradient_that_widens_float32_is_found_and_said_so():
    with pytest.raises(GradientError) as caught:
        assert_gradients(np.square, np.array([0.5, -1.0]), vjp=lambda g, x: np.float64(2) * g * x)
    assert any("float32" in note for note in caught.value.__notes__)


def test_a_gradient_that_depends_on_the_memory_layout_is_found_and_said_so():
    def in_memory_order(g, x):
        return (2 * g.ravel() * x.ravel("K")).reshape(x.shape)

    with pytest.raises(GradientError) as caught:
        assert_gradients(np.square, np.arange(1.0, 7).reshape(2, 3), vjp=in_memory_order)
    assert any("not contiguous in memory" in note for note in caught.value.__notes__)


def test_the_generator_decides_the_cotangent():
    seen = []

    def vjp(g, x):
        seen.append(g.copy())
        return 2 * g * x

    for seed in (0, 0, 1):
        assert_gradients(np.square, np.array([0.5, -1.0]), vjp=vjp, rng=np.random.default_rng(seed))
    one, same, other = np.array_split(np.concatenate([g.ravel() for g in seen]), 3)
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_all_that_is_public_is_listed_and_has_a_word_of_explanation():
    for name in itertools.filterfalse("LAYOUTS".__eq__, testing.__all__):
        assert getattr(testing, name).__doc__
