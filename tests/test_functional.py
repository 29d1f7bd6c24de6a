"""The phrases, against plain loops: a window at a time, a class at a time, as one would explain them."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad import Tensor, no_grad, ops, sliding, tensor
from minigrad.autograd import grad, gradcheck
from minigrad.nn import functional as F
from tests.samples import LAYOUTS, arrays, distinct, rounded, seeds


def assert_gradients_are_nudged(function, inputs, seed, order=1):
    """Every element of every input, the output weighed with random numbers."""
    tracked = [Tensor(array, requires_grad=True) for array in inputs]
    gradcheck(function, tracked, order=order, rng=np.random.default_rng(seed))


# --- Windows ------------------------------------------------------------------------------------------------

def pair(value):
    return (value, value) if isinstance(value, int) else value


def numbers_or_pairs(low, high):
    whole = st.integers(low, high)
    return whole | st.tuples(whole, whole)


@st.composite
def windowed(draw, padding):
    """(H, W), kernel, and options, such that at least one window fits and each holds some of the picture."""
    kernel, stride = draw(numbers_or_pairs(1, 3)), draw(numbers_or_pairs(1, 3))
    dilation = draw(numbers_or_pairs(1, 2))
    borders = tuple(draw(st.integers(0, padding(size))) for size in pair(kernel))
    borders = draw(st.sampled_from([borders, min(borders)]))
    needed = [max(gap, gap * (size - 1) + 1 - 2 * border)
              for size, gap, border in zip(pair(kernel), pair(dilation), pair(borders))]
    size = tuple(draw(st.integers(n, n + 3)) for n in needed)
    return size, kernel, {"stride": stride, "padding": borders, "dilation": dilation}


def looped(x, kernel, stride=1, padding=0, dilation=1, border=0.0):
    """((OH, OW), windows): all windows (N, C, KH, KW) of the padded pictures, in reading order."""
    (KH, KW), (down, across), (dh, dw) = pair(kernel), pair(stride), pair(dilation)
    ph, pw = pair(padding)
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=border)
    tall, wide = dh * (KH - 1) + 1, dw * (KW - 1) + 1
    tops, lefts = range(0, x.shape[2] - tall + 1, down), range(0, x.shape[3] - wide + 1, across)
    windows = [x[:, :, i : i + tall : dh, j : j + wide : dw] for i, j in itertools.product(tops, lefts)]
    return (len(tops), len(lefts)), windows


def looped_conv2d(x, weight, bias=None, **options):
    size, windows = looped(x, weight.shape[2:], **options)
    rows = [[(window * kernel).sum((1, 2, 3)) for window in windows] for kernel in weight]    # (F, OH·OW, N)
    out = np.array(rows).reshape(len(weight), *size, len(x)).transpose(3, 0, 1, 2)
    return out if bias is None else out + bias[:, None, None]


@st.composite
def convolutions(draw):
    """((input, weight, bias), options)"""
    size, kernel, options = draw(windowed(lambda size: 2))
    N, C, filters = draw(st.integers(0, 2)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    rng = np.random.default_rng(draw(seeds))
    return distinct(rng, (N, C, *size), (filters, C, *pair(kernel)), (filters,)), options


@given(drawn=convolutions(), with_bias=st.booleans())
def test_conv2d_is_the_loop(drawn, with_bias):
    (x, weight, bias), options = drawn
    bias = bias if with_bias else None
    expected = looped_conv2d(x, weight, bias, **options)
    np.testing.assert_allclose(F.conv2d(x, weight, bias, **options), expected, atol=1e-12, strict=True)
    short = [None if array is None else Tensor(array.astype(np.float32)) for array in (x, weight, bias)]
    result = F.conv2d(*short, **options)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-4, atol=1e-4)


@given(drawn=convolutions(), seed=seeds)
def test_gradients_of_conv2d_are_the_nudged_ones(drawn, seed):
    inputs, options = drawn
    assert_gradients_are_nudged(lambda *inputs: F.conv2d(*inputs, **options), inputs, seed)


def looped_gradients(g, x, weight, stride=1, padding=0, dilation=1):
    """Gradients of pictures, filters and bias: place by place, each window meets the filters once more."""
    (KH, KW), (down, across), (dh, dw) = weight.shape[2:], pair(stride), pair(dilation)
    ph, pw = pair(padding)
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    of_padded, of_weight = np.zeros(padded.shape), np.zeros(weight.shape)
    for f, i, j in np.ndindex(g.shape[1:]):
        here = (..., slice(i * down, i * down + dh * (KH - 1) + 1, dh),
                slice(j * across, j * across + dw * (KW - 1) + 1, dw))
        each = g[:, f, i, j][:, None, None, None]
        of_padded[here] += each * weight[f]
        of_weight[f] += (each * padded[here]).sum(0)
    return of_padded[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]], of_weight, g.sum((0, 2, 3))


# The same pictures, as what other operations may hand on.
HANDED_ON = {
    "in order": lambda x: Tensor(x, requires_grad=True),
    "the batch last": lambda x: Tensor(x.transpose(1, 2, 3, 0).copy(), True).permute(3, 0, 1, 2),
    "transposed": lambda x: Tensor(x.T.copy(), requires_grad=True).T,
    "backwards": lambda x: Tensor(np.flip(x).copy(), requires_grad=True).flip(0, 1, 2, 3),
    "every second number": lambda x: Tensor(np.repeat(x, 2, -1), requires_grad=True)[..., ::2],
    "repeated": lambda x: Tensor(x[:1], requires_grad=True).expand(*x.shape),
}
CONVOLUTIONS = {                                            # name: (shapes of pictures and filters, options)
    "many pictures": ((67, 1, 5, 4), (2, 1, 2, 2), {}),
    "a few, padded": ((7, 3, 6, 5), (5, 3, 3, 3), dict(padding=1)),
    "many channels": ((1, 41, 4, 3), (3, 41, 2, 2), dict(padding=(0, 1))),
    "many filters": ((2, 3, 4, 4), (131, 3, 2, 1), {}),
    "in steps and with gaps": (
        (5, 2, 9, 8), (3, 2, 3, 2), dict(stride=(2, 1), dilation=(1, 3), padding=(1, 2))),
    "one number": ((1, 1, 1, 1), (1, 1, 1, 1), {}),
    "one place": ((11, 13, 3, 3), (4, 13, 3, 3), {}),
    "no picture": ((0, 3, 5, 5), (2, 3, 3, 3), {}),
}


@pytest.mark.parametrize("shape, filters, options", CONVOLUTIONS.values(), ids=CONVOLUTIONS)
@pytest.mark.parametrize("order", HANDED_ON)
def test_conv2d_and_its_gradients_are_the_loop_in_any_order(shape, filters, options, order, cut):
    rng = np.random.default_rng(0)
    pictures = HANDED_ON[order](rng.standard_normal(shape))
    x, w, b = pictures.detach().numpy(), rng.standard_normal(filters), rng.standard_normal(filters[:1])
    weight, bias = Tensor(w, requires_grad=True), Tensor(b, requires_grad=True)
    out = F.conv2d(pictures, weight, bias, **options)
    close = dict(rtol=1e-9, atol=1e-9, strict=True)
    np.testing.assert_allclose(out.detach().numpy(), looped_conv2d(x, w, b, **options), **close)
    g = rng.standard_normal(out.shape)
    expected = looped_gradients(g, x, w, **options)
    for relay in (np.asarray, *LAYOUTS.values()):
        found = grad(out, (pictures, weight, bias), relay(g), retain_graph=True)
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours.numpy(), theirs, **close)


def test_a_convolution_as_large_as_in_a_network_is_the_sum_over_its_filters():
    """With batches and channels that nothing divides; pixel by pixel of the filter, in float32."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((61, 7, 15, 14)), rng.standard_normal((11, 7, 3, 3))
    g = rng.standard_normal((61, 11, 13, 12))
    out, of_x, of_w = np.zeros(g.shape), np.zeros(x.shape), np.zeros(w.shape)
    for i, j in np.ndindex(3, 3):
        here = (..., slice(i, i + 13), slice(j, j + 12))
        out += np.einsum("fc,nchw->nfhw", w[..., i, j], x[here], optimize=True)
        of_x[here] += np.einsum("fc,nfhw->nchw", w[..., i, j], g, optimize=True)
        of_w[..., i, j] = np.einsum("nfhw,nchw->fc", g, x[here], optimize=True)
    pictures, weight = (Tensor(array.astype(np.float32), requires_grad=True) for array in (x, w))
    result = F.conv2d(pictures, weight)
    result.backward(g.astype(np.float32))
    for found, expected in ((result.detach(), out), (pictures.grad, of_x), (weight.grad, of_w)):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("kinds", [*itertools.product([np.float32, np.float64], repeat=3)],
                         ids=lambda kinds: ", ".join(kind.__name__ for kind in kinds))
def test_conv2d_of_two_precisions_takes_the_finer_one_and_gradients_keep_their_own(kinds):
    arrays = distinct(np.random.default_rng(0), (2, 1, 4, 4), (3, 1, 2, 2), (3,))
    inputs = [Tensor(array.astype(kind), requires_grad=True) for array, kind in zip(arrays, kinds)]
    out = F.conv2d(*inputs)
    assert out.dtype == np.result_type(*kinds)
    np.testing.assert_allclose(out.detach().numpy(), looped_conv2d(*arrays), rtol=1e-4, atol=1e-4)
    out.sum().backward()
    assert [x.grad.dtype for x in inputs] == list(kinds)


@pytest.mark.parametrize("options", [{}, dict(stride=2, padding=(0, 1)), dict(padding="same", dilation=2)])
def test_many_pictures_are_filtered_lot_by_lot_where_no_graph_keeps_what_is_written_out(options, monkeypatch):
    rng, seen = np.random.default_rng(0), []
    x, w, b = (rng.standard_normal(shape) for shape in ((7, 2, 6, 5), (3, 2, 3, 2), (3,)))
    monkeypatch.setattr(F, "MANY", 3)
    monkeypatch.setattr(sliding, "rows", lambda x, *how, rows=sliding.rows:
                        seen.append(len(x)) or rows(x, *how))
    for wanted in ((True, False, False), (False, True, False), (False, False, True)):
        whole = F.conv2d(*(Tensor(part, wants) for part, wants in zip((x, w, b), wanted)), **options)
    assert seen == [7, 7, 7]
    for inputs in ((x, w, b), (tensor(x), tensor(w), tensor(b))):
        seen.clear()
        lots = F.conv2d(*inputs, **options)
        assert seen == [3, 3, 1]
        np.testing.assert_allclose(lots, whole.detach().numpy(), atol=1e-12, strict=True)
    seen.clear()
    with no_grad():
        F.conv2d(Tensor(x, True), Tensor(w, True), Tensor(b, True), **options)
    assert seen == [3, 3, 1]


def test_rows_are_written_out_once_for_the_way_there_and_back(monkeypatch):
    rng, written = np.random.default_rng(0), []
    x, w, b = (Tensor(rng.standard_normal(shape), True) for shape in ((7, 2, 6, 5), (3, 2, 3, 2), (3,)))
    monkeypatch.setattr(sliding.rows, "forward", lambda x, *how, rows=sliding.rows.forward:
                        written.append(x.shape) or rows(x, *how))
    F.conv2d(x, w, b, padding=1).sum().backward()
    assert written == [x.shape] and None not in (x.grad, w.grad, b.grad)


def test_conv2d_does_not_rotate_the_filter():
    picture, kernel = np.zeros((1, 1, 5, 5)), np.arange(9.0).reshape(1, 1, 3, 3)
    picture[0, 0, 2, 2] = 1
    np.testing.assert_array_equal(F.conv2d(picture, kernel)[0, 0], kernel[0, 0, ::-1, ::-1])


@st.composite
def poolings(draw, of=lambda x: x):
    size, kernel, options = draw(windowed(lambda size: size // 2))
    N, C = draw(st.integers(0, 2)), draw(st.integers(1, 2))
    return of(draw(arrays((N, C, *size)))), kernel, options


@given(drawn=poolings(), seed=seeds)
def test_gradients_of_max_pool2d_are_the_nudged_ones(drawn, seed):
    x, kernel, options = drawn
    assert_gradients_are_nudged(lambda x: F.max_pool2d(x, kernel, **options), [x], seed)


@given(drawn=poolings(of=rounded), seed=seeds)
def test_max_pool2d_is_the_loop_and_ties_go_to_the_first_in_reading_order(drawn, seed):
    """Whole numbers: almost every window has a tie. Windows overlap, leave gaps, reach over the border."""
    x, kernel, options = drawn
    N, C, H, W = x.shape
    size, windows = looped(x, kernel, border=-np.inf, **options)
    _, places = looped(np.arange(H * W).reshape(1, 1, H, W), kernel, border=-1, **options)
    inputs = Tensor(x, requires_grad=True)
    out = F.max_pool2d(inputs, kernel, **options)
    weight = np.random.default_rng(seed).standard_normal(out.shape)
    out.backward(weight)
    expected, gradient = np.zeros((N, C, len(windows))), np.zeros((N, C, H * W))
    for n, c, i in np.ndindex(expected.shape):
        winner = np.argmax(windows[i][n, c])
        expected[n, c, i] = windows[i][n, c].flat[winner]
        gradient[n, c, places[i].flat[winner]] += weight[n, c].flat[i]
    np.testing.assert_array_equal(out.detach().numpy(), expected.reshape(N, C, *size), strict=True)
    np.testing.assert_allclose(inputs.grad.numpy(), gradient.reshape(x.shape), atol=1e-12, strict=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nan_in_a_window_is_its_largest_and_stays_there(dtype):
    """The other windows know nothing of it, and no part of the gradient is lost or given twice."""
    pictures = np.arange(24, dtype=dtype).reshape(1, 1, 4, 6)
    pictures[0, 0, 0, 1] = np.nan
    x = Tensor(pictures, requires_grad=True)
    out = F.max_pool2d(x, 2)
    np.testing.assert_array_equal(out.detach().numpy(), [[[[np.nan, 9, 11], [19, 21, 23]]]])
    out.backward(np.array([[[[2, 3, 5], [7, 11, 13]]]], dtype))
    expected = np.zeros((4, 6))
    expected[1::2, 1::2] = [[2, 3, 5], [7, 11, 13]]         # the last of its window is the one that has it
    np.testing.assert_array_equal(x.grad.numpy()[0, 0], expected)


def test_a_window_of_minus_infinity_has_its_gradient_at_the_first():
    x = Tensor(np.full((1, 1, 2, 4), -np.inf), requires_grad=True)
    F.max_pool2d(x, 2).backward(np.array([[[[2.0, 3]]]]))
    assert x.grad.tolist() == [[[[2, 0, 3, 0], [0, 0, 0, 0]]]]


def test_the_stride_of_max_pool2d_is_its_kernel():
    picture = np.arange(42.0).reshape(1, 1, 6, 7)
    np.testing.assert_array_equal(F.max_pool2d(picture, (2, 3)), [[[[9, 12], [23, 26], [37, 40]]]])


def looped_avg_pool2d(x, kernel, count_include_pad, **options):
    size, windows = looped(x, kernel, **options)
    _, real = looped(np.ones((1, 1, *x.shape[2:])), kernel, **options)
    areas = [np.size(window) if count_include_pad else window.sum() for window in real]
    means = [window.sum((2, 3)) / area for window, area in zip(windows, areas)]
    return np.array(means).reshape(*size, *x.shape[:2]).transpose(2, 3, 0, 1)


@given(drawn=poolings(), count_include_pad=st.booleans(), seed=seeds)
def test_avg_pool2d_is_the_loop(drawn, count_include_pad, seed):
    x, kernel, options = drawn
    del options["dilation"]
    expected = looped_avg_pool2d(x, kernel, count_include_pad, **options)
    options["count_include_pad"] = count_include_pad
    np.testing.assert_allclose(F.avg_pool2d(x, kernel, **options), expected, atol=1e-12, strict=True)
    assert F.avg_pool2d(Tensor(x.astype(np.float32)), kernel, **options).dtype == np.float32
    assert_gradients_are_nudged(lambda x: F.avg_pool2d(x, kernel, **options), [x], seed)


@given(drawn=convolutions())
def test_unfold_lays_out_the_windows_that_conv2d_meets(drawn):
    (x, weight, _), options = drawn
    kernel = weight.shape[2:]
    _, windows = looped(x, kernel, **options)
    columns = F.unfold(x, kernel, **options)
    expected = np.array([window.reshape(len(x), weight[0].size) for window in windows]).transpose(1, 2, 0)
    np.testing.assert_array_equal(columns, expected, strict=True)


@given(drawn=convolutions(), seed=seeds)
def test_fold_is_the_transpose_of_unfold(drawn, seed):
    """⟨unfold x, y⟩ = ⟨x, fold y⟩, and each is the gradient of the other."""
    (x, weight, _), options = drawn
    kernel = weight.shape[2:]
    columns = F.unfold(x, kernel, **options)
    y = np.random.default_rng(seed).standard_normal(columns.shape)
    folded = F.fold(y, x.shape[2:], kernel, **options)
    assert folded.shape == x.shape
    np.testing.assert_allclose(np.vdot(columns, y), np.vdot(x, folded), rtol=1e-9, atol=1e-9)
    pictures, tracked = Tensor(x, requires_grad=True), Tensor(y, requires_grad=True)
    F.unfold(pictures, kernel, **options).backward(y)
    np.testing.assert_allclose(pictures.grad.numpy(), folded, atol=1e-12, strict=True)
    F.fold(tracked, x.shape[2:], kernel, **options).backward(x)
    np.testing.assert_allclose(tracked.grad.numpy(), columns, atol=1e-12, strict=True)


@pytest.mark.parametrize("kernel, dilation", [(1, 1), (3, 1), (2, 1), ((4, 3), 1), ((2, 3), (3, 1)), (2, 3)])
def test_the_padding_same_keeps_the_size_and_puts_the_odd_one_last(kernel, dilation):
    x, weight = distinct(np.random.default_rng(0), (2, 1, 7, 6), (1, 1, *pair(kernel)))
    total = [gap * (size - 1) for gap, size in zip(pair(dilation), pair(kernel))]
    padded = np.pad(x, ((0, 0), (0, 0), *((n // 2, n - n // 2) for n in total)))
    same = F.conv2d(x, weight, padding="same", dilation=dilation)
    assert same.shape == x.shape
    np.testing.assert_allclose(same, looped_conv2d(padded, weight, dilation=dilation), atol=1e-12)
    valid = F.conv2d(x, weight, padding="valid", dilation=dilation, stride=2)
    np.testing.assert_array_equal(valid, F.conv2d(x, weight, dilation=dilation, stride=2))
    same = {"padding": "same", "dilation": dilation}
    assert_gradients_are_nudged(lambda *inputs: F.conv2d(*inputs, **same), [x, weight], seed=1)


@pytest.mark.parametrize("border", [(), (1, 2), (0, 3, 2, 0), (1, 0, 0, 1, 2, 1)])
def test_pad_starts_at_the_last_axis(border):
    x = np.arange(24.0).reshape(2, 3, 4)
    widths = [border[2 * i : 2 * i + 2] or (0, 0) for i in range(3)][::-1]
    np.testing.assert_array_equal(F.pad(x, border), np.pad(x, widths), strict=True)
    np.testing.assert_array_equal(F.pad(x, list(border), value=7), np.pad(x, widths, constant_values=7))
    assert_gradients_are_nudged(lambda x: F.pad(x, border, value=-1.5), [x], seed=0)


# --- What helps learning ------------------------------------------------------------------------------------

@pytest.mark.parametrize("shape", [(4, 3, 2, 5), (2, 1, 1, 1), (6, 2), (3, 2, 4)])
def test_batch_norm_brings_every_channel_to_mean_0_and_variance_1(shape):
    x, weight, bias = distinct(np.random.default_rng(0), shape, shape[1:2], shape[1:2])
    along, channels = (0, *range(2, len(shape))), (-1,) + (1,) * (len(shape) - 2)
    out = F.batch_norm(x * 40 + 7, None, None, training=True, eps=0)
    np.testing.assert_allclose(out.mean(along), 0, atol=1e-12)
    np.testing.assert_allclose((out**2).mean(along), 1, rtol=1e-12)
    scaled = F.batch_norm(x * 40 + 7, None, None, weight, bias, True, eps=0)
    np.testing.assert_allclose(scaled, out * weight.reshape(channels) + bias.reshape(channels), atol=1e-11)
    damped = F.batch_norm(x, None, None, training=True, eps=0.5)
    spread = x.var(along, keepdims=True)
    np.testing.assert_allclose(damped, (x - x.mean(along, keepdims=True)) / np.sqrt(spread + 0.5), rtol=1e-9)


def test_gradients_of_batch_norm_are_the_nudged_ones():
    inputs = distinct(np.random.default_rng(0), (4, 2, 2, 3), (2,), (2,))
    assert_gradients_are_nudged(
        lambda x, weight, bias: F.batch_norm(x, None, None, weight, bias, True), inputs, seed=1)
    running = tensor(np.array([0.5, -1.0])), tensor(np.array([2.0, 0.3]))
    assert_gradients_are_nudged(
        lambda x, weight, bias: ops.detach(F.batch_norm(Tensor(x), *running, weight, bias)).numpy()
        if isinstance(x, np.ndarray) else F.batch_norm(x, *running, weight, bias), inputs, seed=1)


def test_batch_norm_moves_the_running_estimates_and_graphs_keep_the_old_ones():
    x = np.random.default_rng(0).standard_normal((4, 2, 3, 3))
    mean, variance = tensor(np.array([1.0, 2.0])), tensor(np.array([3.0, 4.0]))
    F.batch_norm(Tensor(x, requires_grad=True), mean, variance, training=True, momentum=0.25)
    np.testing.assert_allclose(mean.numpy(), 0.75 * np.array([1, 2]) + 0.25 * x.mean((0, 2, 3)))
    np.testing.assert_allclose(variance.numpy(),
                               0.75 * np.array([3, 4]) + 0.25 * x.var((0, 2, 3), ddof=1))
    assert not mean.requires_grad and not variance.requires_grad
    before = mean.tolist(), variance.tolist()
    tracked = Tensor(x, requires_grad=True)
    out = F.batch_norm(tracked, mean, variance)
    assert (mean.tolist(), variance.tolist()) == before
    scale = 1 / np.sqrt(np.array(before[1]) + 1e-5)
    mean += 5
    variance += 5
    out.sum().backward()
    expected = np.broadcast_to(scale[:, None, None], x.shape)
    np.testing.assert_allclose(tracked.grad.numpy(), expected, rtol=1e-9)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_drops_the_share_p_and_keeps_the_mean(p):
    x = Tensor(np.full((200, 200), 3, np.float32), requires_grad=True)
    out = F.dropout(x, p, rng=np.random.default_rng(0))
    assert out.dtype == np.float32
    numbers = out.detach().numpy()
    assert set(np.unique(numbers)) == {0, np.float32(3) * np.float32(1 / (1 - p))}
    assert (numbers == 0).mean() == pytest.approx(p, abs=0.01)
    weight = np.random.default_rng(1).standard_normal((200, 200)).astype(np.float32)
    out.backward(weight)
    np.testing.assert_allclose(x.grad.numpy(), weight * numbers / 3, rtol=1e-6)


def test_dropout_is_as_random_as_its_generator():
    x = RNG.standard_normal((20, 20))
    one, same, other = (F.dropout(x, rng=np.random.default_rng(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any() and (F.dropout(x) != F.dropout(x)).any()


def test_dropout_of_all_of_none_and_outside_of_training():
    x = Tensor(np.ones((3, 4), np.float32))
    assert F.dropout(x, 0) is x and F.dropout(x, 0.9, training=False) is x
    assert F.dropout(x, 1).tolist() == np.zeros((3, 4)).tolist()


# --- Linear, softmax and losses -----------------------------------------------------------------------------

@pytest.mark.parametrize("bias", [0.5, np.float32(0.5), np.full(1, 0.5), np.full((2, 1), 0.5)],
                         ids=["a number", "NumPy's", "(1,)", "(2, 1)"])
def test_a_bias_of_linear_may_be_broadcast(bias):
    x, weight = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(4, 3)
    np.testing.assert_array_equal(F.linear(Tensor(x), Tensor(weight), bias).numpy(), x @ weight.T + 0.5)


@pytest.mark.parametrize("ahead", [(), (3,), (0,), (2, 3), (2, 1, 2)])
@pytest.mark.parametrize("with_bias", [True, False])
def test_linear_is_a_weighted_sum(ahead, with_bias):
    x, weight, bias = distinct(np.random.default_rng(0), (*ahead, 4), (5, 4), (5,))
    inputs = [x, weight, bias][: 2 + with_bias]
    expected = np.einsum("...i,oi->...o", x, weight) + bias * with_bias
    np.testing.assert_allclose(F.linear(*inputs), expected, atol=1e-12, strict=True)
    assert_gradients_are_nudged(F.linear, inputs, seed=1)


def surprise(logits, target):
    """-log softmax at the target, row by row, in float64."""
    logits = np.asarray(logits, np.float64)
    shifted = logits - logits.max(1, keepdims=True)
    return np.array([math.log(math.fsum(np.exp(row))) - row[t] for row, t in zip(shifted, target)])


@given(seed=seeds, N=st.integers(1, 5), C=st.integers(1, 5))
def test_cross_entropy_is_the_surprise(seed, N, C):
    rng = np.random.default_rng(seed)
    logits, target = rng.uniform(-3, 3, (N, C)), rng.integers(0, C, N)
    expected = surprise(logits, target)
    for reduction, reduced in (("none", expected), ("sum", expected.sum()), ("mean", expected.mean())):
        for classes in (target, tensor(target), target.tolist(), target.astype(np.uint8)):
            result = F.cross_entropy(tensor(logits), classes, reduction=reduction)
            np.testing.assert_allclose(result.numpy(), reduced, rtol=1e-12, atol=1e-12)
        assert_gradients_are_nudged(
            lambda x, how=reduction: F.cross_entropy(x, target, reduction=how), [logits], seed)
    assert F.cross_entropy(tensor(logits), target).item() == pytest.approx(expected.mean())


def test_nll_loss_is_the_negative_log_probability_at_the_target():
    logs, target = distinct(np.random.default_rng(0), (4, 5))[0], np.array([3, 0, 4, 3])
    expected = -logs[np.arange(4), target]
    np.testing.assert_array_equal(F.nll_loss(logs, target, reduction="none"), expected)
    np.testing.assert_allclose(F.nll_loss(logs, target), expected.mean())
    assert F.nll_loss(tensor(logs[1]), tensor(2)).item() == -logs[1, 2]
    assert_gradients_are_nudged(lambda logs: F.nll_loss(logs, target), [logs], seed=1)


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 4, 2), (2, 3, 0), (1, 3, 1, 1, 2)])
def test_cross_entropy_of_pictures_is_that_of_their_pixels(shape):
    rng = np.random.default_rng(0)
    logits, target = rng.standard_normal(shape), rng.integers(0, 3, shape[:1] + shape[2:])
    rows = np.moveaxis(logits, 1, -1).reshape(-1, 3)
    expected = surprise(rows, target.ravel()).reshape(target.shape)
    losses = F.cross_entropy(logits, target, reduction="none")
    np.testing.assert_allclose(losses, expected, rtol=1e-9, atol=1e-12, strict=True)
    if losses.size > 0:
        assert_gradients_are_nudged(lambda x: F.cross_entropy(x, target), [logits], seed=1)


@pytest.mark.parametrize("shape", [(4, 5), (5,), (2, 3, 4)])
def test_cross_entropy_of_probabilities_is_the_mean_of_that_of_classes(shape):
    rng = np.random.default_rng(0)
    logits, axis = rng.standard_normal(shape), min(len(shape) - 1, 1)
    target = np.asarray(F.softmax(rng.standard_normal(shape), axis))
    expected = -(target * np.asarray(F.log_softmax(logits, axis))).sum(axis)
    np.testing.assert_allclose(F.cross_entropy(logits, target, reduction="none"), expected, rtol=1e-12)
    np.testing.assert_allclose(F.cross_entropy(logits, target), expected.mean(), rtol=1e-12)
    assert_gradients_are_nudged(F.cross_entropy, [logits, target], seed=1)


def test_cross_entropy_of_certain_probabilities_is_that_of_classes():
    logits = RNG.standard_normal((4, 5))
    certain = F.cross_entropy(logits, np.eye(5)[CLASSES], reduction="none")
    np.testing.assert_allclose(certain, F.cross_entropy(logits, CLASSES, reduction="none"), rtol=1e-12)


@given(seed=seeds, share=st.sampled_from([0, 0.1, np.float32(0.25), 1]))
@pytest.mark.parametrize("shape", [(4, 5), (5,), (2, 3, 4)])
def test_label_smoothing_spreads_a_share_of_each_answer_over_all_classes(shape, seed, share):
    rng, axis = np.random.default_rng(seed), min(len(shape) - 1, 1)
    logits, C = rng.standard_normal(shape), shape[axis]
    classes = rng.integers(0, C, shape[:axis] + shape[axis + 1 :])
    probabilities = np.asarray(F.softmax(rng.standard_normal(shape), axis))
    certain = np.moveaxis(np.eye(C)[classes], -1, axis)
    for target, answers in ((classes, certain), (probabilities, probabilities)):
        expected = F.cross_entropy(logits, (1 - share) * answers + share / C, reduction="none")
        for how, reduced in (("none", expected), ("sum", expected.sum()), ("mean", expected.mean())):
            found = F.cross_entropy(logits, target, reduction=how, label_smoothing=share)
            np.testing.assert_allclose(found, reduced, rtol=1e-6)
        assert_gradients_are_nudged(
            lambda x, y=target: F.cross_entropy(x, y, label_smoothing=share, reduction="none"),
            [logits], seed)
    narrow = F.cross_entropy(logits.astype(np.float32), classes, label_smoothing=np.float64(share))
    assert narrow.dtype == np.float32


LOGITS = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 1e4], [1e4, 1e4, 1e4], [-1e4, -1e4, -1e4], [9999, 1e4, 9998]],
                  np.float32)


@pytest.mark.parametrize("target", range(3))
def test_cross_entropy_of_huge_logits_is_finite_and_right(target):
    classes = np.full(len(LOGITS), target)
    logits = Tensor(LOGITS, requires_grad=True)
    losses = F.cross_entropy(logits, classes, reduction="none")
    assert losses.dtype == np.float32
    np.testing.assert_allclose(losses.detach().numpy(), surprise(LOGITS, classes), rtol=1e-6, atol=1e-6)
    weight = np.array([1.0, -2, 3, 5, 7])
    losses.backward(weight)
    shares = np.exp(np.float64(LOGITS) - LOGITS.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    expected = weight[:, None] * (shares - np.eye(3)[classes])
    np.testing.assert_allclose(logits.grad.numpy(), expected, rtol=1e-5, atol=1e-6)


def test_softmax_of_huge_logits_is_finite_and_right():
    shares = F.softmax(Tensor(LOGITS), 1).numpy()
    last = np.exp([-1, 0, -2])
    expected = [[1, 0, 0], [0, 0.5, 0.5], [1 / 3] * 3, [1 / 3] * 3, last / last.sum()]
    np.testing.assert_allclose(shares, expected, rtol=1e-6, atol=1e-30)
    np.testing.assert_allclose(F.log_softmax(Tensor(LOGITS), 1).numpy()[2:4], math.log(1 / 3), rtol=1e-6)


def test_mse_loss_is_the_squared_error():
    x, y = distinct(np.random.default_rng(0), (2, 3), (2, 3))
    np.testing.assert_allclose(F.mse_loss(x, y, reduction="none"), (x - y) ** 2, rtol=1e-12)
    np.testing.assert_allclose(F.mse_loss(x, y, reduction="sum"), ((x - y) ** 2).sum(), rtol=1e-12)
    np.testing.assert_allclose(F.mse_loss(x, y), ((x - y) ** 2).sum() / 6, rtol=1e-12)
    assert_gradients_are_nudged(F.mse_loss, [x, y], seed=1)


# --- What holds for all of them -----------------------------------------------------------------------------

RNG = np.random.default_rng(0)
CLASSES = np.array([3, 0, 2, 3])
KERNELS, ROWS = RNG.standard_normal((3, 2, 3, 2)), RNG.standard_normal((5, 4))
BATCHED = {                                                 # name: (a function of a batch of four, the batch)
    "relu": (F.relu, RNG.standard_normal((4, 3))),
    "linear": (lambda x: F.linear(x, ROWS, np.arange(5.0)), RNG.standard_normal((4, 4))),
    "conv2d": (lambda x: F.conv2d(x, KERNELS, np.arange(3.0), 2, 1), RNG.standard_normal((4, 2, 5, 6))),
    "conv2d, dilated": (lambda x: F.conv2d(x, KERNELS, dilation=2), RNG.standard_normal((4, 2, 5, 6))),
    "max_pool2d": (lambda x: F.max_pool2d(x, 2), RNG.standard_normal((4, 2, 5, 6))),
    "max_pool2d, overlapping": (lambda x: F.max_pool2d(x, 3, 1, 1), RNG.standard_normal((4, 2, 5, 6))),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 2), RNG.standard_normal((4, 2, 5, 6))),
    "avg_pool2d of what is there": (
        lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), RNG.standard_normal((4, 2, 5, 6))),
    "unfold": (lambda x: F.unfold(x, (2, 3), padding=1), RNG.standard_normal((4, 2, 5, 6))),
    "fold": (lambda x: F.fold(x, (3, 4), 2), RNG.standard_normal((4, 8, 6))),
    "pad": (lambda x: F.pad(x, (1, 2), value=3), RNG.standard_normal((4, 3))),
    "batch_norm": (lambda x: F.batch_norm(x, None, None, training=True), RNG.standard_normal((4, 2, 3, 3))),
    "softmax": (lambda x: F.softmax(x, 1), RNG.standard_normal((4, 5))),
    "log_softmax": (lambda x: F.log_softmax(x, 1), RNG.standard_normal((4, 5))),
    "mse_loss": (lambda x: F.mse_loss(x, x * 0, reduction="none"), RNG.standard_normal((4, 5))),
}
batched = pytest.mark.parametrize("function, batch", BATCHED.values(), ids=BATCHED)


@batched
def test_arrays_in_arrays_out(function, batch):
    result = function(batch)
    assert isinstance(result, np.ndarray)
    np.testing.assert_array_equal(function(Tensor(batch)).numpy(), result)


def test_losses_of_arrays_are_numbers_of_numpy():
    logits = RNG.standard_normal((4, 5))
    for loss in (F.cross_entropy(logits, CLASSES), F.mse_loss(logits, logits)):
        assert isinstance(loss, (np.ndarray, np.generic)) and loss.shape == ()


@batched
def test_permuting_the_batch_permutes_the_result(function, batch):
    order = [2, 0, 3, 1]
    np.testing.assert_allclose(function(batch[order]), function(batch)[order], rtol=1e-12)


def test_permuting_batch_and_classes_permutes_the_losses():
    logits, order = RNG.standard_normal((4, 5)), [2, 0, 3, 1]
    losses = F.cross_entropy(logits, CLASSES, reduction="none")
    permuted = F.cross_entropy(logits[order], CLASSES[order], reduction="none")
    np.testing.assert_allclose(permuted, losses[order], rtol=1e-12)


@batched
@pytest.mark.parametrize("relay", LAYOUTS.values(), ids=LAYOUTS)
def test_any_memory_order_gives_the_same(function, batch, relay):
    plain, relaid = Tensor(batch, requires_grad=True), Tensor(relay(batch), requires_grad=True)
    out, other = function(plain), function(relaid)
    np.testing.assert_allclose(other.detach().numpy(), out.detach().numpy(), rtol=1e-10, atol=1e-12)
    weight = np.random.default_rng(1).standard_normal(out.shape)
    out.backward(weight)
    other.backward(relay(weight))
    np.testing.assert_allclose(relaid.grad.numpy(), plain.grad.numpy(), rtol=1e-10, atol=1e-12)


def small_network(pictures, kernels, rows):
    hidden = F.max_pool2d(F.relu(F.conv2d(pictures, kernels, padding=1)), 2)
    return F.cross_entropy(F.linear(hidden.reshape(len(hidden), -1), rows), np.array([1, 0]))


def test_gradients_of_gradients_through_a_network_are_the_nudged_ones():
    inputs = distinct(np.random.default_rng(3), (2, 1, 4, 5), (2, 1, 3, 2), (3, 12))
    assert_gradients_are_nudged(small_network, inputs, seed=4, order=2)


# --- Mistakes -----------------------------------------------------------------------------------------------

def pictures(*shape):
    return tensor(np.zeros(shape, np.float32))


KERNEL = pictures(1, 1, 3, 3)
MISTAKES = {                                                # name: (the call, the error, words of it)
    "conv2d of a single picture": (
        lambda: F.conv2d(pictures(1, 5, 5), KERNEL), RuntimeError, ["conv2d", "(1, 5, 5)", "(N, C, H, W)"]),
    "conv2d of other channels": (
        lambda: F.conv2d(pictures(4, 3, 5, 5), KERNEL),
        RuntimeError, ["conv2d", "(4, 3, 5, 5)", "(1, 1, 3, 3)"]),
    "conv2d of too small pictures": (
        lambda: F.conv2d(pictures(1, 1, 2, 5), KERNEL), RuntimeError, ["conv2d", "(3, 3)", "(2, 5)", "fit"]),
    "conv2d, too dilated": (
        lambda: F.conv2d(pictures(1, 1, 5, 5), KERNEL, dilation=3),
        RuntimeError, ["conv2d", "dilation 3", "fit"]),
    "conv2d with stride 0": (
        lambda: F.conv2d(pictures(1, 1, 5, 5), KERNEL, stride=0),
        RuntimeError, ["conv2d", "stride", "above 0", "got (3, 3) and 0 and 1 and 0"]),
    "conv2d with padding -1": (
        lambda: F.conv2d(pictures(1, 1, 5, 5), KERNEL, padding=-1),
        RuntimeError, ["conv2d", "padding", "-1"]),
    "conv2d with three strides": (
        lambda: F.conv2d(pictures(1, 1, 5, 5), KERNEL, stride=(1, 1, 2)),
        (RuntimeError, ValueError), ["(1, 1, 2)"]),
    "conv2d with another bias": (
        lambda: F.conv2d(pictures(1, 1, 5, 5), KERNEL, pictures(3)), RuntimeError, ["(3,)"]),
    "conv2d with a stride for a bias": (
        lambda: F.conv2d(pictures(1, 1, 5, 5), KERNEL, (1, 1)),
        RuntimeError, ["conv2d", "bias (F,)", "(1, 1)"]),
    "conv2d of a picture alone": (
        lambda: F.conv2d(pictures(1, 5, 5), KERNEL), RuntimeError, ["conv2d", "(1, 5, 5)", "unsqueeze(0)"]),
    "max_pool2d of a picture alone": (
        lambda: F.max_pool2d(pictures(1, 5, 5), 2),
        RuntimeError, ["max_pool2d", "(1, 5, 5)", "unsqueeze(0)"]),
    "max_pool2d of rows": (
        lambda: F.max_pool2d(pictures(5, 5), 2), RuntimeError, ["max_pool2d", "(5, 5)"]),
    "max_pool2d of too small pictures": (
        lambda: F.max_pool2d(pictures(1, 1, 4, 4), (2, 5)),
        RuntimeError, ["max_pool2d", "(2, 5)", "(4, 4)", "fit"]),
    "max_pool2d with windows of padding alone": (
        lambda: F.max_pool2d(pictures(1, 1, 4, 4), 2, padding=2), RuntimeError, ["max_pool2d", "padding"]),
    "linear of another length": (
        lambda: F.linear(pictures(2, 3), pictures(5, 4)), RuntimeError, ["linear", "(2, 3)", "(5, 4)"]),
    "linear of a number": (
        lambda: F.linear(tensor(1.0), pictures(5, 4)), RuntimeError, ["linear", "()"]),
    "cross_entropy of one row": (
        lambda: F.cross_entropy(pictures(3), [1]), RuntimeError, ["cross_entropy", "(3,)", "(1,)"]),
    "cross_entropy of a number": (
        lambda: F.cross_entropy(tensor(1.0), 0), RuntimeError, ["cross_entropy", "(N, C, ...)", "()"]),
    "cross_entropy with more than all of it spread": (
        lambda: F.cross_entropy(pictures(2, 3), [0, 1], label_smoothing=1.5),
        RuntimeError, ["cross_entropy", "label_smoothing", "from 0 to 1", "1.5"]),
    "cross_entropy of too few probabilities": (
        lambda: F.cross_entropy(pictures(2, 3), pictures(2, 2)),
        RuntimeError, ["cross_entropy", "(2, 3)", "(2, 2)", "probabilities"]),
    "cross_entropy of pictures and too small ones": (
        lambda: F.cross_entropy(pictures(2, 3, 4), np.zeros((2, 5), int)),
        RuntimeError, ["cross_entropy", "(2, 3, 4)", "(2, 5)"]),
    "nll_loss of a class too many": (
        lambda: F.nll_loss(pictures(2, 3), [0, 3]), IndexError, ["nll_loss", "3 classes"]),
    "nll_loss of fractions": (
        lambda: F.nll_loss(pictures(2, 3), pictures(2, 3)),
        RuntimeError, ["nll_loss", "integers", "float32"]),
    "cross_entropy of too few classes": (
        lambda: F.cross_entropy(pictures(2, 3), [1]), RuntimeError, ["cross_entropy", "(2, 3)", "(1,)"]),
    "cross_entropy of fractions": (
        lambda: F.cross_entropy(pictures(2, 3), [1.0, 2.0]),
        RuntimeError, ["cross_entropy", "integers", "float64"]),
    "cross_entropy of a class to leave out": (
        lambda: F.cross_entropy(pictures(2, 3), [0, -100]),
        IndexError, ["cross_entropy", "-100", "ignore_index", "outside minigrad's subset"]),
    "cross_entropy of a class too many": (
        lambda: F.cross_entropy(pictures(2, 3), [0, 3]), IndexError, ["cross_entropy", "3 classes"]),
    "cross_entropy of a negative class": (
        lambda: F.cross_entropy(pictures(2, 3), [-1, 2]), IndexError, ["cross_entropy", "-1", "3 classes"]),
    "cross_entropy with a misspelt reduction": (
        lambda: F.cross_entropy(pictures(2, 3), [0, 1], reduction="average"), ValueError,
        ["cross_entropy", '"mean", "sum" or "none"', "'average'"]),
    "mse_loss of two shapes": (
        lambda: F.mse_loss(pictures(2, 3), pictures(3)), RuntimeError, ["mse_loss", "(2, 3)", "(3,)"]),
    "mse_loss with a misspelt reduction": (
        lambda: F.mse_loss(pictures(2), pictures(2), reduction="avg"), ValueError, ["mse_loss", "'avg'"]),
    "conv2d with another bias of the right size": (
        lambda: F.conv2d(pictures(1, 1, 5, 5), KERNEL, pictures(1, 1)), RuntimeError, ["conv2d", "(1, 1)"]),
    'conv2d with "same" and a stride': (
        lambda: F.conv2d(pictures(1, 1, 5, 5), KERNEL, stride=2, padding="same"),
        RuntimeError, ["conv2d", "same", "stride 1"]),
    "conv2d with a misspelt padding": (
        lambda: F.conv2d(pictures(1, 1, 5, 5), KERNEL, padding="sane"), RuntimeError, ["conv2d", "'sane'"]),
    "a pooling with padding in words": (
        lambda: F.max_pool2d(pictures(1, 1, 5, 5), 3, padding="same"), RuntimeError, ["same"]),
    "avg_pool2d of rows": (
        lambda: F.avg_pool2d(pictures(5, 5), 2), RuntimeError, ["avg_pool2d", "(5, 5)", "(N, C, H, W)"]),
    "avg_pool2d with windows of padding alone": (
        lambda: F.avg_pool2d(pictures(1, 1, 4, 4), 2, padding=2), RuntimeError, ["avg_pool2d", "padding"]),
    "unfold of rows": (lambda: F.unfold(pictures(5, 5), 2), RuntimeError, ["unfold", "(5, 5)"]),
    "fold of too few columns": (
        lambda: F.fold(pictures(1, 8, 11), (4, 5), 2), RuntimeError, ["fold", "2·2, 3·4", "(1, 8, 11)"]),
    "fold of rows that make no channels": (
        lambda: F.fold(pictures(1, 7, 12), (4, 5), 2), RuntimeError, ["fold", "2·2, 3·4", "(1, 7, 12)"]),
    "pad of three numbers": (
        lambda: F.pad(pictures(2, 3), (1, 2, 3)), RuntimeError, ["pad", "(1, 2, 3)", "(2, 3)"]),
    "pad of too many axes": (lambda: F.pad(pictures(3), (1, 1, 1, 1)), RuntimeError, ["pad", "(3,)"]),
    "pad below zero": (lambda: F.pad(pictures(3), (1, -1)), RuntimeError, ["pad", "(1, -1)"]),
    "pad with a mirror": (
        lambda: F.pad(pictures(3), (1, 1), mode="reflect"), NotImplementedError, ["pad", "'reflect'"]),
    "dropout above one": (lambda: F.dropout(pictures(3), 1.5), ValueError, ["dropout", "1.5"]),
    "dropout below zero, not in training": (
        lambda: F.dropout(pictures(3), -0.5, training=False), ValueError, ["dropout", "-0.5"]),
    "dropout of integers": (lambda: F.dropout(tensor([1, 2])), RuntimeError, ["dropout", "int64"]),
    "batch_norm of rows": (
        lambda: F.batch_norm(pictures(3), None, None, training=True), RuntimeError, ["batch_norm", "(3,)"]),
    "batch_norm with weights for others": (
        lambda: F.batch_norm(pictures(4, 3), None, None, pictures(2), training=True),
        RuntimeError, ["batch_norm", "(4, 3)", "(C,)"]),
    "batch_norm of one picture of one pixel": (
        lambda: F.batch_norm(pictures(1, 3, 1, 1), None, None, training=True),
        ValueError, ["batch_norm", "(1, 3, 1, 1)"]),
    "batch_norm of what was never measured": (
        lambda: F.batch_norm(pictures(4, 3), None, None), RuntimeError, ["batch_norm", "running_mean"]),
}


@pytest.mark.parametrize("call, kind, words", MISTAKES.values(), ids=MISTAKES)
def test_mistakes_say_what_would_have_been_right(call, kind, words):
    with pytest.raises(kind) as caught:
        call()
    for word in words:
        assert word in str(caught.value)
