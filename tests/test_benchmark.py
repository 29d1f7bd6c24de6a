"""The benchmark, examples/benchmark.py: that it compares like with like, and says what it found.

Not one time is asserted here. The frameworks that are installed are tried, minigrad alone if there are none.
"""

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "examples"))

from benchmark import __main__ as program  # noqa: E402
from benchmark import conduct, limit, networks, operations, peers, sections, target, worker  # noqa: E402

import minigrad  # noqa: E402
from minigrad.data import SHIPPED_MNIST  # noqa: E402

INSTALLED = [name for name in peers.PEERS if peers.installed(name)]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "COLUMNS": "200"}


def command(*arguments, folder):
    return subprocess.run([sys.executable, str(ROOT / "examples" / "benchmark.py"), *map(str, arguments)],
                          cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, encoding="utf-8")


@pytest.fixture
def wide_console(monkeypatch):
    monkeypatch.setattr(sections.console, "width", 200)


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Write a module `fake`, which the processes of the benchmark can import."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    return lambda text: (tmp_path / "fake.py").write_text(text, encoding="utf-8")


# ---- what is measured

@pytest.mark.parametrize("name, numbers", [
    ("lesson", 80 + 1_168 + 7_850), ("lenet", 156 + 2_416 + 48_120 + 10_164 + 850),
    ("wide", 320 + 18_496 + 1_179_776 + 1_290), ("mlp", 200_960 + 32_896 + 1_290)])
def test_a_network_has_its_layers_and_ends_in_ten_numbers(name, numbers):
    shape = networks.PICTURE
    for layer in networks.NETWORKS[name]:
        shape = networks.shape_after(shape, *layer)
    assert tuple(shape) == (10,)
    weights = networks.first_weights(networks.NETWORKS[name], np.random.default_rng(0))
    assert sum(weight.size for weight in weights) == numbers
    assert all(weight.dtype == np.float32 for weight in weights)


def test_the_pictures_are_those_that_ship_with_minigrad():
    for part, ours in zip(("train", "t10k"), minigrad.data.load()):
        pixels, labels = networks.read_mnist(SHIPPED_MNIST, part)
        assert pixels.dtype == np.uint8 and np.array_equal(pixels, np.rint(255 * ours.images))
        assert labels.dtype == ours.labels.dtype and np.array_equal(labels, ours.labels)


def test_everybody_starts_with_pictures_from_0_to_1(start):
    _, images, labels = networks.load_start(start("mlp"))
    (ours, digits), _ = minigrad.data.load()
    assert images.dtype == np.float32 and np.array_equal(images, ours[: len(images)])
    assert np.array_equal(labels, digits[: len(labels)])


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """For a network, the file that everybody starts from, with four minibatches of 8 pictures."""
    folder = tmp_path_factory.mktemp("start")

    def start(name):
        path = str(folder / f"{name}.npz")
        networks.save_start(path, networks.NETWORKS[name], SHIPPED_MNIST, 32)
        return path
    return start


def losses(peer, name, start, count=8):
    framework = peers.PEERS[peer]
    step = getattr(peers, framework.network)(framework.package, networks.NETWORKS[name], start(name), 8)
    return [step() for _ in range(count)]


@pytest.mark.parametrize("name", networks.NETWORKS)
def test_all_that_are_installed_have_the_same_losses_from_the_same_weights(name, start):
    kinds = {kind for kind, *_ in networks.NETWORKS[name]}
    able = [peer for peer in INSTALLED if peers.PEERS[peer].network and kinds <= {*peers.PEERS[peer].kinds}]
    found = {peer: losses(peer, name, start) for peer in able}
    assert "minigrad" in found and len(set(found["minigrad"])) == 8         # it moves
    for peer, theirs in found.items():
        assert all(type(loss) is float for loss in theirs)
        np.testing.assert_allclose(theirs, found["minigrad"], rtol=1e-4, err_msg=peer)


@pytest.mark.parametrize("package", [peers.PEERS[name].package for name in ("minigrad", "PyTorch")
                                     if name in INSTALLED])
def test_a_network_holds_the_weights_it_was_given(package):
    torch = importlib.import_module(package)
    layers = networks.NETWORKS["lenet"]
    weights = networks.first_weights(layers, np.random.default_rng(1))
    parameters = list(peers.build(torch, layers, weights).parameters())
    assert len(parameters) == len(weights)
    assert all(np.array_equal(p.detach().numpy(), w) for p, w in zip(parameters, weights))


@pytest.mark.parametrize("shape", networks.SCALARS.values())
@pytest.mark.parametrize("peer", [name for name in INSTALLED if peers.PEERS[name].scalars])
def test_the_chain_of_scalars_has_the_right_slope(peer, shape):
    if peer == "micrograd":
        shape = ()                                      # it knows no others

    def end(a, c=networks.SCALAR_C, n=networks.SCALAR_STEPS):
        return a**n + c * (a**n - 1) / (a - 1)          # what n times x·a + c makes of 1

    a, h = networks.SCALAR_A, 1e-6
    slope = (end(a + h) - end(a - h)) / (2 * h)
    framework = peers.PEERS[peer]
    step = getattr(peers, framework.scalars)(framework.package, shape)
    assert step() == pytest.approx(slope * np.prod(shape), rel=1e-3)
    assert step() == step()                             # nothing is added to what the last step left


def test_a_peer_shares_its_process_with_no_minigrad():
    code = "import sys, benchmark.peers, benchmark.worker, benchmark.target; print('minigrad' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env=conduct.surroundings(1),
                          capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


# ---- who runs when, and what is made of the times

def test_they_take_turns_and_each_round_begins_with_another(script, tmp_path):
    log = tmp_path / "log"
    script("def steps(name, log):\n"
           "    def step():\n"
           "        with open(log, 'a') as file:\n"
           "            file.write(name)\n"
           "        return 1.0\n"
           "    return step\n")
    tasks = {name: ("fake:steps", {"name": name, "log": str(log)}) for name in "abc"}
    found = conduct.compare(tasks, 1, 3, 0.0)
    first = "".join(name * conduct.COMPARED for name in "abc")
    assert log.read_text() == first + "aabbcc" + "bbccaa" + "ccaabb"
    assert [figures["count"] for figures in found.values()] == [6, 6, 6]    # the first steps are not timed


def test_a_peer_that_learns_something_else_is_found_out(script):
    script("def steps(slope):\n"
           "    losses = iter(1 - slope * i for i in range(100))\n"
           "    return lambda: next(losses)\n")
    tasks = {name: ("fake:steps", {"slope": slope})
             for name, slope in (("minigrad", 0.01), ("same", 0.010001), ("other", 0.011))}
    found = conduct.compare(tasks, 1, 1, 0.0)
    assert found["minigrad"]["losses"] == pytest.approx(1 - 0.01 * np.arange(conduct.COMPARED))
    assert sections.disagreeing(found) == ["other"]


def test_a_loss_that_is_no_number_agrees_with_nothing():
    assert conduct.agree([1.0, 0.5], [1.0, 0.5])
    assert not conduct.agree([1.0, 0.5], [1.0, float("nan")])
    assert not conduct.agree([1.0, float("nan")], [1.0, float("nan")])


def test_other_losses_are_said_and_end_in_status_1(monkeypatch, capsys, wide_console):
    monkeypatch.setattr(conduct, "agree", lambda ours, theirs: False)
    assert program.main(["--quick", "--peers", "minigrad", "--networks", "mlp", "--cores", "one"]) == 1
    assert "mlp: the losses of minigrad are not those of minigrad" in capsys.readouterr().out


def test_the_ratio_is_taken_round_by_round():
    ours, theirs = [[1.0, 1.0, 9.0], [2.0], [4.0]], [[2.0], [4.0, 4.0], [8.0]]      # a machine that slows
    assert conduct.ratio(ours, theirs) == {"median": 0.5, "quartiles": [0.5, 0.5], "count": 3}


def test_spread_is_the_median_and_the_quartiles():
    assert conduct.spread([5, 1, 2, 100, 3]) == {"median": 3, "quartiles": [2, 5], "count": 5}
    assert conduct.spread([7]) == {"median": 7, "quartiles": [7, 7], "count": 1}


def test_a_worker_answers_whatever_its_framework_prints(script):
    script("import os\n"
           "def work(x):\n"
           "    print('hello')\n"
           "    os.system('echo hello')\n"
           "    return x + 1\n")
    assert conduct.once("fake:work", 1, x=1)["result"] == 2


def test_a_worker_that_fails_is_an_error_that_names_it(script, capfd):
    script("def work():\n    raise ValueError('no luck')\n")
    with pytest.raises(conduct.WorkerFailed, match="fake:work: the process ended with status 1"):
        conduct.once("fake:work", 1)
    assert "ValueError: no luck" in capfd.readouterr().err


@pytest.mark.parametrize("cores", {1, conduct.all_cores()})
def test_a_worker_has_the_cores_it_was_given(script, cores):
    script("import os\n"
           "def work():\n"
           "    own = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else None\n"
           "    return [own, os.environ['OMP_NUM_THREADS'], os.environ['OPENBLAS_NUM_THREADS']]\n")
    own, *variables = conduct.once("fake:work", cores)["result"]
    assert own in (cores, None)
    assert variables == [str(cores)] * 2


def test_peak_memory_is_the_worker_s_own(script):
    script("def work(size):\n    return len(bytearray(b'x') * size)\n")
    held = np.ones(400 * 2**20, np.uint8)                   # what we hold is not for the worker to answer for
    little, much = (conduct.once("fake:work", 1, size=size)["peak"] for size in (1, 200 * 2**20))
    if worker.peak_memory() is not None:
        assert little < 100 * 2**20 < held.nbytes
        assert 200 * 2**20 < much < 300 * 2**20


# ---- the sections

def test_each_operation_is_measured_both_ways_if_it_has_two():
    with np.errstate(all="raise"):
        costs = operations.costs(4, rounds=1, seconds=0.0)
    assert [name for name, *_ in costs] == list(minigrad.ops.OPS)
    for name, *times in costs:
        assert all(time > 0 for time in times if time is not None)
        assert (times[3] is not None) == any(minigrad.ops.OPS[name].vjps), name


def test_an_operation_that_nobody_gave_arguments_is_named(monkeypatch):
    monkeypatch.setitem(operations.OPS, "three", minigrad.ops.Op(lambda x, y, z: x))
    with pytest.raises(ValueError, match="examples\\(\\) must say what to give it"):
        operations.examples(4)


def test_the_work_of_a_step_counted_by_hand():
    # A linear layer on pictures: products for the output and for the weights' gradient, none for the input's.
    layers = [("flatten",), ("linear", 784, 10)]
    operations, moved = limit.work(layers, 64)
    assert operations == 2 * (2 * 64 * 784 * 10)
    assert moved == 4 * (7 * 7_850 + 64 * (2 * 784 + 2 * 10))
    # Behind it a ReLU and another: that one has a gradient of its input, too.
    operations, more = limit.work([*layers, ("relu",), ("linear", 10, 5)], 64)
    assert operations == 2 * (2 * 64 * 784 * 10) + 3 * (2 * 64 * 10 * 5)
    assert more - moved == 4 * (64 * (3 * 10 + 2 * 10) + 8 * 55 + 64 * (3 * 10 + 2 * 5))
    # A filter meets each of 28·28 places, nine numbers each time.
    assert limit.work([("conv", 1, 8, 3, 1)], 2)[0] == 2 * (2 * 2 * 8 * 28 * 28 * 9)


def test_the_way_to_99_percent_is_the_same_in_minigrad_and_pytorch():
    shares = [target.train(peers.PEERS[name].package, SHIPPED_MNIST, 0, 3_840)
              for name in ("minigrad", "PyTorch") if name in INSTALLED]
    assert shares[0] > 0.8
    for theirs in shares:                                   # rounding grows, with steps as large as these
        assert theirs == pytest.approx(shares[0], abs=0.03)


def test_test_pictures_are_read_as_numbers_from_0_to_1_and_counted():
    digits = np.random.default_rng(0).integers(0, 10, 1_200)
    pixels = np.broadcast_to(np.uint8(25 * digits)[:, None, None, None], (1_200, 1, 28, 28)).copy()

    def network(x):                                         # sees the digit in any pixel
        return -abs(255 / 25 * x[:, 0, 3, 5].reshape(-1, 1) - minigrad.arange(10))

    labels = np.where(np.arange(1_200) < 300, (digits + 1) % 10, digits)
    assert target.accuracy(minigrad, network, pixels, labels) == 0.75


# ---- the command

def test_table_and_file(tmp_path):
    done = command("--quick", "--networks", "mlp", "scalars", "--cores", "one", "--json", "out.json",
                   folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert found["machine"]["NumPy"].startswith(np.__version__)
    assert found["machine"]["processor"] and found["machine"]["minigrad"] == minigrad.__version__
    assert [(one["network"], one["cores"]) for one in found["networks"]] == [("mlp", 1), ("scalars", 1)]
    mlp, scalars = (one["frameworks"] for one in found["networks"])
    assert list(mlp) == [name for name in INSTALLED if peers.PEERS[name].network]
    assert list(scalars) == [name for name in INSTALLED if peers.PEERS[name].scalars]
    rows = [[cell.strip() for cell in line.split("│")[1:-1]]
            for line in done.stdout.splitlines() if "│" in line]
    assert [row[1] for row in rows] == [*mlp, *scalars]
    assert (rows[0][0], rows[len(mlp)][0]) == ("mlp", "scalars")
    beside = [(figures, of["minigrad"]) for of in (mlp, scalars) for figures in of.values()]
    for row, (figures, ours) in zip(rows, beside):
        assert figures["agrees"] and len(figures["losses"]) == conduct.COMPARED
        low, high = figures["quartiles"]
        assert 0 < low <= figures["median"] <= high
        assert float(row[2]) == pytest.approx(1000 * figures["median"], rel=0.01)
        assert row[6] == f"{figures['peak'] / 2**20:.0f}"
        if row[1] != "minigrad":
            assert row[4] == f"{figures['ratio']['median']:.2f}"
            assert row[7] == f"{ours['peak'] / figures['peak']:.2f}"
    for name in peers.PEERS:
        assert (f"left out: {name}, which is not installed" in done.stdout) == (name not in INSTALLED)


def test_alone_it_measures_minigrad_and_says_who_is_left_out(monkeypatch, capsys, tmp_path, wide_console):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec",
                        lambda name: found(name) if name == "minigrad" else None)
    out = tmp_path / "out.json"
    assert program.main(["growth", "limit", "--quick", "--networks", "mlp", "--cores", "one",
                         "--json", str(out)]) == 0
    said = capsys.readouterr().out
    assert "left out: PyTorch, which is not installed" in said and "PyTorch │" not in said
    written = json.loads(out.read_text(encoding="utf-8"))
    assert [list(one["frameworks"]) for one in written["growth"]] == [["minigrad"]] * 4
    [of_mlp] = written["limit"]
    rates, [step] = of_mlp["rates"], written["networks"]
    seconds = of_mlp["operations"] / rates["operations"] + of_mlp["bytes"] / rates["bytes"]
    taken = step["frameworks"]["minigrad"]["median"]
    assert of_mlp["limit"] == pytest.approx(seconds)
    assert of_mlp["distances"] == {"minigrad": pytest.approx(taken / seconds)}


def test_the_other_sections_run(capsys, tmp_path, wide_console):
    out = tmp_path / "out.json"
    assert program.main(["startup", "lecture", "target", "operations", "--quick", "--peers", "minigrad",
                         "--cores", "one", "--json", str(out)]) == 0
    found = json.loads(out.read_text(encoding="utf-8"))
    assert list(found["startup"]) == ["numpy", "minigrad"]
    assert found["lecture"]["lessons"] == ["1"] and found["lecture"]["peak"] > 0
    assert found["target"]["runs"]["minigrad"][0]["share"] > 0.8
    assert {row["operation"] for row in found["operations"]} == minigrad.ops.OPS.keys()


def test_the_help_names_every_section(capsys):
    with pytest.raises(SystemExit) as end:
        program.main(["--help"])
    said = capsys.readouterr().out
    assert end.value.code == 0
    for name, section in sections.SECTIONS.items():
        assert f"  {name} " in said and section.__doc__ in said


@pytest.mark.parametrize("arguments, words", [
    (["speed"], "there is no section 'speed'; there are networks, operations,"),
    (["--networks", "resnet"], "there is no network 'resnet'; there are lesson, lenet, wide, mlp, scalars"),
    (["--peers", "tensorflow"], "there is no peer 'tensorflow'; there are minigrad, PyTorch, JAX"),
    (["--rounds", "0"], "--rounds must be a whole number above 0"),
    (["--seeds", "0"], "--seeds must be a whole number above 0"),
    (["--seconds", "nan"], "--seconds a number from 0 up"),
    (["--seconds", "-1"], "--seconds a number from 0 up"),
    (["--cores", "three"], "invalid choice: 'three'"),
    (["--json", "no/such/folder.json"], "no/such/folder.json")])
def test_bad_arguments_are_one_line(arguments, words, capsys):
    with pytest.raises(SystemExit) as end:
        program.main(arguments)
    said = capsys.readouterr().err
    assert end.value.code == 2
    assert said.startswith("benchmark.py: ") and said.count("\n") == 1 and words in said


def test_a_peer_that_was_asked_for_and_is_not_there_is_an_error(monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with contextlib.suppress(SystemExit):
        program.main(["--peers", "JAX"])
    assert capsys.readouterr().err == "benchmark.py: JAX is not installed (its package is jax)\n"
