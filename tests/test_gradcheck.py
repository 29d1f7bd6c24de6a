"""The check: what it measures, what it makes of it, and what it says. Its mistakes are in `catalogue`."""

import subprocess
import sys
import time

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad
from minigrad import Tensor, check_vjp, nn, tensor
from minigrad.autograd import GradientError, gradcheck, gradgradcheck
from minigrad.gradcheck.kinks import is_subgradient
from minigrad.gradcheck.numeric import COMPLEX, DIFFERENCES, DOMAIN, JUMP, UNIT, Nudged, jacobian
from minigrad.nn import functional as F

matplotlib.use("Agg")


def judged(f, vjp, *arrays, **options):
    return check_vjp(f, vjp, list(arrays), raise_exception=False, **options)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


# --- Measuring ----------------------------------------------------------------------------------------------

def in_float32(f):
    return lambda x: f(x.astype(np.float32)).astype(np.float64)


SMOOTH = {                          # f, f', numbers at which to measure, and how it is then measured
    "exp": (np.exp, np.exp, (-3, 3), COMPLEX),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2, (-6, 6), COMPLEX),
    "sin, fast": (lambda x: np.sin(300 * x), lambda x: 300 * np.cos(300 * x), (-3, 3), DIFFERENCES),
    "log": (np.log, lambda x: 1 / x, (0.1, 9), COMPLEX),
    "line": (lambda x: 3 * x - 1, lambda x: 3 + 0 * x, (-3, 3), UNIT),
    "constant": (np.ones_like, lambda x: 0 * x, (-3, 3), UNIT),
    "cube of |x|": (lambda x: np.abs(x) ** 3, lambda x: 3 * x * np.abs(x), (-2, 2), DIFFERENCES),
    "large": (lambda x: 1e9 * x**2, lambda x: 2e9 * x, (-2, 2), COMPLEX),
    "small": (lambda x: 1e-9 * np.abs(x), lambda x: 1e-9 * np.sign(x), (0.5, 2), UNIT),
    "float32 inside": (in_float32(np.tanh), lambda x: 1 - np.tanh(x) ** 2, (-1, 1), DIFFERENCES),
}


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("seed", range(5))
def test_the_derivative_lies_within_its_error_bar(name, seed):
    f, derivative, (low, high), method = SMOOTH[name]
    x = np.random.default_rng(seed).uniform(low, high, 9)
    found, bar = jacobian(f, [x], 0)
    assert np.all(np.abs(found - np.diag(derivative(x))) <= bar + 1e-15 * np.abs(found))
    largest = np.abs(derivative(x)).max()
    assert bar.max() <= (1e-3 if "32" in name else 1e-4) * largest
    assert Nudged(f, [x], np.random.default_rng(0)).method == method


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e6])
def test_steps_have_the_size_of_the_input(scale):
    x = normal(5) * scale
    found, bar = jacobian(lambda x: np.abs(np.sin(x / scale) + 2), [x], 0)
    np.testing.assert_allclose(found, np.diag(np.cos(x / scale) / scale), atol=1e-8 / scale)
    assert bar.max() < 1e-6 / scale


def test_numbers_of_all_sizes_in_one_array():
    x = np.array([1e8, 0.3, 1e-7, -2e-3, 40.0])
    found, bar = jacobian(lambda x: np.abs(x) ** 1.5, [x], 0)
    np.testing.assert_allclose(np.diag(found), 1.5 * np.sqrt(np.abs(x)) * np.sign(x), rtol=1e-6)


@pytest.mark.parametrize("distance", [1e-2, 1e-4, 1e-6, 1e-8])
def test_a_kink_close_by_is_not_one_here(distance):
    x = np.array([distance, -distance, 1.0, -2.0])
    found, _ = jacobian(lambda x: np.maximum(x, 0), [x], 0)
    np.testing.assert_allclose(found, np.diag([1.0, 0.0, 1.0, 0.0]), atol=1e-6)


def test_a_kink_has_two_slopes_and_a_bend_has_one():
    x = np.array([0.0, 1.0])
    f = lambda x: np.array([np.abs(x[0]) + 50 * x[0] ** 2, x[1] ** 2])          # noqa: E731
    nudged = Nudged(f, [x], np.random.default_rng(0))
    found = nudged.slopes(0, 0)
    np.testing.assert_allclose([found.value[0], found.jump[0]], [0.0, 2.0], atol=1e-3)
    assert found.jump[1] == 0 and not np.any(nudged.slopes(0, 1).jump)


@pytest.mark.parametrize("f, x, trouble", [
    (np.sqrt, 0.0, DOMAIN),
    (np.log, 1e-300, ""),
    (np.floor, 2.0, JUMP),
    (np.sign, 0.0, JUMP),
    (lambda x: np.array(__import__("math").sqrt(x)), 0.0, DOMAIN),
])
def test_where_there_is_no_slope_it_says_why(f, x, trouble):
    found = Nudged(f, [np.array(x)], np.random.default_rng(0)).slopes(0, 0)
    assert found.trouble == trouble
    assert np.isnan(found.value[0]) == (trouble != "")


def test_nudging_leaves_everything_as_it_was():
    x, y = normal(3, 4), normal(4)
    nudged = Nudged(lambda x, y: x * y, [x, y], np.random.default_rng(0))
    for j in range(4):
        nudged.surely(1, j)
    assert np.array_equal(nudged.arrays[0], x) and np.array_equal(nudged.arrays[1], y)


# --- Kinks --------------------------------------------------------------------------------------------------

def largest(x):
    return np.array(x.max())


def weighed_relu(x):
    return np.array((np.array([1.0, -2.0, 3.0, -4.0]) * np.maximum(x, 0)).sum())


def length(x):
    return np.array(np.linalg.norm(x))


@pytest.mark.parametrize("f, x, claimed, right", [
    (largest, [1, 1], (1, 0), True),
    (largest, [1, 1], (0, 1), True),
    (largest, [1, 1], (0.5, 0.5), True),
    (largest, [1, 1], (1, 1), False),
    (largest, [1, 1], (0, 0), False),
    (largest, [1, 1, 1], (0.2, 0.3, 0.5), True),
    (largest, [1, 1, 1], (0, 0, 1), True),
    (largest, [1, 1, 1], (1, 1, 0), False),           # each of them alone could be
    (largest, [1, 1, 1], (0.5, 0.5, 0.5), False),
    (largest, [1, 1, 1], (2, -1, 0), False),
    (largest, np.zeros(40), np.eye(40)[3], True),
    (largest, np.zeros(40), np.ones(40) / 40, True),
    (largest, np.zeros(40), np.ones(40), False),
    (weighed_relu, [0, 0, 0, 0], (0, 0, 0, 0), True),     # kinks that have nothing to do with each other
    (weighed_relu, [0, 0, 0, 0], (1, -2, 3, -4), True),
    (weighed_relu, [0, 0, 0, 0], (1, 0, 1.5, -4), True),
    (weighed_relu, [0, 0, 0, 0], (1, 0, 3, 4), False),
    (length, [0, 0, 0], (0, 0, 0), True),
    (length, [0, 0, 0], (0.6, 0.0, -0.8), True),
    (length, [0, 0, 0], (1, 1, 1), False),
    (lambda x: np.array(np.abs(x[0] - x[1])), [1, 1], (1, -1), True),
    (lambda x: np.array(np.abs(x[0] - x[1])), [1, 1], (1, 1), False),
])
def test_subgradients(f, x, claimed, right):
    x = np.asarray(x, np.float64)
    nudged = Nudged(f, [x], np.random.default_rng(0))
    places = [(0, j) for j in range(x.size)]
    for seed in range(3):
        assert is_subgradient(nudged, 0, places, claimed, np.random.default_rng(seed)) == right


@pytest.mark.parametrize("slope, right", [(0, True), (0.5, True), (1, True), (2, False), (-1, False)])
def test_relu_at_zero_among_other_numbers(slope, right):
    x = normal(3, 4)
    x[0, 0] = x[2, 1] = 0.0
    report = judged(lambda x: np.maximum(x, 0), lambda g, x: g * ((x > 0) + slope * (x == 0)), x)
    assert bool(report) == right and report.names == ([] if right else ["wrong-at-kink"])


def test_a_mistake_beside_a_kink_is_seen():
    x = normal(3, 4)
    x[0, 0] = 0.0
    assert judged(lambda x: np.maximum(x, 0), lambda g, x: g * (x < 0), x).verdict == "wrong"


# --- Verdicts -----------------------------------------------------------------------------------------------

def double(x):
    return 2 * x


@pytest.mark.parametrize("f, vjp, x, words", [
    (np.log, lambda g, x: g / x, np.array([-1.0, 2.0]), "log is nan here, at output element 0"),
    (np.sqrt, lambda g, x: g / (2 * np.sqrt(x)), np.array([0.0, 2.0]), "domain at input 0[0]"),
    (np.floor, lambda g, x: 0 * g, np.array([0.5, 2.0]), "jump of the function at input 0[1]"),
    (lambda x: x * np.random.random(), lambda g, x: g, np.ones(3), "draw its random numbers beforehand"),
    (lambda x: x.__imul__(2), lambda g, x: 2 * g, np.ones(3), "itself writes to input 0"),
    (lambda x: np.sin(x) + 0.01 * np.sin(1e14 * x), lambda g, x: g * np.cos(x), np.ones(2), "noisy"),
])
@pytest.mark.filterwarnings("ignore:invalid value")
def test_it_says_so_where_it_cannot_tell(f, vjp, x, words):
    report = judged(f, vjp, x)
    assert report.verdict == "cannot tell" and words in report.reason
    assert str(report).splitlines()[-1].startswith("cannot tell: ")
    with pytest.raises(GradientError, match="cannot tell") as caught:
        check_vjp(f, vjp, [x])
    assert caught.value.report.reason == report.reason


class Piling:
    """A backward pass that forgets to set its gradient to zero."""

    def __init__(self):
        self.total = 0

    def __call__(self, g, x):
        self.total = self.total + 2 * g
        return self.total


def raising(g, x):
    raise KeyError("no such weight")


def mutating(g, x):
    g *= 2
    return g


def zeroing(g, x):
    x[...] = 0
    return 2 * g


@pytest.mark.parametrize("vjp, name", [
    (lambda g, x: 2 * g, None),
    (lambda g, x: [2 * g], None),
    (lambda g, x: (2 * g, None), "wrong-count"),
    (raising, "raises"),
    (mutating, "cotangent-mutated"),
    (zeroing, "input-mutated"),
    (Piling(), "stale-gradient"),
    (lambda g, x: 2 * g * np.random.random(), "not-deterministic"),
    (lambda g, x: None, "none"),
    (lambda g, x: (2 * g).astype(np.float32), "wrong-dtype"),
    (lambda g, x: 2 * g + 1, "not-linear"),
    (lambda g, x: 2 * g * np.where(x > 0, 1, np.nan), "nan"),
    (lambda g, x: 2 * g.sum(0), "wrong-shape"),
    (lambda g, x: 3 * g, "constant-factor"),
])
def test_what_it_catches(vjp, name):
    report = judged(double, vjp, normal(3, 4))
    assert report.name == name
    assert report.verdict == ("wrong" if name else "right") and bool(report) == (name is None)


def test_two_gradients_must_not_share_memory_unless_they_may():
    x, y = normal(3), normal(3, seed=1)
    assert judged(np.add, lambda g, x, y: (g, g), x, y).name == "shared-memory"
    assert judged(np.add, lambda g, x, y: (g, g), x, y, allow_shared=True)
    assert judged(np.add, lambda g, x, y: (g, g.copy()), x, y)


def test_what_the_vjp_raised_is_the_cause():
    with pytest.raises(GradientError, match="raises: The vjp raised KeyError") as caught:
        check_vjp(double, raising, [normal(3)])
    assert isinstance(caught.value.__cause__, KeyError)
    assert isinstance(caught.value, AssertionError)                     # so that pytest counts a failed test


def test_what_the_function_raises_comes_through():
    with pytest.raises(ZeroDivisionError):
        check_vjp(lambda x: 1 / 0, lambda g, x: g, [normal(3)])
    with pytest.raises(TypeError, match="floating-point numbers, got int64"):
        check_vjp(double, lambda g, x: g, [np.arange(3)])
    with pytest.raises(TypeError, match="array of numbers"):
        check_vjp(lambda x: "three", lambda g, x: g, [normal(3)])


def test_one_wrong_element_of_many_is_found():
    def vjp(g, x):
        gradient = 2 * x * g
        gradient[17, 3] *= 1.001
        return gradient

    report = judged(np.square, vjp, normal(30, 20))
    assert report.verdict == "wrong"
    assert "input 0: 1 of 600 elements wrong; the worst, [17, 3]:" in str(report)


def test_a_transposed_cotangent_is_seen_though_ones_would_hide_it():
    assert judged(lambda x: x * 1, lambda g, x: g.T, normal(3, 3)).verdict == "wrong"


def test_tolerances_can_be_given():
    def vjp(g, x):
        return 1.001 * g

    x = normal(3)
    assert not judged(lambda x: x, vjp, x)
    assert judged(lambda x: x, vjp, x, rtol=0.01)
    assert judged(lambda x: x, vjp, x, atol=0.01)
    assert not judged(lambda x: x, vjp, x, atol=1e-6, rtol=1e-6)


def test_inputs_of_other_kinds_are_handed_on():
    def take(x, i, keep):
        return x[i] * keep

    def vjp(g, x, i, keep):
        gradient = np.zeros_like(x)
        np.add.at(gradient, i, g * keep)
        return gradient, None, None

    assert judged(take, vjp, normal(4), np.array([0, 2, 2]), np.array([True, True, False]))


def test_several_outputs():
    def f(x):
        return np.sin(x), (x**2).sum()

    def vjp(g, x):
        return g[0] * np.cos(x) + g[1] * 2 * x

    assert judged(f, vjp, normal(2, 3))
    assert judged(f, lambda g, x: g[0] * np.cos(x), normal(2, 3)).verdict == "wrong"


def test_a_tuple_of_one_output_has_a_tuple_of_one_cotangent():
    assert judged(lambda x: (np.sin(x),), lambda g, x: g[0] * np.cos(x), normal(2, 3))


def test_complex_numbers_are_refused():
    with pytest.raises(TypeError, match="it returned complex"):
        check_vjp(lambda x: x * 1j, lambda g, x: g, [normal(3)])


def test_a_tolerance_holds_for_what_is_sampled_too():
    def slow(x):
        time.sleep(0.001)
        return np.sin(x)

    assert judged(slow, lambda g, x: 1.001 * g * np.cos(x), normal(1000), seconds=0.3, rtol=0.01)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_gradient_has_the_dtype_of_its_input(dtype):
    x, y = normal(3, 4).astype(dtype), normal(4).astype(np.float64)

    def careless(g, x, y):
        return g * y, (g * x).sum(0)

    def careful(g, x, y):
        return (g * y).astype(x.dtype), (g * x).sum(0).astype(y.dtype)

    assert judged(np.multiply, careful, x, y)
    assert judged(np.multiply, careless, x, y).names == (["wrong-dtype"] if dtype == np.float32 else [])


def test_overflow_in_float32_alone_is_seen():
    def vjp(g, x):
        return g * (np.exp(x) / (1 + np.exp(x)))

    x = np.array([1.0, 100.0])
    assert judged(lambda x: np.logaddexp(0, x), vjp, x)
    assert judged(lambda x: np.logaddexp(0, x), vjp, x.astype(np.float32)).name == "nan"


@given(seed=st.integers(0, 2**32 - 1))
def test_the_same_seed_gives_the_same_report(seed):
    def again():
        rng = np.random.default_rng(seed)
        return judged(np.tanh, lambda g, x: g * (1 - x * x), rng.standard_normal(4), rng=rng)

    assert str(again()) == str(again())


def test_no_global_randomness_is_touched():
    state = np.random.get_state()[1].copy()
    judged(np.tanh, lambda g, x: g, normal(3))
    assert np.array_equal(np.random.get_state()[1], state)


# --- Many elements ------------------------------------------------------------------------------------------

def test_of_many_elements_a_sample_is_measured_and_told():
    def slow(x):
        time.sleep(0.001)
        return np.sin(x)

    x = normal(3000)
    report = judged(slow, lambda g, x: g * np.cos(x), x, seconds=0.5)
    assert report and " of 3,000 elements, and 4 random directions" in report.looked_at
    report = judged(np.sin, lambda g, x: g * np.cos(x), normal(300), seconds=None)
    assert report.looked_at == "all 300 elements"


def test_a_mistake_outside_the_sample_shows_along_random_directions():
    def slow(x):
        time.sleep(0.001)
        return np.sin(x)

    def vjp(g, x):
        gradient = g * np.cos(x)
        gradient[1234] += g[1234]
        return gradient

    assert judged(slow, vjp, normal(3000), seconds=0.3).verdict == "wrong"


# --- What it says -------------------------------------------------------------------------------------------

def wrong_product(g, x, y):
    return g @ y.T, g.T @ x


def test_the_message_ends_with_the_mistake_and_repeats_it():
    x, y = normal(2, 3), normal(3, 2, seed=1)
    with pytest.raises(GradientError) as caught:
        check_vjp(np.matmul, wrong_product, [x, y])
    lines = str(caught.value).splitlines()
    assert lines[0] == "gradient check of matmul: wrong"
    assert lines[1] == "  float64 (2, 3), float64 (3, 2) -> (2, 2)"
    assert lines[-1].startswith("wrong-shape: ") or lines[-1].startswith("not-transposed: ")
    [repeat] = [line.strip().removeprefix("repeat: ") for line in lines if "repeat: " in line]
    names = {"minigrad": minigrad, "np": np, "matmul": np.matmul, "wrong_product": wrong_product}
    with pytest.raises(GradientError) as again:
        eval(repeat, names)
    assert str(again.value).splitlines()[-1] == lines[-1]


def test_the_failure_of_large_arrays_is_repeated_with_a_seed():
    report = judged(np.tanh, lambda g, x: g * (1 - x * x), normal(20, 20))
    assert "standard_normal" in report.repeat and len(report.repeat) < 200


def test_a_traceback_ends_with_the_mistake():
    script = ("import numpy as np, minigrad\n"
              "minigrad.check_vjp(np.sin, lambda g, x: -g * np.cos(x), [np.linspace(1, 2, 5)])")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.rstrip().splitlines()[-1].startswith("sign: ")


@pytest.mark.parametrize("shape", [(), (4,), (3, 4), (2, 3, 2, 2)])
def test_the_plot_shows_analytic_numeric_and_difference(shape):
    x = normal(*shape)
    report = judged(np.sin, lambda g, x: g * np.sin(x), x)
    figure = report.plot()
    drawn = [np.ma.filled(axis.images[0].get_array(), np.nan) for axis in figure.axes if axis.images]
    analytic, numeric, difference = (picture[np.isfinite(picture)] for picture in drawn[:3])
    assert analytic.size == numeric.size == x.size
    np.testing.assert_allclose(analytic - numeric, difference, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(np.sort(analytic / numeric), np.sort(np.tan(x), axis=None), rtol=1e-6)
    matplotlib.pyplot.close(figure)


def test_there_is_nothing_to_plot_where_nothing_was_compared():
    with pytest.raises(ValueError, match="raises"):
        judged(double, raising, normal(3)).plot()


# --- Tensors ------------------------------------------------------------------------------------------------

def leaf(*shape, seed=0):
    return Tensor(normal(*shape, seed=seed), requires_grad=True)


def test_gradcheck_of_a_network_with_all_its_parameters():
    network = nn.Sequential(nn.Conv2d(1, 2, 3, rng=np.random.default_rng(0)), nn.ReLU(), nn.MaxPool2d(2),
                            nn.Flatten(), nn.Linear(8, 3, rng=np.random.default_rng(1)))
    pictures, labels = leaf(2, 1, 6, 6), np.array([2, 0])
    assert gradcheck(lambda x: F.cross_entropy(network(x), labels), pictures, order=2)
    assert gradgradcheck(lambda x, w: F.conv2d(x, w, padding=1), [leaf(1, 2, 3, 4), leaf(2, 2, 3, 3, seed=1)])


def test_gradcheck_judges_those_that_require_a_gradient():
    x, constant = leaf(3), Tensor(normal(3, seed=1))
    assert gradcheck(lambda x, c: x * c, (x, constant))
    with pytest.raises(ValueError, match="none of the inputs requires a gradient"):
        gradcheck(lambda x: x * 2, constant)
    with pytest.raises(ValueError, match="order 1 or 2, got 3"):
        gradcheck(lambda x: x * 2, x, order=3)


def test_gradcheck_sees_a_way_that_is_cut_off():
    report = gradcheck(lambda x: x * x.detach(), leaf(3), raise_exception=False)
    assert report.verdict == "wrong"
    names = {"minigrad": minigrad, "np": np, "f": lambda x: x * x.detach()}
    with pytest.raises(GradientError):
        eval(report.repeat, names)
    assert gradcheck(lambda x: x.detach() * 3, leaf(3), raise_exception=False).name == "none"


def test_gradgradcheck_sees_what_the_first_order_does_not():
    def cube(x):
        """x³, and its right derivative, which counts as a constant."""
        here = x.detach()
        return here**3 + 3 * here**2 * (x - here)

    x = leaf(3)
    x.requires_grad_()
    slope, = minigrad.autograd.grad(cube(x).sum(), x)
    np.testing.assert_allclose(slope.numpy(), 3 * x.detach().numpy() ** 2)
    assert gradgradcheck(lambda x: x**3, x)
    assert not gradgradcheck(cube, x, raise_exception=False)


def test_gradcheck_at_kinks_and_ties():
    assert gradcheck(F.relu, tensor([0.0, 1.0, -1.0], requires_grad=True))
    assert gradcheck(lambda x: F.max_pool2d(x, 3, stride=1), minigrad.zeros(1, 1, 4, 4, requires_grad=True))
    assert gradcheck(lambda x: minigrad.amax(x, 1), Tensor([[1.0, 1, 0], [2, 2, 2]], requires_grad=True))


def test_gradcheck_of_flat_functions_and_several_outputs():
    assert gradcheck(lambda x: (minigrad.sign(x), x * 2), leaf(3))
    assert gradcheck(lambda x: minigrad.sign(x) * 2, leaf(3), order=2)
    assert gradcheck(lambda x: minigrad.max(x, 1), leaf(2, 3))
