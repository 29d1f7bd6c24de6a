"""The parts: what a module owns, in which order, how it starts, and what it says when it is used wrongly."""

import functools
import math
import re

import numpy as np
import pytest

from minigrad import Tensor, nn, no_grad, tensor
from minigrad.nn import functional as F


def network(seed=0):
    rng = np.random.default_rng(seed)
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1, rng=rng), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(4, 2, (2, 3), bias=False, rng=rng), nn.Flatten(), nn.Linear(8, 3, rng=rng))


PICTURES = np.random.default_rng(1).standard_normal((5, 1, 7, 8)).astype(np.float32)
NAMES = {"0.weight": (4, 1, 3, 3), "0.bias": (4,), "3.weight": (2, 4, 2, 3),
         "5.weight": (3, 8), "5.bias": (3,)}


class Branches(nn.Module):
    """A module of one's own: parameters, modules, and things that are neither."""

    def __init__(self):
        self.second = nn.Linear(3, 2)
        self.scale = nn.Parameter(np.ones(2, np.float32))
        self.note, self.constant, self.nothing = "not a part", tensor([1.0]), None
        self.first = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 1, bias=False)))

    def forward(self, input):
        return self.first(self.second(input) * self.scale)


# --- Parameters ---------------------------------------------------------------------------------------------

def test_parameters_come_in_order_and_with_their_names():
    assert {name: parameter.shape for name, parameter in network().named_parameters()} == NAMES
    assert [name for name, _ in network().named_parameters()] == list(NAMES)
    assert [name for name, _ in Branches().named_parameters()] == [
        "scale", "second.weight", "second.bias", "first.0.weight", "first.0.bias", "first.1.0.weight"]
    made = network()
    assert [id(parameter) for parameter in made.parameters()] == [id(p) for _, p in made.named_parameters()]
    assert [name for name, _ in made.named_children()] == list("012345")
    assert all(parameter.requires_grad and parameter.is_leaf for parameter in made.parameters())


def test_a_layer_that_is_used_twice_is_learned_once():
    shared = nn.Linear(2, 2)
    assert len(list(nn.Sequential(shared, nn.ReLU(), shared).parameters())) == 2


def test_a_parameter_asks_for_a_gradient_and_integers_cannot_be_one():
    assert nn.Parameter(tensor([1.0])).requires_grad
    assert not nn.Parameter(np.ones(2), requires_grad=False).requires_grad
    assert repr(nn.Parameter(tensor([1.0]))) == "Parameter containing:\ntensor([1.], requires_grad=True)"
    with pytest.raises(RuntimeError, match="int64"):
        nn.Parameter(np.array([1, 2]))


def test_zero_grad_forgets_all_gradients():
    made = network()
    F.cross_entropy(made(Tensor(PICTURES)), np.zeros(5, int)).backward()
    assert all(parameter.grad is not None for parameter in made.parameters())
    made.zero_grad()
    assert all(parameter.grad is None for parameter in made.parameters())


def test_train_and_eval_reach_every_module():
    made = Branches()
    assert made.training and made.eval() is made
    modules = [made, made.second, made.first, made.first[0], made.first[1], made.first[1][0]]
    assert not any(module.training for module in modules)
    assert made.train() is made and all(module.training for module in modules)


# --- Initial values -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("make, fan_in", [
    (lambda rng: nn.Linear(100, 80, rng=rng), 100),
    (lambda rng: nn.Conv2d(8, 64, (3, 5), rng=rng), 8 * 3 * 5),
])
def test_initial_values_are_uniform_within_one_over_root_fan_in(make, fan_in):
    layer, bound = make(np.random.default_rng(0)), 1 / math.sqrt(fan_in)
    for numbers in (layer.weight.detach().numpy(), layer.bias.detach().numpy()):
        assert numbers.dtype == np.float32 and np.abs(numbers).max() <= np.float32(bound)
        assert np.abs(numbers).max() > 0.9 * bound
        assert abs(numbers.mean()) < 0.2 * bound
        assert numbers.std() == pytest.approx(bound / math.sqrt(3), rel=0.2)
    assert not set(layer.bias.tolist()) & set(layer.weight.flatten().tolist())


def test_the_same_seed_gives_the_same_bits():
    first, same, other = ([p.tolist() for p in network(seed).parameters()] for seed in (3, 3, 4))
    assert first == same and not any(one == two for one, two in zip(first, other))
    assert nn.Linear(4, 4).weight.tolist() != nn.Linear(4, 4).weight.tolist()       # without rng, a fresh one


# --- state_dict ---------------------------------------------------------------------------------------------

def test_a_state_dict_carries_a_network_over():
    trained, fresh = network(0), network(1)
    state = trained.state_dict()
    assert {name: numbers.shape for name, numbers in state.items()} == NAMES
    assert trained(Tensor(PICTURES)).tolist() != fresh(Tensor(PICTURES)).tolist()
    fresh.load_state_dict(state)
    assert trained(Tensor(PICTURES)).tolist() == fresh(Tensor(PICTURES)).tolist()
    assert all(parameter.requires_grad and parameter.is_leaf for parameter in fresh.parameters())


def test_a_state_dict_is_a_copy_and_so_is_what_is_loaded():
    made = network()
    state = made.state_dict()
    before = state["5.bias"].tolist()
    made[5].bias.data += 7
    assert state["5.bias"].tolist() == before != made[5].bias.tolist()
    made.load_state_dict(state)
    made[5].bias.data += 7
    assert state["5.bias"].tolist() == before


def test_arrays_and_other_dtypes_are_taken_over():
    made = network()
    made.load_state_dict({name: np.ones(shape) for name, shape in NAMES.items()})
    assert all(parameter.dtype == np.float32 and set(parameter.flatten().tolist()) == {1}
               for parameter in made.parameters())


def test_parameters_themselves_are_taken_over():
    made, other = network(0), network(1)
    made.load_state_dict(dict(other.named_parameters()))
    assert made(Tensor(PICTURES)).tolist() == other(Tensor(PICTURES)).tolist()
    assert not any(mine is theirs for mine, theirs in zip(made.parameters(), other.parameters()))


def test_all_that_does_not_fit_is_listed_and_nothing_is_loaded():
    made = network()
    before = [parameter.tolist() for parameter in made.parameters()]
    state = network(1).state_dict()
    del state["0.bias"]
    state |= {"6.weight": tensor([1.0]), "3.weight": tensor(np.zeros((2, 4, 3, 2))), "5.bias": tensor([1.0])}
    with pytest.raises(RuntimeError) as caught:
        made.load_state_dict(state)
    for words in ("Sequential", "missing: 0.bias", "unexpected: 6.weight", "3.weight has shape (2, 4, 3, 2)",
                  "wanted (2, 4, 2, 3)", "5.bias has shape (1,), wanted (3,)"):
        assert words in str(caught.value)
    assert [parameter.tolist() for parameter in made.parameters()] == before


def test_nothing_is_loaded_where_one_entry_is_not_made_of_numbers():
    made = network()
    before = [parameter.tolist() for parameter in made.parameters()]
    state = network(1).state_dict() | {"5.bias": np.array(["a", "b", "c"])}
    with pytest.raises((RuntimeError, ValueError)):
        made.load_state_dict(state)
    assert [parameter.tolist() for parameter in made.parameters()] == before


def test_without_strict_what_is_common_is_loaded_and_the_rest_is_named():
    made, other = network(0), network(1)
    state = other.state_dict() | {"6.weight": tensor([1.0])}
    del state["0.bias"]
    result = made.load_state_dict(state, strict=False)
    assert result.missing_keys == ["0.bias"] and result.unexpected_keys == ["6.weight"]
    assert made[5].weight.tolist() == other[5].weight.tolist()
    assert made[0].bias.tolist() == network(0)[0].bias.tolist()
    with pytest.raises(RuntimeError, match=r"5.bias has shape \(1,\)"):
        made.load_state_dict({"5.bias": tensor([1.0])}, strict=False)
    assert network(0).load_state_dict(other.state_dict()) == ([], [])


# --- Buffers and modules ------------------------------------------------------------------------------------

class Counter(nn.Module):
    def __init__(self):
        self.register_buffer("calls", tensor(0))
        self.register_buffer("nothing", None)
        self.weight = nn.Parameter(tensor([1.0]))

    def forward(self, input):
        self.calls = self.calls + 1
        return input * self.weight


def test_buffers_are_kept_but_not_learned():
    made = nn.Sequential(Counter(), Counter())
    made(tensor([1.0]))
    assert [name for name, _ in made.named_buffers()] == ["0.calls", "1.calls"]
    assert [buffer.item() for buffer in made.buffers()] == [1, 1]
    assert [name for name, _ in made.named_parameters()] == ["0.weight", "1.weight"]
    assert list(made.state_dict()) == ["0.weight", "0.calls", "1.weight", "1.calls"]
    fresh = nn.Sequential(Counter(), Counter())
    fresh.load_state_dict(made.state_dict())
    made(tensor([1.0]))
    assert fresh[0].calls.item() == 1 and fresh[0].calls.dtype == np.int64
    with pytest.raises(RuntimeError, match="missing: 1.calls"):
        fresh.load_state_dict({name: value for name, value in made.state_dict().items() if name != "1.calls"})


@pytest.mark.parametrize("assign, kind", [
    (lambda made: made.register_buffer("weight", tensor(0)), KeyError),
    (lambda made: made.register_buffer("a.b", tensor(0)), KeyError),
    (lambda made: made.register_buffer("", tensor(0)), KeyError),
    (lambda made: made.register_buffer("numbers", [1, 2]), TypeError),
    (lambda made: made.add_module("forward", nn.ReLU()), KeyError),
    (lambda made: made.add_module("a.b", nn.ReLU()), KeyError),
    (lambda made: made.add_module("layer", F.relu), TypeError),
    (lambda made: nn.Sequential(F.relu), TypeError),
    (lambda made: nn.Sequential(nn.ReLU(), nn.Tanh())[1:].append(nn.Identity()), KeyError),
    (lambda made: made.train("now"), ValueError),
    (lambda made: nn.Dropout(2), ValueError),
])
def test_parts_that_cannot_be_are_refused(assign, kind):
    with pytest.raises(kind):
        assign(nn.Linear(2, 2))


@pytest.mark.parametrize("layer, name, value", [
    (nn.Linear(2, 2), "weight", tensor(np.ones((2, 2)))),
    (nn.Linear(2, 2), "weight", np.ones((2, 2))),
    (nn.BatchNorm2d(2), "running_mean", np.zeros(2)),
    (Branches(), "first", lambda x: x),
], ids=["tensor", "array", "buffer", "module"])
def test_a_part_cannot_silently_stop_being_one(layer, name, value):
    """What is no parameter is not learned: new numbers go to `layer.weight.data`."""
    before = getattr(layer, name)
    with pytest.raises(TypeError, match=f"{name} is a .*, it cannot become"):
        setattr(layer, name, value)
    assert getattr(layer, name) is before
    setattr(layer, name, None)
    assert getattr(layer, name) is None


def test_modules_are_walked_from_the_outside_in_and_each_once():
    shared = nn.Linear(2, 2)
    made = nn.Sequential(shared, nn.Sequential(nn.ReLU(), shared))
    assert [name for name, _ in made.named_modules()] == ["", "0", "1", "1.0"]
    assert list(made.modules())[0] is made and len(list(made.children())) == 2
    assert list(made.state_dict()) == ["0.weight", "0.bias", "1.1.weight", "1.1.bias"]
    assert len(nn.Sequential(shared, shared)) == 2


@pytest.mark.parametrize("more", [[], [nn.MaxPool2d(2, 1)]], ids=["one", "two"])
@pytest.mark.parametrize("options", [{}, {"stride": 1, "padding": 1}, {"stride": 2, "dilation": 2}])
def test_poolings_are_exchanged_with_the_relu_before_them_and_nothing_changes(options, more):
    """Not a bit of the result, and not one of the gradient: with ties, with zeros, below zero everywhere."""
    rng = np.random.default_rng(0)
    x = rng.integers(-3, 3, (3, 2, 8, 8)).astype(np.float32)
    x[0], x[1] = -abs(x[0]) - 1, 0
    relu, poolings = nn.ReLU(), [nn.MaxPool2d(2, **options), *more]
    of_network, of_layers = (Tensor(x, requires_grad=True) for _ in range(2))
    network = nn.Sequential(nn.Identity(), relu, *poolings, nn.Identity())
    out, expected = network(of_network), functools.reduce(lambda x, pool: pool(x), poolings, relu(of_layers))
    g = rng.standard_normal(out.shape).astype(np.float32)
    out.backward(g)
    expected.backward(g)
    np.testing.assert_array_equal(out.detach().numpy(), expected.detach().numpy(), strict=True)
    np.testing.assert_array_equal(of_network.grad.numpy(), of_layers.grad.numpy(), strict=True)
    last = len(network) - 1
    assert [number for number, _ in network._in_order()] == [0, *range(2, last), 1, last]


def test_layers_that_only_look_like_a_relu_and_a_pooling_keep_their_order():
    class Shifted(nn.ReLU):
        def forward(self, input):
            return -super().forward(input)

    x = tensor(np.arange(16.0, dtype=np.float32).reshape(1, 1, 4, 4))
    assert nn.Sequential(Shifted(), nn.MaxPool2d(4))(x).item() == 0
    assert nn.Sequential(nn.ReLU(), nn.AvgPool2d(4))(x - 8).item() == 1.75
    with pytest.raises(RuntimeError, match="layer 2 of 3, MaxPool2d"):
        nn.Sequential(nn.Identity(), nn.ReLU(), nn.MaxPool2d(5))(x)


def test_apply_reaches_every_module_and_the_outer_ones_last():
    made, seen = Branches(), []
    assert made.apply(seen.append) is made
    assert seen == [made.second, made.first[0], made.first[1][0], made.first[1], made.first, made]


def test_requires_grad_freezes_and_thaws():
    made = network()
    assert made[0].requires_grad_(False) is made[0]
    F.cross_entropy(made(Tensor(PICTURES)), np.zeros(5, int)).backward()
    assert made[0].weight.grad is None and made[5].weight.grad is not None
    made.requires_grad_()
    assert all(parameter.requires_grad for parameter in made.parameters())


# --- Layers -------------------------------------------------------------------------------------------------

def test_layers_are_their_functions():
    rng = np.random.default_rng(0)
    x = Tensor(PICTURES)
    conv = nn.Conv2d(1, 3, (2, 3), stride=(2, 1), padding=(0, 1), dilation=(1, 2), rng=rng)
    expected = F.conv2d(x, conv.weight, conv.bias, (2, 1), (0, 1), (1, 2))
    assert conv(x).tolist() == expected.tolist()
    assert nn.MaxPool2d(3, 2, 1)(x).tolist() == F.max_pool2d(x, 3, 2, 1).tolist()
    assert nn.MaxPool2d((2, 3))(x).tolist() == F.max_pool2d(x, (2, 3)).tolist()
    assert nn.MaxPool2d(2, dilation=2)(x).tolist() == F.max_pool2d(x, 2, dilation=2).tolist()
    assert nn.ReLU()(x).tolist() == F.relu(x).tolist()
    flat = nn.Flatten()(x)
    assert flat.shape == (5, 56) and flat[2].tolist() == PICTURES[2].ravel().tolist()
    assert nn.Flatten(0, 2)(x).shape == (35, 8) and nn.Flatten(-2)(x).shape == (5, 1, 56)
    same = nn.Conv2d(1, 3, (2, 4), padding="same", rng=rng)
    assert same(x).tolist() == F.conv2d(x, same.weight, same.bias, padding="same").tolist()
    assert nn.AvgPool2d(3, 2, 1)(x).tolist() == F.avg_pool2d(x, 3, 2, 1).tolist()
    partial = nn.AvgPool2d((2, 3), padding=1, count_include_pad=False)(x)
    assert partial.tolist() == F.avg_pool2d(x, (2, 3), padding=1, count_include_pad=False).tolist()
    assert nn.Identity()(x) is x
    assert nn.Sigmoid()(x).tolist() == x.sigmoid().tolist() and nn.Tanh()(x).tolist() == x.tanh().tolist()
    assert nn.Softmax(1)(flat).tolist() == F.softmax(flat, 1).tolist()
    assert nn.LogSoftmax(-1)(flat).tolist() == F.log_softmax(flat, -1).tolist()
    target = np.arange(5)
    for reduction in ("mean", "sum", "none"):
        chosen = {"reduction": reduction}
        assert nn.NLLLoss(**chosen)(flat, target).tolist() == F.nll_loss(flat, target, **chosen).tolist()
        assert nn.MSELoss(**chosen)(flat, flat * 2).tolist() == F.mse_loss(flat, flat * 2, **chosen).tolist()
        expected = F.cross_entropy(flat, target, **chosen).tolist()
        assert nn.CrossEntropyLoss(**chosen)(flat, target).tolist() == expected
        smoothed = F.cross_entropy(flat, target, label_smoothing=0.1, **chosen).tolist()
        assert nn.CrossEntropyLoss(label_smoothing=0.1, **chosen)(flat, target).tolist() == smoothed
    linear = nn.Linear(56, 4, rng=rng)
    assert linear(flat).tolist() == F.linear(flat, linear.weight, linear.bias).tolist()
    assert nn.Linear(56, 4, bias=False).bias is None and nn.Conv2d(1, 1, 1, bias=False).bias is None


def test_dropout_drops_in_training_only():
    made, x = nn.Dropout(0.5, rng=np.random.default_rng(0)), Tensor(np.ones((30, 30), np.float32))
    first, second = made(x).tolist(), made(x).tolist()
    assert first == F.dropout(x, rng=np.random.default_rng(0)).tolist() != second
    assert made.eval()(x) is x


def test_batch_norm_learns_from_the_batch_and_is_used_with_the_running_estimates():
    made, x = nn.BatchNorm2d(1), Tensor(PICTURES * 3 + 2)
    out = made(x)
    assert out.tolist() == F.batch_norm(x, None, None, made.weight, made.bias, True).tolist()
    assert list(made.state_dict()) == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    assert made.num_batches_tracked.item() == 1
    assert made.running_mean.item() == pytest.approx(0.1 * x.numpy().mean(), rel=1e-5)
    assert made.running_var.item() == pytest.approx(0.9 + 0.1 * x.numpy().var(ddof=1), rel=1e-5)
    made.eval()
    used = made(x[:1])
    expected = F.batch_norm(x[:1], made.running_mean, made.running_var, made.weight, made.bias)
    assert used.tolist() == expected.tolist() and made.num_batches_tracked.item() == 1


def test_batch_norm_without_momentum_takes_the_mean_over_all_batches():
    made, parts = nn.BatchNorm2d(1, momentum=None), (PICTURES[:2], PICTURES[2:3], PICTURES[3:])
    for part in parts:
        made(Tensor(part))
    means, variances = [part.mean() for part in parts], [part.var(ddof=1) for part in parts]
    assert made.running_mean.item() == pytest.approx(np.mean(means), rel=1e-5)
    assert made.running_var.item() == pytest.approx(np.mean(variances), rel=1e-5)


def test_batch_norm_without_parameters_or_running_estimates():
    made = nn.BatchNorm2d(1, affine=False, track_running_stats=False).eval()
    assert list(made.state_dict()) == list(made.parameters()) == list(made.buffers()) == []
    x = Tensor(PICTURES)
    assert made(x).tolist() == F.batch_norm(x, None, None, training=True).tolist()


def test_a_batch_that_is_refused_leaves_the_running_estimates():
    made = nn.BatchNorm2d(1)
    with pytest.raises(ValueError):
        made(Tensor(PICTURES[:1, :, :1, :1]))
    assert made.num_batches_tracked.item() == 0 and made.running_var.item() == 1


def test_a_sequential_can_have_names_and_grow():
    made = nn.Sequential({"encode": nn.Linear(3, 2), "rectify": nn.ReLU()})
    assert [name for name, _ in made.named_parameters()] == ["encode.weight", "encode.bias"]
    assert made.encode is made[0] and made.append(nn.Linear(2, 1)) is made and len(made) == 3
    assert [name for name, _ in made.named_children()] == ["encode", "rectify", "2"]
    assert made(Tensor(np.ones((4, 3), np.float32))).shape == (4, 1)


def test_a_network_takes_an_empty_batch():
    assert network()(Tensor(PICTURES[:0])).shape == (0, 3)


def test_every_parameter_of_a_network_gets_its_gradient():
    made = network()
    F.cross_entropy(made(Tensor(PICTURES)), np.arange(5) % 3).backward()
    for name, parameter in made.named_parameters():
        assert parameter.grad.shape == NAMES[name] and parameter.grad.dtype == np.float32
        assert np.abs(parameter.grad.numpy()).max() > 0


def test_a_sequential_is_a_list_of_layers():
    made = network()
    assert len(made) == 6 and isinstance(made[1], nn.ReLU) and made[-1] is made[5]
    kinds = [nn.Conv2d, nn.ReLU, nn.MaxPool2d, nn.Conv2d, nn.Flatten, nn.Linear]
    assert [type(layer) for layer in made] == kinds
    head, tail = made[:3], made[3:]
    assert isinstance(head, nn.Sequential) and len(head) == len(tail) == 3 and tail[0] is made[3]
    assert tail(head(Tensor(PICTURES))).tolist() == made(Tensor(PICTURES)).tolist()
    assert [name for name, _ in tail.named_parameters()] == ["3.weight", "5.weight", "5.bias"]
    with pytest.raises(IndexError):
        made[6]
    x = tensor([1.0])
    assert nn.Sequential()(x) is x


def test_modules_print_what_they_are():
    assert repr(network()) == """Sequential(
  (0): Conv2d(1, 4, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
  (1): ReLU()
  (2): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1)
  (3): Conv2d(4, 2, kernel_size=(2, 3), stride=(1, 1), bias=False)
  (4): Flatten(start_dim=1, end_dim=-1)
  (5): Linear(in_features=8, out_features=3, bias=True)
)"""
    assert "    (1): Sequential(\n      (0): Linear(in_features=2" in repr(Branches())
    assert repr(nn.Conv2d(1, 2, 3, padding="same", dilation=2)).endswith("padding=same, dilation=(2, 2))")
    assert repr(nn.Dropout(0.25)) == "Dropout(p=0.25)" and repr(nn.Softmax(1)) == "Softmax(dim=1)"
    assert repr(nn.CrossEntropyLoss()) == "CrossEntropyLoss()"


# --- Mistakes -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("layer, shape, words", [
    (nn.Conv2d(3, 8, 3), (5, 1, 7, 7), "got (5, 1, 7, 7) and (8, 3, 3, 3)"),
    (nn.Conv2d(3, 8, 3), (3, 7, 7), "conv2d: wanted an input (N, C, H, W)"),
    (nn.Linear(8, 3), (5, 9), "wanted an input (..., in) and a weight (out, in), got (5, 9) and (3, 8)"),
    (nn.Linear(8, 3), (), "linear: wanted an input (..., in)"),
    (nn.MaxPool2d(2), (7, 7), "wanted an input (N, C, H, W) (for a picture alone, unsqueeze(0)"),
    (nn.AvgPool2d(2), (7, 7), "wanted an input (N, C, H, W) (for a picture alone, unsqueeze(0)"),
    (nn.BatchNorm2d(3), (5, 4, 7, 7), "BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, "
     "track_running_stats=True): wanted an input (N, 3, H, W), got (5, 4, 7, 7)"),
    (nn.BatchNorm2d(3), (5, 3), "wanted an input (N, 3, H, W), got (5, 3)"),
])
def test_a_layer_says_what_it_wants(layer, shape, words):
    with pytest.raises(RuntimeError, match=re.escape(words)):
        layer(tensor(np.zeros(shape, np.float32)))


def test_a_sequential_says_which_layer_it_was():
    made = nn.Sequential(nn.Flatten(), nn.Linear(56, 4), nn.Sequential(nn.ReLU(), nn.Linear(5, 2)))
    with pytest.raises(RuntimeError, match=r"^layer 2 of 3, Sequential: layer 1 of 2, Linear: .* got \(5, 4"):
        made(Tensor(PICTURES))


def test_a_module_without_forward_says_so():
    class Empty(nn.Module):
        pass

    with pytest.raises(NotImplementedError, match=r"Empty.*forward\(\)"):
        Empty()(1)


# --- Many pictures at once ----------------------------------------------------------------------------------

def net_of(*more, rng):
    return nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, rng=rng), nn.ReLU(), nn.MaxPool2d(2), *more)


def test_many_pictures_without_a_graph_go_through_lot_by_lot(monkeypatch):
    rng, seen = np.random.default_rng(0), []
    network = net_of(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(8, 3, rng=rng), rng=rng)
    pictures = rng.standard_normal((11, 1, 8, 8))
    as_ever = network(tensor(pictures))
    monkeypatch.setattr(nn.functional, "MANY", 4)
    monkeypatch.setattr(nn.Conv2d, "forward", lambda self, x, forward=nn.Conv2d.forward:
                        seen.append(len(x)) or forward(self, x))
    with no_grad():
        results = [network(tensor(pictures)), network(pictures)]
    assert seen == [4, 4, 3] * 2
    for result in results:
        np.testing.assert_allclose(result.numpy(), as_ever.detach().numpy(), atol=1e-12)
    assert network(tensor(pictures)).requires_grad and seen[6:] == [11]


def test_layers_of_ones_own_take_anything_with_or_without_a_graph():
    class Lengths(nn.Module):
        def forward(self, words):
            return tensor([[float(len(word))] for word in words])

    network = nn.Sequential(Lengths(), nn.Linear(1, 2))
    as_ever = network(["one", "three"])
    with no_grad():
        assert network(["one", "three"]).tolist() == as_ever.tolist()


class Centred(nn.ReLU):
    """A learner's own layer, for which the others of the batch matter."""

    def forward(self, x):
        return x - x.mean()


@pytest.mark.parametrize("layers", [
    [nn.BatchNorm2d(2)], [Centred()], [nn.Flatten(0), nn.Linear(11 * 32, 3)], [nn.Flatten(), nn.Softmax(0)]],
    ids=["BatchNorm2d", "own", "Flatten(0)", "Softmax(0)"])
def test_where_the_others_of_the_batch_matter_it_stays_together(layers, monkeypatch):
    rng = np.random.default_rng(0)
    network, pictures = net_of(*layers, rng=rng), tensor(rng.standard_normal((11, 1, 8, 8)))
    as_ever = network(pictures).detach().numpy()
    monkeypatch.setattr(nn.functional, "MANY", 4)
    with no_grad():
        np.testing.assert_allclose(network(pictures).numpy(), as_ever, atol=1e-6)
