"""The program that a user starts from, examples/train_mnist.py: what it says and saves, on a part of MNIST.

What its defaults reach takes the whole data and minutes, and is not tried here.
"""

import re
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import minigrad
from minigrad import Tensor, data, nn, optim

SCRIPT = Path(__file__).parent.parent / "examples" / "train_mnist.py"
program = SimpleNamespace(**runpy.run_path(str(SCRIPT)))
EPOCH = re.compile(r"epoch (\d+)/(\d+)  loss (\S+)  training +(\S+)%  test +(\S+)%  "
                   r"learning rate (\S+)  \S+ s")
FILES = [f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]


def write_idx(path, array):
    sizes = np.array(array.shape, ">u4").tobytes()
    path.write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes())


@pytest.fixture(scope="module")
def mnist():
    return {file: data.read_idx(data.SHIPPED_MNIST / f"{file}.gz") for file in FILES}


@pytest.fixture(scope="module")
def small(mnist, tmp_path_factory):
    """A folder with the first 1,000 training pictures and the first 300 test pictures."""
    folder = tmp_path_factory.mktemp("mnist")
    for file, array in mnist.items():
        write_idx(folder / file, array[:1000 if file.startswith("train") else 300])
    return folder


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run the program in an empty folder: arguments -> (exit status, output, error output)."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), *map(str, arguments)])
        try:
            status = runpy.run_path(str(SCRIPT), run_name="__main__") and 0
        except SystemExit as end:
            status = end.code
        return status, *capsys.readouterr()

    return run


# ---- the command, as a user has it

def test_what_training_says_and_saves_is_what_the_saved_weights_are_worth(small, tmp_path):
    def command(*arguments):
        done = subprocess.run([sys.executable, SCRIPT, "--data", small, *arguments], cwd=tmp_path,
                              capture_output=True, text=True, encoding="utf-8")
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    *epochs, result = command("--network", "lesson", "--epochs", "2", "--batch-size", "16", "--plain")
    first, second = (EPOCH.fullmatch(line) for line in epochs)
    assert (first[1], second[1], second[2]) == ("1", "2", "2")
    assert float(second[3]) < float(first[3]) < np.log(10)          # it learns: less loss, more pictures
    assert float(second[4]) > float(first[4]) > 20
    assert float(second[5]) > 75
    assert 0.05 > float(first[6]) > float(second[6]) == 0           # the learning rate has fallen to its end

    network = nn.Sequential(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
                            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
                            nn.Flatten(), nn.Linear(256, 64), nn.ReLU(), nn.Linear(64, 10))
    network.load_state_dict(minigrad.load(tmp_path / "mnist.npz"))
    images, labels = data.load(small)[1]
    right = (network(Tensor(images)).argmax(1).numpy() == labels).mean()
    assert second[5] == f"{right:.2%}"[:-1]
    assert result == f"mnist.npz: network lesson, {right:.2%} of 300 test pictures"
    assert command("--evaluate", "mnist.npz") == [result]


@pytest.mark.parametrize("name", program.NETWORKS)
def test_every_network_is_told_by_its_weights(name, tmp_path):
    path = tmp_path / "weights"
    minigrad.save(program.NETWORKS[name](np.random.default_rng(1)).state_dict(), path)
    network, found = program.load_network(path)
    assert found == name
    assert network(Tensor(np.zeros((2, 1, 28, 28), np.float32))).shape == (2, 10)
    again = network.state_dict()
    assert all(np.array_equal(again[key], weights) for key, weights in minigrad.load(path).items())


def test_a_seed_gives_the_same_weights_again_and_another_seed_others(run, small):
    def weights(*arguments):
        status, _, error = run("--data", small, "--network", "mlp", "--epochs", 1, *arguments)
        assert (status, error) == (0, "")
        return np.array(minigrad.load("mnist.npz")["1.weight"])

    once = weights("--seed", 3)
    assert np.array_equal(weights("--seed", 3), once)
    for other in (["--seed", 4], ["--seed", 3, "--plain"], ["--seed", 3, "--schedule", "cosine"],
                  ["--seed", 3, "--lr", 0.01], ["--seed", 3, "--batch-size", 50]):
        assert not np.array_equal(weights(*other), once), other


def test_help_shows_every_option_with_its_default(run):
    status, output, _ = run("--help")
    assert status == 0
    for words in ("deep", "(8)", "(64)", "(0.05)", "(linear)", "(0)", "(mnist.npz)", "--evaluate FILE"):
        assert words in output


# ---- what it is made of

class Fixed:
    """A generator whose uniform numbers are known: a matrix for the turn, then a shift."""

    def __init__(self, matrix, shift):
        self.numbers = [np.array(matrix, float), np.reshape(np.array(shift, float), (2, 1))]

    def uniform(self, low, high, shape):
        assert low < 0 < high and shape == self.numbers[0].shape
        return self.numbers.pop(0)


def test_distorted_pictures_are_moved_between_pixels_and_turned_about_the_middle():
    images = np.random.default_rng(0).random((3, 1, 28, 28), np.float32)
    zero = np.zeros((2, 2))
    same = program.distort(images, Fixed(zero, (0, 0)))
    assert same.shape == images.shape and same.dtype == np.float32
    np.testing.assert_allclose(same, images, atol=0.002)        # at the border, short of it by a thousandth
    moved = program.distort(images, Fixed(zero, (2, -1)))       # looks two rows down, one column to the left
    np.testing.assert_allclose(moved[:, :, :25, 1:], images[:, :, 2:27, :-1], atol=1e-5)
    between = program.distort(images, Fixed(zero, (0.25, 0)))
    wanted = 0.75 * images[:, :, :-1] + 0.25 * images[:, :, 1:]
    np.testing.assert_allclose(between[:, :, :-1], wanted, atol=0.002)
    turned = program.distort(images, Fixed([[-1, 1], [-1, -1]], (0, 0)))    # plus the identity: a turn
    np.testing.assert_allclose(turned, np.rot90(images, 1, (2, 3)), atol=0.005)


def test_distortion_leaves_what_it_is_given_and_differs_from_one_minibatch_to_the_next():
    rng = np.random.default_rng(0)
    images = rng.random((3, 1, 28, 28), np.float32)
    before = images.copy()
    first, second = program.distort(images, rng), program.distort(images, rng)
    assert np.array_equal(images, before)
    assert np.abs(first - second).max() > 0.1
    assert min(first.min(), second.min()) >= 0 and max(first.max(), second.max()) <= 1


@pytest.mark.parametrize("name, halfway, end", [
    ("linear", 0.5, 0.0), ("cosine", 0.5, 0.0), ("constant", 1.0, 1.0)])
def test_the_learning_rate_warms_up_and_then_falls_as_the_schedule_says(name, halfway, end):
    optimiser = optim.SGD([nn.Parameter(np.zeros(1, np.float32))], lr=2.0)
    schedule = program.schedule_of(name, optimiser, steps=99)
    rates = []
    for _ in range(99):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    assert 0 < rates[0] < rates[4] < rates[8] <= rates[9] <= 2.0
    np.testing.assert_allclose(rates[49], 2.0 * halfway, atol=1e-12)
    assert all(rate > 0 for rate in rates)
    np.testing.assert_allclose(schedule.get_last_lr(), [2.0 * end], atol=1e-12)


# ---- what goes wrong

def is_one_line(text, *words):
    return text.count("\n") == 1 and text.endswith("\n") and all(word in text for word in words)


@pytest.mark.parametrize("arguments, words", [
    (["--network", "resnet"], ["--network", "resnet", "lenet"]),
    (["--schedule", "steep"], ["--schedule", "steep", "cosine"]),
    (["--epochs", "0"], ["--epochs", "above 0"]),
    (["--epochs", "many"], ["--epochs", "many"]),
    (["--batch-size", "-64"], ["--batch-size", "above 0", "-64"]),
    (["--lr", "0"], ["--lr", "above 0"]),
    (["--lr", "nan"], ["--lr", "nan"]),
    (["--seed", "-1"], ["--seed", "-1"]),
    (["--data", "nowhere"], ["nowhere: no such folder"]),
    (["--save", "nowhere/mnist.npz"], ["nowhere"]),
    (["--save", "."], [". is a folder"]),
    (["--save", SCRIPT / "mnist.npz"], [str(SCRIPT), "mnist.npz"]),
    (["--evaluate", "nothing.npz"], ["nothing.npz"]),
    (["--evaluate", SCRIPT], [SCRIPT.name, "not a file of saved weights"]),
    (["--colour", "green"], ["--colour"]),
])
def test_bad_input_is_told_in_one_line_before_anything_is_trained(run, small, arguments, words):
    status, output, error = run("--data", small, *arguments)
    assert (status, output) == (2, "")
    assert is_one_line(error, "train_mnist.py: ", *words), error
    assert not list(Path().iterdir())


def upper_rows(images):
    return images[:, :20]


@pytest.mark.parametrize("damage, words", [
    ({"train-labels-idx1-ubyte": lambda labels: labels[:9]}, ["train-labels-idx1-ubyte", "9 labels"]),
    ({"train-images-idx3-ubyte": upper_rows, "t10k-images-idx3-ubyte": upper_rows}, ["28x28", "20x28"]),
    ({"t10k-labels-idx1-ubyte": lambda labels: labels + 3}, ["labels up to 9", "labels up to 12"]),
])
def test_data_that_do_not_fit_are_told_in_one_line(run, mnist, tmp_path, damage, words):
    folder = tmp_path / "damaged"
    folder.mkdir()
    for file, array in mnist.items():
        write_idx(folder / file, damage.get(file, np.asarray)(array[:100]))
    status, output, error = run("--data", folder)
    assert (status, output) == (2, "")
    assert is_one_line(error, str(folder), *words), error


@pytest.mark.parametrize("state", [
    {"weight": np.zeros((10, 784))},
    program.NETWORKS["mlp"](np.random.default_rng(0)).state_dict() | {"3.bias": np.zeros(11)},
    program.NETWORKS["mlp"](np.random.default_rng(0)).state_dict() | {"5.bias": np.zeros(10)},
])
def test_weights_that_fit_no_network_are_told_in_one_line(run, small, state):
    minigrad.save(state, "weights.npz")
    status, output, error = run("--data", small, "--evaluate", "weights.npz")
    assert (status, output) == (2, "")
    assert is_one_line(error, "weights.npz", "mlp, lesson, lenet, deep"), error


def test_trying_whether_weights_can_be_saved_spares_those_that_are_there(tmp_path):
    path = tmp_path / "mnist.npz"
    path.write_text("weights of a week")
    program.check_writable(path)
    assert path.read_text() == "weights of a week" and list(tmp_path.iterdir()) == [path]


def test_ctrl_c_ends_it_in_one_line_and_keeps_the_epochs_that_were_finished(run, small, monkeypatch):
    calls = []

    def interrupted(*arguments, **options):     # called for an epoch, for its score, and for the next epoch
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return batches(*arguments, **options)

    batches = data.batches
    monkeypatch.setattr(data, "batches", interrupted)
    status, output, error = run("--data", small, "--network", "mlp", "--epochs", 5)
    assert status == 130 and is_one_line(error, "Stopped")
    [epoch] = map(EPOCH.fullmatch, output.splitlines())
    status, output, _ = run("--data", small, "--evaluate", "mnist.npz")
    assert (status, output) == (0, f"mnist.npz: network mlp, {epoch[5]}% of 300 test pictures\n")


def test_a_learning_rate_that_blows_the_network_up_is_told_in_one_line_and_nothing_is_saved(run, small):
    status, output, error = run("--data", small, "--network", "mlp", "--lr", 1e30)
    assert "--lr" in status and "1e+30" in status and (output, error) == ("", "")
    assert not Path("mnist.npz").exists()
