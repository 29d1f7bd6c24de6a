"""Keeping: what is saved comes back to the bit, and a failed save leaves what was there."""

import numpy as np
import pytest

from minigrad import Tensor, load, nn, save, tensor


def test_a_state_dict_comes_back_to_the_bit(tmp_path):
    rng = np.random.default_rng(0)
    state = nn.Sequential(nn.Conv2d(1, 2, 3, rng=rng), nn.Linear(4, 3, rng=rng)).state_dict()
    state |= {"number": tensor(2.5), "integers": tensor([1, 2]), "nothing": Tensor(np.zeros((0, 3)))}
    save(state, tmp_path / "weights.npz")
    loaded = load(str(tmp_path / "weights.npz"))
    assert list(loaded) == list(state)
    for name, numbers in state.items():
        assert isinstance(loaded[name], Tensor)
        np.testing.assert_array_equal(loaded[name].numpy(), numbers.numpy(), strict=True)


def test_the_file_is_numpys_own_under_the_name_that_was_given(tmp_path):
    save({"w": tensor([1.0, 2.0])}, tmp_path / "weights.of-mine")
    with np.load(tmp_path / "weights.of-mine") as file:
        assert file["w"].tolist() == [1, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["weights.of-mine"]


@pytest.mark.parametrize("name", ["self", "args", "0.weight", "a/b"])
def test_any_name_of_a_parameter_can_be_kept(tmp_path, name):
    save({name: tensor([1.0])}, tmp_path / "weights.npz")
    assert load(tmp_path / "weights.npz")[name].tolist() == [1]


def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "weights.npz"
    save({"w": tensor([1.0])}, path)
    with pytest.raises(RuntimeError, match="detach"):
        save({"w": tensor([2.0]), "x": tensor([3.0], requires_grad=True)}, path)
    assert load(path)["w"].tolist() == [1]
    assert [found.name for found in tmp_path.iterdir()] == ["weights.npz"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        save({"w": tensor([1.0])}, tmp_path / "nowhere" / "weights.npz")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "weights.npz")


@pytest.mark.filterwarnings("error")                          # such as: the file was left open
@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04, and no more", b"\x93NUMPY\x01\x00"],
                         ids=["empty", "text", "zip", "npy"])
def test_another_file_is_named(tmp_path, content):
    path = tmp_path / "something.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="something.npz is not a file of saved weights"):
        load(path)


@pytest.mark.filterwarnings("error")
def test_a_single_array_and_a_file_cut_short_are_named_too(tmp_path):
    np.save(tmp_path / "array.npy", np.zeros(3))
    save({"w": tensor(np.arange(1000.0))}, tmp_path / "weights.npz")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "weights.npz").read_bytes()[:-100])
    for name in ("array.npy", "cut.npz"):
        with pytest.raises(ValueError, match=f"{name} is not a file of saved weights"):
            load(tmp_path / name)


def test_a_pickle_is_not_opened(tmp_path):
    np.savez(tmp_path / "pickle.npz", w=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="pickle.npz"):
        load(tmp_path / "pickle.npz")


@pytest.mark.parametrize("state", [tensor(np.zeros(3)), [("w", 1)], None], ids=["tensor", "list", "None"])
def test_only_a_dict_is_saved(tmp_path, state):
    with pytest.raises(TypeError, match="save: wanted a dict .* got"):
        save(state, tmp_path / "weights.npz")
    assert list(tmp_path.iterdir()) == []
