"""Memory: keeping it is a favour asked of the allocator; how much is used, and in which order."""

import ctypes
import os
import platform
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from minigrad import from_numpy, memory, nn, no_grad, tensor
from minigrad.memory import empty, keep_memory, parts
from tests.test_imports import ROOT


class Library:
    """Stands in for the C library: notes what it is asked, and gives the answer that it was made with."""

    def __init__(self, answer):
        self.asked, self.answer = [], answer

    def mallopt(self, parameter, value):
        self.asked.append((parameter, value))
        return self.answer


@pytest.fixture(autouse=True)
def on_linux(monkeypatch):
    monkeypatch.delenv("MINIGRAD_KEEP_MEMORY", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")


@pytest.fixture
def library(monkeypatch):
    library = Library(answer=1)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    return library


def test_large_arrays_are_kept_where_the_allocator_agrees(library):
    assert keep_memory() is True
    asked = dict(library.asked)                             # by glibc's numbers for the two thresholds
    assert asked.keys() == {-1, -3} and all(2**28 <= value < 2**31 for value in asked.values())


def test_the_environment_can_say_no(library, monkeypatch):
    monkeypatch.setenv("MINIGRAD_KEEP_MEMORY", "0")
    assert keep_memory() is False and library.asked == []


@pytest.mark.parametrize("system", ["darwin", "win32", "freebsd14"])
def test_other_systems_are_left_alone(library, monkeypatch, system):
    monkeypatch.setattr(sys, "platform", system)
    assert keep_memory() is False and library.asked == []


def test_a_library_without_mallopt_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert keep_memory() is False


def test_a_refusal_is_told(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library(answer=0))
    assert keep_memory() is False


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks the real glibc")
def test_glibc_agrees():
    assert keep_memory() is True


@pytest.mark.parametrize("switch", ["0", "1", ""])
def test_minigrad_can_be_imported_either_way(switch):
    script = "import minigrad; print(minigrad.zeros(2).tolist())"
    command, environment = [sys.executable, "-c", script], os.environ | {"MINIGRAD_KEEP_MEMORY": switch}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[0.0, 0.0]\n", "")


# ---- lined up, and part by part

@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.bool_])
@pytest.mark.parametrize("shape", [(), (0, 3), (5,), (3, 7), (2, 3, 4, 5)])
def test_an_empty_array_begins_where_a_line_of_the_cache_does(shape, dtype):
    found = [empty(shape, np.dtype(dtype)) for _ in range(5)]
    for number, array in enumerate(found):
        assert array.shape == shape and array.dtype == dtype and array.flags.c_contiguous
        assert array.flags.writeable and array.ctypes.data % 64 == 0
        array[...] = number % 2
    assert all((array == number % 2).all() for number, array in enumerate(found))


@pytest.mark.parametrize("cached", [1, 7, 24, 59, 60, 1000])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_parts_are_small_cut_the_outermost_axis_and_leave_nothing_out(cached, order, monkeypatch):
    monkeypatch.setattr(memory, "CACHED", cached)
    array = np.zeros([(3, 4, 5)[i] for i in order]).transpose(np.argsort(order))
    found = parts(array)
    for part in found:
        assert array[part].size <= max(cached, 60 // (3, 4, 5)[order[0]])
        array[part] += 1
    assert (array == 1).all() and (len(found) == 1) == (cached >= 60)


def test_what_has_no_axis_or_no_numbers_has_one_part(monkeypatch):
    monkeypatch.setattr(memory, "CACHED", 1)
    assert all(parts(array) == [...] for array in (np.zeros((0, 3)), np.zeros(()), np.float32(1)))


# ---- how much is used

def python_in_a_fresh_process(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_a_thousand_training_steps_leave_no_more_behind_than_ten():
    """With the cycle collector off: nothing of a step may wait for it."""
    out = python_in_a_fresh_process("""
import gc, tracemalloc
import numpy as np
from minigrad import Tensor, nn, optim
from minigrad.nn import functional as F

gc.disable()
rng = np.random.default_rng(0)
network = nn.Sequential(nn.Conv2d(1, 2, 3, rng=rng), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                        nn.Linear(18, 3, rng=rng))
optimiser = optim.Adam(network.parameters())
pictures, labels = Tensor(rng.standard_normal((4, 1, 8, 8)).astype(np.float32)), np.array([0, 1, 2, 0])
tracemalloc.start()
for step in range(1, 1001):
    loss = F.cross_entropy(network(pictures), labels)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    if step in (10, 1000):
        print(tracemalloc.get_traced_memory()[0])
""")
    after_ten, after_a_thousand = map(int, out.split())
    # A graph of this network is over 10 kB, so even one array a step would show. Python itself keeps some
    # thousands of small tuples for later use, which count here.
    assert after_a_thousand < after_ten + 1_000_000


def test_a_chain_of_a_million_operations_goes_forward_and_backward_and_is_freed():
    out = python_in_a_fresh_process("""
import gc
from minigrad import tensor

gc.disable()
x = tensor(1.0, requires_grad=True)
y = x
for _ in range(1_000_000):
    y = y + x
y.backward(retain_graph=True)
print(x.grad.item())
del y
print("freed")
""")
    assert out.split() == ["1000001.0", "freed"]


def test_all_test_pictures_in_one_call_need_little_memory():
    """The first convolution alone would make 250 MB, were all of them filtered before they are pooled."""
    network = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                            nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                            nn.Flatten(), nn.Linear(784, 10))
    pictures = tensor(np.zeros((10_000, 1, 28, 28), np.float32))
    tracemalloc.start()
    with no_grad():
        network(pictures)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**26


def test_what_a_convolution_writes_out_is_not_there_for_all_pictures_at_once():
    """Windows of 2,048 pictures would be 88 MB here, the pictures are 26 and the answers 6."""
    layer, pictures = nn.Conv2d(16, 4, 3, padding=1), tensor(np.zeros((2_048, 16, 14, 14), np.float32))
    tracemalloc.start()
    with no_grad():
        layer(pictures)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40e6


def test_parts_of_a_shared_array_do_not_cost_the_whole():
    array = np.zeros((1_000, 100))
    x = from_numpy(array)
    tracemalloc.start()
    parts = [x[i : i + 10] for i in range(0, 1_000, 10)] + list(x.split(10))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(parts) == 200 and peak < 3 * array.nbytes


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 2, 3, 0), (0, 2, 3, 1)])
@pytest.mark.parametrize("padding", [0, 1])
def test_behind_a_convolution_the_batch_is_last_in_memory_whatever_it_was_before(order, padding):
    network = nn.Sequential(nn.Conv2d(2, 3, 3, padding=padding), nn.ReLU(), nn.MaxPool2d(2))
    pictures = np.ones([(5, 2, 8, 8)[i] for i in order], np.float32).transpose(np.argsort(order))
    out = network(tensor(pictures)).detach().numpy()
    assert out.transpose(1, 2, 3, 0).flags.c_contiguous
