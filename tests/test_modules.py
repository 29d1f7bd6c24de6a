"""The parts: what a module owns, in which order, how it starts, and what it says when it is used wrongly."""

import math
import re

import numpy as np
import pytest

from minigrad import Tensor, nn, tensor
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
    made[5].bias.data += 1
    assert state["5.bias"].tolist() == before != made[5].bias.tolist()
    made.load_state_dict(state)
    made[5].bias.detach().numpy()[:] = 7
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
    linear = nn.Linear(56, 4, rng=rng)
    assert linear(flat).tolist() == F.linear(flat, linear.weight, linear.bias).tolist()
    assert nn.Linear(56, 4, bias=False).bias is None and nn.Conv2d(1, 1, 1, bias=False).bias is None


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
    assert [name for name, _ in tail.named_parameters()] == ["0.weight", "2.weight", "2.bias"]
    with pytest.raises(IndexError):
        made[6]
    x = tensor([1.0])
    assert nn.Sequential()(x) is x


def test_modules_print_what_they_are():
    assert repr(network()) == """Sequential(
  (0): Conv2d(1, 4, kernel_size=(3, 3), padding=(1, 1))
  (1): ReLU()
  (2): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1)
  (3): Conv2d(4, 2, kernel_size=(2, 3), bias=False)
  (4): Flatten()
  (5): Linear(in_features=8, out_features=3, bias=True)
)"""
    assert "    (1): Sequential(\n      (0): Linear(in_features=2" in repr(Branches())


# --- Mistakes -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("layer, shape, words", [
    (nn.Conv2d(3, 8, 3), (5, 1, 7, 7),
     "Conv2d(3, 8, kernel_size=(3, 3)): wanted an input (N, 3, H, W), got (5, 1, 7, 7)"),
    (nn.Conv2d(3, 8, 3), (3, 7, 7), "wanted an input (N, 3, H, W), got (3, 7, 7)"),
    (nn.Linear(8, 3), (5, 9),
     "Linear(in_features=8, out_features=3, bias=True): wanted an input (..., 8), got (5, 9)"),
    (nn.Linear(8, 3), (), "wanted an input (..., 8), got ()"),
    (nn.MaxPool2d(2), (7, 7), "wanted an input (N, C, H, W), got (7, 7)"),
])
def test_a_layer_says_who_it_is_and_what_it_wants(layer, shape, words):
    with pytest.raises(RuntimeError, match=re.escape(words)):
        layer(tensor(np.zeros(shape, np.float32)))


def test_a_sequential_says_which_layer_it_was():
    made = nn.Sequential(nn.Flatten(), nn.Linear(56, 4), nn.Sequential(nn.ReLU(), nn.Linear(5, 2)))
    with pytest.raises(RuntimeError, match=r"^layer 2 of 3: layer 1 of 2: Linear.* wanted .*, got \(5, 4\)"):
        made(Tensor(PICTURES))


def test_a_module_without_forward_says_so():
    class Empty(nn.Module):
        pass

    with pytest.raises(NotImplementedError, match=r"Empty.*forward\(\)"):
        Empty()(1)
