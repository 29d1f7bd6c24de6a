"""The calculus: every operation of the table, against NumPy and against nudging, on arrays of every form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad import Tensor, memory, ops, products, sliding
from minigrad.autograd import grad, gradcheck
from minigrad.ops import OPS
from tests.samples import COMPOSED, LAYOUTS, SAMPLES, at_the_first, correlated, seeds

ROWS = SAMPLES | COMPOSED
ROWS_WITH_GRADIENT = [name for name, sample in ROWS.items() if sample.wants]
every_operation = pytest.mark.parametrize("name", ROWS)
every_gradient = pytest.mark.parametrize("name", ROWS_WITH_GRADIENT)
drawn = given(data=st.data(), seed=seeds)


def test_every_operation_has_its_row():
    assert SAMPLES.keys() == OPS.keys()


@pytest.mark.parametrize("name", SAMPLES)
def test_gradients_are_declared_where_the_table_wants_them(name):
    declared = [i for i, vjp in enumerate(OPS[name].vjps) if vjp is not None]
    assert declared == list(SAMPLES[name].wants)


# --- Forward ------------------------------------------------------------------------------------------------

def apply(name, args):
    return (ROWS[name].call or getattr(sliding if hasattr(sliding, name) else ops, name))(*args)


def tensors(args, requires_grad=False):
    """The arguments with every array of floats as a tensor."""
    return [Tensor(arg, requires_grad) if is_float(arg) else arg for arg in args]


def is_float(arg):
    return isinstance(arg, np.ndarray) and arg.dtype.kind == "f"


@every_operation
@given(data=st.data())
def test_forward_is_numpy(name, data):
    args = data.draw(ROWS[name].arguments)
    expected = np.asarray(ROWS[name].forward(*args))
    on_arrays, on_tensors = apply(name, args), apply(name, tensors(args))
    assert isinstance(on_arrays, (np.ndarray, np.generic)) and isinstance(on_tensors, Tensor)
    for result in (np.asarray(on_arrays), on_tensors.numpy()):
        np.testing.assert_allclose(result, expected, rtol=1e-9, atol=1e-12, strict=True)


@pytest.mark.parametrize("name", [name for name in ROWS if not ROWS[name].wants])
@given(data=st.data())
def test_flat_operations_take_no_gradient(name, data):
    result = apply(name, tensors(data.draw(ROWS[name].arguments), requires_grad=True))
    assert not result.requires_grad and result.is_leaf


# --- Gradients ----------------------------------------------------------------------------------------------

class Call:
    """An operation with drawn arguments, as a function of those that take a gradient."""

    def __init__(self, name, args):
        self.name, self.__name__, self.args = name, name, list(args)
        self.places = [place for place in ROWS[name].wants if is_float(args[place])]
        self.arrays = [args[place] for place in self.places]

    def __call__(self, *inputs):
        args = self.args.copy()
        for place, value in zip(self.places, inputs):
            args[place] = value
        return apply(self.name, args)

    def tracked(self):
        return [Tensor(array, requires_grad=True) for array in self.arrays]


def assert_equal_gradients(got, expected, tolerance=1e-7):
    assert len(got) == len(expected)
    for ours, theirs in zip(got, expected):
        ours = np.zeros_like(theirs) if ours is None else ours.detach().numpy()
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance, strict=True)


@every_gradient
@drawn
def test_gradients_of_both_orders_are_right(name, data, seed):
    """By nudging: in every input, and of the gradient in its cotangent too."""
    call = Call(name, data.draw(ROWS[name].arguments))
    gradcheck(call, call.tracked(), order=2, rng=np.random.default_rng(seed))


@every_gradient
@drawn
def test_float32_stays_float32_and_agrees(name, data, seed):
    call = Call(name, data.draw(ROWS[name].arguments))
    weight = np.random.default_rng(seed).standard_normal(call(*call.arrays).shape)
    inputs = call.tracked()
    exact = grad(call(*inputs), inputs, weight)
    short = [Tensor(array.astype(np.float32), requires_grad=True) for array in call.arrays]
    out = call(*short)
    assert out.dtype == (np.float64 if name == "to" else np.float32)
    for ours, theirs in zip(grad(out, short, weight), exact):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-3, atol=1e-4)


@every_gradient
@drawn
def test_memory_order_changes_nothing(name, data, seed):
    call = Call(name, data.draw(ROWS[name].arguments))
    relay = LAYOUTS[data.draw(st.sampled_from(sorted(LAYOUTS)))]
    weight = np.random.default_rng(seed).standard_normal(call(*call.arrays).shape)
    inputs = call.tracked()
    relaid = [Tensor(relay(array), requires_grad=True) for array in call.arrays]
    out, other = call(*inputs), call(*relaid)
    np.testing.assert_allclose(other.detach().numpy(), out.detach().numpy(), 1e-12, 1e-12, strict=True)
    expected = [gradient.numpy() for gradient in grad(out, inputs, weight)]
    assert_equal_gradients(grad(other, relaid, relay(weight)), expected, 1e-12)


@pytest.mark.parametrize("name", [name for name in SAMPLES if SAMPLES[name].wants])
@drawn
def test_vjps_write_to_nothing(name, data, seed):
    """Everything that a vjp is handed refuses to be written to: the write itself is then an error."""
    args = data.draw(SAMPLES[name].arguments)
    out = np.asarray(apply(name, args))
    weight = np.random.default_rng(seed).standard_normal(out.shape)
    for array in (out, weight, *(arg for arg in args if isinstance(arg, np.ndarray))):
        array.flags.writeable = False
    for place in Call(name, args).places:
        OPS[name].vjps[place](weight, out, *args)


@pytest.mark.parametrize("name", [name for name in ROWS if ROWS[name].adjoint])
@drawn
def test_linear_operations_come_in_pairs(name, data, seed):
    """⟨Ax, y⟩ = ⟨x, Aᵀy⟩, with Aᵀ as the vjp. A border added to x is left out: it does not depend on x."""
    x, *rest = data.draw(ROWS[name].arguments)
    out = apply(name, [x, *rest])
    there = out - apply(name, [np.zeros_like(x), *rest])
    y = np.random.default_rng(seed).standard_normal(there.shape)
    back = ROWS[name].adjoint(y, x, *rest)
    assert back.shape == x.shape
    np.testing.assert_allclose(np.vdot(there, y), np.vdot(x, back), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(OPS[name].vjps[0](y, out, x, *rest), back, rtol=1e-12, atol=1e-12, strict=True)


# --- Kinks, ties and mistakes -------------------------------------------------------------------------------

def rows_of(field):
    return [pytest.param(name, case, id=f"{name}-{i}")
            for name, sample in ROWS.items() for i, case in enumerate(getattr(sample, field))]


@pytest.mark.parametrize("name, kink", rows_of("kinks"))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradient_at_kinks_and_ties_is_pytorchs(name, kink, dtype):
    args = [arg.astype(dtype) if is_float(arg) else arg for arg in kink.arguments]
    call = Call(name, args)
    inputs = call.tracked()
    out = call(*inputs)
    assert np.all(np.isfinite(out.detach().numpy()))
    for ours, expected in zip(grad(out, inputs, kink.weight), kink.gradients, strict=True):
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours.numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("name, error", rows_of("errors"))
def test_mistakes_are_refused_by_name(name, error):
    with pytest.raises(error.kind) as caught:
        apply(name, tensors(error.arguments))
    for word in (name, *error.words):
        assert word in str(caught.value)


# --- Products of stacks, which are cut ----------------------------------------------------------------------

STACKS = {                                                  # name: the shapes of x and y
    "low and wide": ((3, 2, 5), (3, 5, 31)),
    "high and narrow": ((3, 31, 5), (3, 5, 2)),
    "square": ((2, 7, 7), (2, 7, 7)),
    "one matrix for all": ((4, 5), (3, 5, 23)),
    "all for one matrix": ((3, 23, 5), (5, 4)),
    "stacks of stacks": ((2, 1, 4, 3), (5, 3, 11)),
    "one row, one column": ((3, 1, 29), (3, 29, 1)),
    "no rows": ((3, 0, 5), (3, 5, 7)),
    "no columns": ((3, 4, 5), (3, 5, 0)),
    "nothing to add up": ((3, 4, 0), (3, 0, 7)),
    "no matrices": ((0, 4, 5), (0, 5, 7)),
    "as large as in a network": ((5, 16, 72), (5, 72, 1000)),
    "the way back, as large as in a network": ((5, 150, 640), (5, 640, 16)),
}


@pytest.mark.parametrize("of_x, of_y", STACKS.values(), ids=STACKS)
@pytest.mark.parametrize("relay", [np.asarray, *LAYOUTS.values()], ids=["as it is", *LAYOUTS])
def test_a_product_in_parts_is_the_whole(of_x, of_y, relay, cut):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal(of_x), rng.standard_normal(of_y)
    expected = np.einsum("...nk,...km->...nm", x, y)
    x, y = relay(x), relay(y)
    np.testing.assert_allclose(ops.product(x, y), expected, rtol=1e-9, atol=1e-9, strict=True)
    turned = ops.product(np.swapaxes(y, -1, -2), np.swapaxes(x, -1, -2))
    np.testing.assert_allclose(turned, np.swapaxes(expected, -1, -2), rtol=1e-9, atol=1e-9, strict=True)
    given = np.full_like(relay(expected), np.nan)
    products.matmul(x, y, given)
    np.testing.assert_allclose(given, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kinds", [
    (np.float32, np.float64), (np.float64, np.float32), (np.float32, np.float32),
    (np.int64, np.int64), (np.int32, np.int64), (np.int64, np.float32)])
@pytest.mark.parametrize("name", ["low and wide", "high and narrow"])
def test_products_of_mixed_numbers_have_the_dtype_of_a_single_one(kinds, name, cut):
    rng = np.random.default_rng(0)
    x, y = ((10 * rng.standard_normal(shape)).astype(kind) for shape, kind in zip(STACKS[name], kinds))
    result = ops.product(Tensor(x), Tensor(y))
    assert result.dtype == (Tensor(x[0]) @ Tensor(y[0])).dtype
    np.testing.assert_allclose(result.numpy(), x.astype(np.float64) @ y.astype(np.float64), rtol=1e-4)


@pytest.mark.parametrize("how", [(1, 1), (2, 1), (1, 3)])
@pytest.mark.parametrize("relay", [np.asarray, *LAYOUTS.values()], ids=["as it is", *LAYOUTS])
def test_a_correlation_in_parts_is_the_whole(how, relay, cut):
    """Its products are cut."""
    rng = np.random.default_rng(0)
    x, y, start = (rng.standard_normal(shape) for shape in ((8, 4, 5, 7), (3, 2, 3, 2), (3,)))
    expected = correlated(x, y, start, *how)
    g = rng.standard_normal(expected.shape)
    of_x, of_y, of_start = OPS["correlate"].vjps
    x, y, weight = relay(x), relay(y), relay(g)
    close = dict(rtol=1e-9, atol=1e-9, strict=True)
    np.testing.assert_allclose(sliding.correlate(x, y, start, *how), expected, **close)
    np.testing.assert_allclose(of_start(weight, None, x, y, start, *how), g.sum((0, 2, 3)), **close)
    for found, nudge, place in ((of_x(weight, None, x, y, start, *how), x, 0),
                                (of_y(weight, None, x, y, start, *how), y, 1)):
        slopes = np.zeros(nudge.shape)                      # bilinear, so a nudge of 1 gives the slope itself
        for i in np.ndindex(nudge.shape):
            one = np.zeros(nudge.shape)
            one[i] = 1
            slopes[i] = np.sum(g * correlated(*((one, y) if place == 0 else (x, one)), None, *how))
        np.testing.assert_allclose(found, slopes, **close)


@pytest.mark.parametrize("relay", [np.asarray, *LAYOUTS.values()], ids=["as it is", *LAYOUTS])
def test_the_way_back_to_the_largest_goes_part_by_part(relay, monkeypatch):
    monkeypatch.setattr(memory, "CACHED", 5)
    rng = np.random.default_rng(0)
    x = np.round(rng.standard_normal((2, 3, 2, 3, 2, 2)))
    top = x.max((-2, -1))
    g = rng.standard_normal(top.shape)
    expected = at_the_first(g, x, top)
    np.testing.assert_array_equal(sliding.to_largest(relay(g), relay(x), relay(top)), expected, strict=True)


def test_what_filters_meet_is_written_out_once_for_each_column_of_theirs():
    """Three times for a filter of 3 × 3, and not nine times: down, windows overlap in memory."""
    rows = sliding.rows(np.ones((2, 4, 9, 7)), 3, 1, 1, ((0, 0), (0, 0)))
    met = sliding.stacked(rows, 3, 1, 1)
    assert met.shape == (7, 36, 10) and rows.shape == (9, 12, 5, 2) and np.shares_memory(met, rows)


# --- Windows ------------------------------------------------------------------------------------------------

def test_windows_are_not_copied_and_not_to_be_written_to():
    x = np.arange(30.0).reshape(5, 6)
    found = sliding.windows(x, (0, 1), (3, 2), (1, 2), (1, 1))
    assert np.shares_memory(found, x) and not found.flags.writeable


@pytest.mark.parametrize("dims, sizes", [((2, 3), (2, 3)), ((3, 2), (3, 2)), ((0, 3), (2, 3)), ((1,), (3,))])
def test_windows_side_by_side_go_back_as_those_that_leave_a_rest(dims, sizes):
    """Where nothing is left over, nothing has to be added up: a way of its own, to the same numbers."""
    shape = [2, 3, 4, 5]
    for dim, size in zip(dims, sizes):
        shape[dim] = 2 * size
    gaps, longer = (1,) * len(dims), [n + (dim in dims) for dim, n in enumerate(shape)]
    x = np.random.default_rng(0).standard_normal(shape)
    found = sliding.windows(x, dims, sizes, sizes, gaps)
    rest = sliding.fold(found, dims, sizes, gaps, tuple(longer))
    whole = sliding.fold(found, dims, sizes, gaps, tuple(shape))
    np.testing.assert_array_equal(whole, x, strict=True)
    np.testing.assert_array_equal(rest[tuple(map(slice, shape))], x)
    assert rest.shape == tuple(longer) and rest.sum() == pytest.approx(x.sum())


# --- Integers, and arguments by name ------------------------------------------------------------------------

@pytest.mark.parametrize("dtype", [np.int64, np.bool_])
def test_integers_made_from_floats_take_no_gradient(dtype):
    assert not ops.to(Tensor([0.5, 2.0], requires_grad=True), dtype).requires_grad


def test_arguments_can_be_named_and_left_out():
    x = Tensor([[1.0, 2.0], [3.0, 5.0]])
    assert ops.sum(x).item() == 11
    assert ops.sum(x, keepdim=True, dim=0).tolist() == [[4, 7]]
    with pytest.raises(TypeError, match="axis"):
        ops.sum(x, axis=0)
