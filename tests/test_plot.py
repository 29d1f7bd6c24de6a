"""Pictures: every number is drawn once, in its place and on the right scale; the graph, arrow by arrow."""

import re

import matplotlib
import numpy as np
import pytest

from minigrad import Tensor, nn, plot, tensor

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    matplotlib.pyplot.close("all")


def drawn(figure):
    """The pictures of a figure, with the numbers that stand for the ends of the scale."""
    images = [image for axis in figure.axes for image in axis.get_images()]
    return [(np.asarray(image.get_array()), image.get_clim()) for image in images]


PICTURES = np.random.default_rng(0).standard_normal((5, 1, 4, 6)).astype(np.float32)


@pytest.mark.parametrize("pictures", [PICTURES, PICTURES[:, 0], list(PICTURES), [Tensor(p) for p in PICTURES],
                                      Tensor(PICTURES, requires_grad=True)],
                         ids=["array", "array of rows", "list", "list of tensors", "tensor with a gradient"])
def test_every_picture_is_drawn_in_order(pictures):
    found = drawn(plot.images(pictures))
    assert len(found) == 5
    for (numbers, limits), picture in zip(found, PICTURES[:, 0]):
        np.testing.assert_array_equal(numbers, picture)
        assert limits == pytest.approx((picture.min(), picture.max()))


def test_titles_columns_and_limits():
    figure = plot.images(PICTURES, titles=[7, 3, 4, 6, 1], columns=2, limits=(0, 1))
    titles = [axis.get_title() for axis in figure.axes if axis.get_title()]
    assert titles == ["7", "3", "4", "6", "1"]
    assert all(limits == (0, 1) for _, limits in drawn(figure))
    places = {tuple(np.round(axis.get_position().p0, 2)) for axis in figure.axes if axis.get_images()}
    assert len({x for x, _ in places}) == 2 and len({y for _, y in places}) == 3


def test_filters_share_one_scale_around_zero():
    weights = nn.Conv2d(1, 8, 3, rng=np.random.default_rng(0)).weight
    largest = np.abs(weights.detach().numpy()).max()
    found = drawn(plot.filters(weights))
    assert len(found) == 8
    assert all(limits == pytest.approx((-largest, largest)) for _, limits in found)
    assert len(drawn(plot.filters(np.zeros((2, 3, 3))))) == 2            # nothing to scale by


def test_nothing_is_shown_and_the_figure_can_be_saved(tmp_path):
    plot.images(PICTURES).savefig(tmp_path / "pictures.png")
    assert (tmp_path / "pictures.png").read_bytes().startswith(b"\x89PNG")


# --- The graph ----------------------------------------------------------------------------------------------

def parts(dot):
    """({node: its attributes}, [(from, to)]) of a graphviz source."""
    nodes = dict(re.findall(r'^\t"?(\d[^\s"]*)"? \[(.*)\]$', dot.source, re.MULTILINE))
    return nodes, re.findall(r'^\t"?([^\s"]+)"? -> "?([^\s"]+)"?', dot.source, re.MULTILINE)


def test_the_graph_of_a_loss_is_drawn_from_cause_to_effect():
    factor, x = tensor([1.0, 2.0], requires_grad=True), tensor([3.0, 4.0])
    loss = (factor * x).sum()
    nodes, edges = parts(plot.graph(loss, {factor: "factor", x: "input", loss: "loss"}))
    words = ["factor", "input", "mul", "sum", "loss"]
    named = {node: next((word for word in words if word in text), "between") for node, text in nodes.items()}
    assert sorted(named.values()) == sorted([*words, "between"])
    assert sorted((named[start], named[end]) for start, end in edges) == sorted([
        ("factor", "mul"), ("input", "mul"), ("mul", "between"), ("between", "sum"), ("sum", "loss")])
    assert "11" in next(text for node, text in nodes.items() if named[node] == "loss")


def test_a_tensor_used_twice_is_drawn_once_with_two_arrows():
    x = tensor(3.0, requires_grad=True)
    nodes, edges = parts(plot.graph(x * x))
    assert len(nodes) == 3 and len(edges) == 3


def test_numbers_show_their_gradients():
    x = tensor(3.0, requires_grad=True)
    y = x * x
    y.backward(retain_graph=True)
    assert "grad 6" in plot.graph(y, {x: "x"}).source
