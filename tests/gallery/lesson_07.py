"""Lesson 7: wrong sigmoids, steps, windows, filters and ways back."""

import numpy as np

from tests.gallery import wrong


@wrong("sigmoid", "sign")
def the_exponent_without_its_minus(x):
    return 1 / (1 + np.exp(x))


@wrong("sigmoid", "overflow")
def infinity_divided_by_infinity(x):
    return np.exp(x) / (1 + np.exp(x))


@wrong("sigmoid", "brackets")
def a_bracket_too_few(x):
    return 1 / 1 + np.exp(-x)


@wrong("sigmoid", "another-function")
def from_minus_one_to_one(x):
    return np.tanh(x)


@wrong("sigmoid", "raises")
def for_single_numbers_only(x):
    import math
    return 1 / (1 + math.exp(-x))


@wrong("sigmoid_vjp", "wrong-point")
def x_in_place_of_the_sigmoid(g, x):
    return g * x * (1 - x)


@wrong("sigmoid_vjp", "cotangent-ignored")
def the_slope_alone(g, x):
    s = 1 / (1 + np.exp(-x))
    return s * (1 - s)


@wrong("sigmoid_vjp", "wrong-point", "extra-factor")
def the_sigmoid_for_its_slope(g, x):
    s = 1 / (1 + np.exp(-x))
    return g * s


@wrong("sigmoid_vjp", "sign")
def the_other_way_round(g, x):
    s = 1 / (1 + np.exp(-x))
    return g * s * (s - 1)


@wrong("sigmoid_vjp", "another-function")
def the_slope_of_tanh(g, x):
    s = 1 / (1 + np.exp(-x))
    return g * (1 - s * s)


@wrong("squared_error_vjp", "constant-factor")
def not_divided_by_n(g, sureness, truth):
    return g * 2 * (sureness - truth)


@wrong("squared_error_vjp", "constant-factor")
def the_two_forgotten(g, sureness, truth):
    return g * (sureness - truth) / len(truth)


@wrong("squared_error_vjp", "sign")
def truth_minus_sureness(g, sureness, truth):
    return g * 2 * (truth - sureness) / len(truth)


@wrong("squared_error_vjp", "cotangent-ignored")
def g_forgotten(g, sureness, truth):
    return 2 * (sureness - truth) / len(truth)


@wrong("squared_error_vjp", "wrong-shape")
def the_mean_of_the_slopes(g, sureness, truth):
    return g * np.mean(2 * (sureness - truth))


@wrong("sgd_step", "sign")
def uphill(numbers, gradient, rate):
    return numbers + rate * gradient


@wrong("sgd_step", "input-changed")
def in_place(numbers, gradient, rate):
    numbers -= rate * gradient
    return numbers


@wrong("sgd_step", "rate-forgotten")
def the_whole_gradient(numbers, gradient, rate):
    return numbers - gradient


@wrong("sgd_step", "step-only")
def the_step_alone(numbers, gradient, rate):
    return rate * gradient


@wrong("sgd_step", "no-return")
def only_computed(numbers, gradient, rate):
    numbers = numbers - rate * gradient


@wrong("unfold", "step-forgotten")
def always_one_further(x, size, step):
    count = x.shape[-1] - size + 1
    return np.stack([x[..., i:i + size] for i in range(count)], axis=-2)


@wrong("unfold", "off-by-one")
def the_last_window_missing(x, size, step):
    return np.stack([x[..., i:i + size] for i in range(0, max(x.shape[-1] - size, 1), step)], axis=-2)


@wrong("unfold", "wrong-axis")
def stacked_in_front(x, size, step):
    return np.stack([x[..., i:i + size] for i in range(0, x.shape[-1] - size + 1, step)])


@wrong("unfold", "side-by-side")
def no_overlap(x, size, step):
    count = (x.shape[-1] - size) // size + 1
    return np.stack([x[..., i * size:i * size + size] for i in range(count)], axis=-2)


@wrong("unfold", "transposed")
def windows_last(x, size, step):
    return np.stack([x[..., i:i + size] for i in range(0, x.shape[-1] - size + 1, step)], axis=-1)


@wrong("unfold", "wrong-type")
def a_list_of_windows(x, size, step):
    return [x[..., i:i + size] for i in range(0, x.shape[-1] - size + 1, step)]


def windows_of(pictures, height, width):
    windows = np.lib.stride_tricks.sliding_window_view(pictures, (height, width), axis=(2, 3))
    return windows.transpose(0, 2, 3, 1, 4, 5)


@wrong("conv2d", "bias-forgotten")
def without_bias(pictures, filters, bias):
    windows = windows_of(pictures, *filters.shape[2:])
    return np.einsum("nrckij,fkij->nfrc", windows, filters)


@wrong("conv2d", "wrong-axis")
def filters_along_the_last_axis(pictures, filters, bias):
    windows = windows_of(pictures, *filters.shape[2:])
    return windows.reshape(*windows.shape[:3], -1) @ filters.reshape(len(filters), -1).T + bias


@wrong("conv2d", "wrong-order")
def reshaped_where_axes_should_be_exchanged(pictures, filters, bias):
    windows = windows_of(pictures, *filters.shape[2:])
    N, OH, OW = windows.shape[:3]
    answers = windows.reshape(N, OH, OW, -1) @ filters.reshape(len(filters), -1).T + bias
    return answers.reshape(N, len(filters), OH, OW)


@wrong("conv2d", "flipped")
def a_real_convolution(pictures, filters, bias):
    windows = windows_of(pictures, *filters.shape[2:])
    return np.einsum("nrckij,fkij->nfrc", windows, filters[:, :, ::-1, ::-1]) + bias[:, None, None]


@wrong("conv2d", "first-channel")
def one_channel_only(pictures, filters, bias):
    windows = windows_of(pictures, *filters.shape[2:])
    return np.einsum("nrcij,fij->nfrc", windows[:, :, :, 0], filters[:, 0]) + bias[:, None, None]


@wrong("conv2d", "raises", "wrong-shape")
def bias_along_the_columns(pictures, filters, bias):
    windows = windows_of(pictures, *filters.shape[2:])
    return np.einsum("nrckij,fkij->nfrc", windows, filters) + bias


@wrong("fold", "overwritten")
def written_not_added(windows, step, length):
    out = np.zeros((*windows.shape[:-2], length), windows.dtype)
    for i in range(windows.shape[-2]):
        out[..., i * step:i * step + windows.shape[-1]] = windows[..., i, :]
    return out


@wrong("fold", "step-forgotten", "raises")
def one_apart(windows, step, length):
    out = np.zeros((*windows.shape[:-2], length), windows.dtype)
    for i in range(windows.shape[-2]):
        out[..., i:i + windows.shape[-1]] += windows[..., i, :]
    return out


@wrong("fold", "last-left-out")
def a_range_too_short(windows, step, length):
    out = np.zeros((*windows.shape[:-2], length), windows.dtype)
    for i in range(windows.shape[-2] - 1):
        out[..., i * step:i * step + windows.shape[-1]] += windows[..., i, :]
    return out


@wrong("fold", "overwritten")
def added_at_duplicate_places(windows, step, length):
    count, size = windows.shape[-2:]
    out = np.zeros((*windows.shape[:-2], length), windows.dtype)
    out[..., step * np.arange(count)[:, None] + np.arange(size)] += windows
    return out


@wrong("fold", "mean-for-sum")
def overlaps_averaged(windows, step, length):
    total, times = np.zeros((*windows.shape[:-2], length), windows.dtype), np.zeros(length, windows.dtype)
    for i in range(windows.shape[-2]):
        total[..., i * step:i * step + windows.shape[-1]] += windows[..., i, :]
        times[i * step:i * step + windows.shape[-1]] += 1
    return total / np.maximum(times, 1)


def areas_of(pictures, size):
    N, C, H, W = pictures.shape
    return pictures.reshape(N, C, H // size, size, W // size, size)


@wrong("max_pool_vjp", "wrong-at-kink")
def everything_to_both(g, pictures, size):
    areas = areas_of(pictures, size)
    largest = areas == areas.max(axis=(3, 5), keepdims=True)
    return (largest * g[:, :, :, None, :, None]).reshape(pictures.shape)


@wrong("max_pool_vjp", "mask-inverted")
def to_all_but_the_largest(g, pictures, size):
    areas = areas_of(pictures, size)
    others = areas != areas.max(axis=(3, 5), keepdims=True)
    return (others * g[:, :, :, None, :, None]).reshape(pictures.shape)


@wrong("max_pool_vjp", "whole-area")
def to_all_of_the_area(g, pictures, size):
    return g.repeat(size, axis=2).repeat(size, axis=3)


@wrong("max_pool_vjp", "cotangent-ignored")
def ones_for_g(g, pictures, size):
    areas = areas_of(pictures, size)
    return (areas == areas.max(axis=(3, 5), keepdims=True)).reshape(pictures.shape).astype(float)


@wrong("max_pool_vjp", "wrong-shape")
def not_back_in_shape(g, pictures, size):
    areas = areas_of(pictures, size)
    return (areas == areas.max(axis=(3, 5), keepdims=True)) * g[:, :, :, None, :, None]


@wrong("max_pool_vjp", "extra-factor")
def times_the_largest_itself(g, pictures, size):
    areas = areas_of(pictures, size)
    largest = areas == areas.max(axis=(3, 5), keepdims=True)
    shares = largest * areas / largest.sum(axis=(3, 5), keepdims=True)
    return (shares * g[:, :, :, None, :, None]).reshape(pictures.shape)
