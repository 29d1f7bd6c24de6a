"""The calculus: every operation of the table, against NumPy and against nudging, on arrays of every form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad import Tensor, contraction, ops
from minigrad.autograd import grad, gradcheck
from minigrad.ops import OPS
from tests.samples import COMPOSED, LAYOUTS, SAMPLES, seeds

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
    return (ROWS[name].call or getattr(ops, name))(*args)


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


# --- Products in pieces -------------------------------------------------------------------------------------

LETTERS = {                                                 # name: (letters, their lengths)
    "a long result": ("fck,ckhn->fhn", dict(f=3, c=2, k=3, h=13, n=29)),
    "a long result of many pieces": ("fc,chwn->fhwn", dict(f=2, c=3, h=5, w=7, n=67)),
    "a long sum": ("fhn,ckhn->fck", dict(f=3, c=2, k=3, h=13, n=29)),
    "a long sum of many pieces": ("fhwn,chwn->fc", dict(f=2, c=3, h=5, w=7, n=67)),
    "a long last axis": ("fc,chn->fhn", dict(f=2, c=3, h=2, n=521)),
    "a long first axis": ("fc,chn->fhn", dict(f=2, c=3, h=521, n=2)),
    "one row": ("fc,chn->fhn", dict(f=1, c=3, h=31, n=17)),
    "one column": ("fc,chn->fhn", dict(f=3, c=307, h=1, n=1)),
    "one product each": ("fc,chn->fhn", dict(f=3, c=1, h=31, n=17)),
    "many rows": ("fc,chn->fhn", dict(f=307, c=2, h=3, n=17)),
    "another order": ("cf,nhc->hfn", dict(f=3, c=5, h=13, n=29)),
    "no sum at all": ("fc,chn->fhn", dict(f=3, c=0, h=13, n=29)),
    "no rows": ("fc,chn->fhn", dict(f=0, c=3, h=13, n=29)),
    "no columns": ("fc,chn->fhn", dict(f=3, c=300, h=13, n=0)),
    "as large as in a network": ("fcij,cijhwn->fhwn", dict(f=7, c=3, i=3, j=3, h=12, w=11, n=67)),
    "a sum as large as in a network": ("fhwn,cijhwn->fcij", dict(f=7, c=3, i=3, j=3, h=12, w=11, n=67)),
}


@pytest.fixture(params=[None, 1, 60, 1000])
def pieces_of(request, monkeypatch):
    """The pieces as they are, and of so few numbers that small products come in many, even and uneven."""
    if request.param:
        monkeypatch.setattr(contraction, "SMALL", 0)
        monkeypatch.setattr(contraction, "CACHED", request.param)


def contracted(letters, lengths):
    """The operands, and a weight for the result."""
    rng = np.random.default_rng(0)
    return [rng.standard_normal([lengths[i] for i in part]) for part in letters.replace("->", ",").split(",")]


@pytest.mark.parametrize("letters, lengths", LETTERS.values(), ids=LETTERS)
@pytest.mark.parametrize("relay", [np.asarray, *LAYOUTS.values()], ids=["as it is", *LAYOUTS])
def test_a_product_in_pieces_is_the_whole(letters, lengths, relay, pieces_of):
    x, y, weight = contracted(letters, lengths)
    a, b, c = letters.replace("->", ",").split(",")
    out = ops.contract(relay(x), relay(y), letters)
    np.testing.assert_allclose(out, np.einsum(letters, x, y), rtol=1e-9, atol=1e-9, strict=True)
    of_x, of_y, *_ = (vjp and vjp(relay(weight), out, relay(x), relay(y), letters, None)
                      for vjp in OPS["contract"].vjps)
    np.testing.assert_allclose(of_x, np.einsum(f"{c},{b}->{a}", weight, y), rtol=1e-9, atol=1e-9, strict=True)
    np.testing.assert_allclose(of_y, np.einsum(f"{a},{c}->{b}", x, weight), rtol=1e-9, atol=1e-9, strict=True)


@pytest.mark.parametrize("kinds", [
    (np.float32, np.float64), (np.float64, np.float32), (np.float32, np.float32),
    (np.int64, np.int64), (np.int32, np.int64), (np.int64, np.float32)])
@pytest.mark.parametrize("letters", ["fc,chn->fhn", "fhn,chn->fc"])
def test_products_of_mixed_numbers_are_those_of_matrices(kinds, letters, pieces_of):
    x, y, _ = contracted(letters, dict(f=3, c=2, h=13, n=29))
    x, y = ((10 * numbers).astype(kind) for numbers, kind in zip((x, y), kinds))
    result = ops.contract(Tensor(x), Tensor(y), letters)
    expected = np.einsum(letters, x.astype(np.float64), y.astype(np.float64))
    assert result.dtype == (Tensor(x.reshape(-1, 1)) @ Tensor(y.reshape(1, -1))).dtype
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-4, atol=1e-3)


def test_windows_that_overlap_are_contracted_as_their_copies_are(pieces_of):
    x, filters = np.random.default_rng(0).standard_normal((3, 9, 11, 5)), np.arange(24.0).reshape(2, 3, 2, 2)
    found = ops.windows(x, (1, 2), (2, 2), (1, 2), (2, 1)).transpose(0, 4, 5, 1, 2, 3)
    expected = np.einsum("fcij,cijhwn->fhwn", filters, found.copy())
    np.testing.assert_allclose(ops.contract(filters, found, "fcij,cijhwn->fhwn"), expected, rtol=1e-12)


# --- Windows ------------------------------------------------------------------------------------------------

def test_windows_are_not_copied_and_not_to_be_written_to():
    x = np.arange(30.0).reshape(5, 6)
    found = ops.windows(x, (0, 1), (3, 2), (1, 2), (1, 1))
    assert np.shares_memory(found, x) and not found.flags.writeable


@pytest.mark.parametrize("dims, sizes", [((2, 3), (2, 3)), ((3, 2), (3, 2)), ((0, 3), (2, 3)), ((1,), (3,))])
def test_windows_side_by_side_go_back_as_those_that_leave_a_rest(dims, sizes):
    """Where nothing is left over, nothing has to be added up: a way of its own, to the same numbers."""
    shape = [2, 3, 4, 5]
    for dim, size in zip(dims, sizes):
        shape[dim] = 2 * size
    gaps, longer = (1,) * len(dims), [n + (dim in dims) for dim, n in enumerate(shape)]
    x = np.random.default_rng(0).standard_normal(shape)
    found = ops.windows(x, dims, sizes, sizes, gaps)
    rest = ops.fold(found, dims, sizes, gaps, tuple(longer))
    whole = ops.fold(found, dims, sizes, gaps, tuple(shape))
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
