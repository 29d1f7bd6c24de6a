"""The data: IDX files as they come and as they break, the split, and minibatches that lose nothing."""

import gzip
import hashlib
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigrad import data

CODES = {"uint8": 0x08, "int8": 0x09, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}


def idx(array):
    """The bytes of an IDX file that holds `array`: an independent writer for the reader under test."""
    header = bytes([0, 0, CODES[array.dtype.name], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


# ---- one file

@given(array=st.sampled_from(sorted(CODES)).flatmap(
           lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))),
       pack=st.sampled_from([bytes, gzip.compress]))
def test_reads_back_every_dtype_and_shape(tmp_path_factory, array, pack):
    path = tmp_path_factory.mktemp("idx") / "some-file"
    path.write_bytes(pack(idx(array)))
    result = data.read_idx(path)
    assert result.dtype == array.dtype and result.dtype.isnative and result.flags.writeable
    np.testing.assert_array_equal(result, array, strict=True)


@pytest.mark.parametrize("name, pack", [("unpacked.gz", bytes), ("packed", gzip.compress)])
def test_content_tells_gzip_not_the_name(tmp_path, name, pack):
    numbers = np.arange(6, dtype=np.int16).reshape(2, 3)
    (tmp_path / name).write_bytes(pack(idx(numbers)))
    np.testing.assert_array_equal(data.read_idx(str(tmp_path / name)), numbers)


GOOD = idx(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
GOOD_SAYS = r"\(header and uint8 of shape \(2, 3, 4\)\)"
PACKED = gzip.compress(GOOD, mtime=0)
BROKEN = {
    "empty": (b"", r"truncated: expected 4 bytes \(a magic number\), found 0"),
    "three bytes": (GOOD[:3], r"truncated: expected 4 bytes \(a magic number\), found 3"),
    "not IDX": (b"<html>sorry</html>", "wrong magic number: .* the bytes 00 00, this one with 3c 68 74 6d"),
    "unknown dtype": (b"\0\0\x0a" + GOOD[3:], "unsupported dtype code 0x0A: IDX knows 0x08, 0x09, 0x0B"),
    "half a header": (GOOD[:9], r"truncated: expected 16 bytes \(a header for 3 axes\), found 9"),
    "a byte short": (GOOD[:-1], f"truncated: expected 40 bytes {GOOD_SAYS}, found 39"),
    "a byte long": (GOOD + b"x", f"oversized: expected 40 bytes {GOOD_SAYS}, found 41"),
    "gzip of too little": (gzip.compress(GOOD[:-5]), "truncated: expected 40 bytes .* found 35"),
    "gzip cut short": (PACKED[:-12], "truncated gzip"),
    "gzip's header alone": (PACKED[:2], "truncated gzip"),
    "gzip with a wrong sum": (PACKED[:-8] + bytes(4) + PACKED[-4:], "corrupt gzip: CRC"),
    "gzip overwritten": (PACKED[:10] + b"\xff" * 20 + PACKED[30:], "corrupt gzip"),
    "gzip with a tail": (PACKED + b"tail", "corrupt gzip"),
    "too many axes": (bytes([0, 0, 8, 65]) + struct.pack(">65I", *[1] * 65) + b"x", "maximum .* found 65"),
}


@pytest.mark.parametrize("content, message", BROKEN.values(), ids=BROKEN.keys())
def test_broken_file_is_named_with_its_fault(tmp_path, content, message):
    path = tmp_path / "pictures.gz"
    path.write_bytes(content)
    with pytest.raises(data.DataError, match=rf"pictures\.gz: {message}"):
        data.read_idx(path)


@given(start=st.sampled_from([b"", b"\0\0", GOOD[:4], GOOD[:16], PACKED[:2], PACKED[:10], PACKED[:-9]]),
       rest=st.binary(max_size=40))
def test_no_bytes_whatever_escape_as_another_error(tmp_path_factory, start, rest):
    path = tmp_path_factory.mktemp("noise") / "noise"
    path.write_bytes(start + rest)
    try:
        result = data.read_idx(path)
    except data.DataError as error:
        assert str(path) in str(error)
    else:
        assert isinstance(result, np.ndarray)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere-idx1"):
        data.read_idx(tmp_path / "nowhere-idx1")


# ---- a folder of four

def write_set(folder, start="", test="t10k", mark="-", end=".gz", counts=(24, 6), size=(5, 4), seed=0):
    """Four IDX files of random pictures and labels, and the arrays in them, in the order of the names."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for part, count in zip(("train", test), counts, strict=True):
        arrays[f"{start}{part}-images{mark}idx3-ubyte{end}"] = rng.integers(0, 256, (count, *size), np.uint8)
        arrays[f"{start}{part}-labels{mark}idx1-ubyte{end}"] = rng.integers(0, 10, count, np.uint8)
    for name, array in arrays.items():
        (folder / name).write_bytes(gzip.compress(idx(array)) if end else idx(array))
    return arrays


def assert_holds(dataset, pixels, labels):
    assert dataset.images.dtype == np.float32 and dataset.labels.dtype == np.int64
    expected = pixels[:, None].astype(np.float32) / np.float32(255)
    np.testing.assert_array_equal(dataset.images, expected, strict=True)
    np.testing.assert_array_equal(dataset.labels, labels)


@pytest.mark.parametrize("spelling", [
    {}, {"end": ""}, {"mark": "."}, {"mark": ".", "end": ""}, {"start": "emnist-letters-", "test": "test"},
    {"start": "emnist-letters-", "test": "test", "end": ""},
], ids=["gzipped", "plain", "dotted gzipped", "dotted", "EMNIST gzipped", "EMNIST"])
def test_loads_every_spelling_of_the_names(tmp_path, spelling):
    train_pixels, train_labels, test_pixels, test_labels = write_set(tmp_path, **spelling).values()
    train, test = data.load(tmp_path)
    assert_holds(train, train_pixels, train_labels)
    assert_holds(test, test_pixels, test_labels)


def test_the_plain_file_is_preferred_to_the_gzipped_one(tmp_path):
    write_set(tmp_path, seed=1)
    train_pixels, train_labels, test_pixels, test_labels = write_set(tmp_path, end="", seed=2).values()
    train, test = data.load(tmp_path)
    assert_holds(train, train_pixels, train_labels)
    assert_holds(test, test_pixels, test_labels)


def test_several_sets_in_one_folder_are_told_apart_by_their_prefix(tmp_path):
    sets = {prefix: write_set(tmp_path, f"{prefix}-", "test", seed=seed)
            for seed, prefix in enumerate(["emnist-letters", "emnist-digits"])}
    sets[""] = write_set(tmp_path, seed=2)
    with pytest.raises(data.DataError, match="pass prefix=, one of '', 'emnist-digits', 'emnist-letters'"):
        data.load(tmp_path)
    for prefix, arrays in sets.items():
        train_pixels, train_labels, test_pixels, test_labels = arrays.values()
        train, test = data.load(tmp_path, prefix=prefix)
        assert_holds(train, train_pixels, train_labels)
        assert_holds(test, test_pixels, test_labels)
        assert_holds(data.mnist(tmp_path, prefix=prefix)[2], test_pixels, test_labels)
    with pytest.raises(FileNotFoundError, match="looked for emnist-mnist-train-images-idx3-ubyte or "):
        data.load(tmp_path, prefix="emnist-mnist")


@pytest.mark.parametrize("position", range(4))
def test_a_missing_file_is_named_with_its_folder(tmp_path, position):
    name = list(write_set(tmp_path))[position]
    (tmp_path / name).unlink()
    with pytest.raises(FileNotFoundError) as error:
        data.load(tmp_path)
    assert str(tmp_path) in str(error.value) and name.removesuffix(".gz") in str(error.value)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere: no such folder; wanted one with train-images"):
        data.load(tmp_path / "nowhere")


TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
MISFITS = {
    "a label too few": (TRAIN_LABELS, np.zeros(23, np.uint8),
                        f"{TRAIN_IMAGES} holds 24 pictures, but .*{TRAIN_LABELS} 23 labels"),
    "another picture size": ("t10k-images-idx3-ubyte", np.zeros((6, 4, 5), np.uint8),
                             f"{TRAIN_IMAGES} holds pictures of size .5, 4., but .*t10k-images.* .4, 5."),
    "pictures that are labels": (TRAIN_IMAGES, np.zeros(24, np.uint8),
                                 f"{TRAIN_IMAGES}: pictures must be uint8 .* holds uint8 of shape .24,."),
    "pictures that are not bytes": (TRAIN_IMAGES, np.zeros((24, 5, 4), np.float32),
                                    f"{TRAIN_IMAGES}: pictures must be uint8 .* holds float32"),
    "no pictures": (TRAIN_IMAGES, np.zeros((0, 5, 4), np.uint8), f"{TRAIN_IMAGES}: .* at least one"),
    "labels that are pictures": (TRAIN_LABELS, np.zeros((24, 5, 4), np.uint8),
                                 f"{TRAIN_LABELS}: labels must be uint8 .* holds uint8 of shape .24, 5, 4."),
    "labels that are not bytes": (TRAIN_LABELS, np.zeros(24, np.float64),
                                  f"{TRAIN_LABELS}: labels must be uint8 .* holds float64"),
}


@pytest.mark.parametrize("name, array, message", MISFITS.values(), ids=MISFITS.keys())
def test_files_that_do_not_fit_together_are_named(tmp_path, name, array, message):
    write_set(tmp_path, end="")
    (tmp_path / name).write_bytes(idx(array))
    with pytest.raises(data.DataError, match=message):
        data.load(tmp_path)


@pytest.mark.parametrize("validation, held_back", [(None, 2), (0, 0), (7, 7), (23, 23)])
def test_the_first_training_pictures_are_held_back(tmp_path, validation, held_back):
    train_pixels, train_labels, test_pixels, test_labels = write_set(tmp_path).values()
    train, valid, test = data.mnist(tmp_path, validation=validation)
    assert_holds(valid, train_pixels[:held_back], train_labels[:held_back])
    assert_holds(train, train_pixels[held_back:], train_labels[held_back:])
    assert_holds(test, test_pixels, test_labels)


@pytest.mark.parametrize("validation", [-1, 24, 0.1])
def test_a_validation_set_that_cannot_be_is_refused(tmp_path, validation):
    write_set(tmp_path)
    with pytest.raises(ValueError, match=rf"mnist: validation must be .* from 0 to 23, .* got {validation}"):
        data.mnist(tmp_path, validation=validation)


# ---- MNIST itself

@pytest.fixture(scope="module")
def shipped():
    return data.mnist()


@pytest.mark.parametrize("name, digest", [
    ("train-images-idx3-ubyte.gz", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    ("train-labels-idx1-ubyte.gz", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    ("t10k-images-idx3-ubyte.gz", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    ("t10k-labels-idx1-ubyte.gz", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
])
def test_the_shipped_files_are_mnist_to_the_byte(name, digest):
    content = gzip.decompress((data.SHIPPED_MNIST / name).read_bytes())
    assert hashlib.sha256(content).hexdigest() == digest


def test_the_shipped_mnist_is_split_as_in_the_lecture(shipped):
    assert [part.images.shape for part in shipped] == [(n, 1, 28, 28) for n in (55_000, 5_000, 10_000)]
    assert [part.labels.shape for part in shipped] == [(55_000,), (5_000,), (10_000,)]
    train, _, test = shipped
    assert train.labels[0] == 7 and test.labels[0] == 7
    assert np.sum(train.labels == 8) == 5_389 and np.sum(train.labels == 1) == 6_179
    for part in shipped:
        assert part.images.min() == 0 and part.images.max() == 1
        assert set(part.labels.tolist()) == set(range(10))


def test_the_split_does_not_copy_the_pictures(shipped):
    train, valid, _ = shipped
    assert train.images.base is not None and train.images.base is valid.images.base


# ---- minibatches

def numbered(count, shape=(2, 3, 4)):
    """Pictures that each say their own number everywhere, and labels ten times that."""
    numbers = np.arange(count)
    images = np.broadcast_to(numbers.reshape(-1, *[1] * len(shape)), (count, *shape)).astype(np.float32)
    return images, 10 * numbers


@given(count=st.integers(0, 40), batch_size=st.integers(1, 45), seed=st.none() | st.integers(0, 2**32))
def test_every_picture_comes_once_with_its_label(count, batch_size, seed):
    images, labels = numbered(count)
    rng = None if seed is None else np.random.default_rng(seed)
    parts = list(data.batches(images, labels, batch_size, rng=rng))
    sizes = [len(part_labels) for _, part_labels in parts]
    assert sizes == [batch_size] * (count // batch_size) + [count % batch_size] * (count % batch_size > 0)
    for part_images, part_labels in parts:
        assert part_images.dtype == images.dtype and part_labels.dtype == labels.dtype
        np.testing.assert_array_equal(part_images, images[part_labels // 10], strict=True)
    seen = [int(label) for _, part_labels in parts for label in part_labels]
    assert (seen if seed is None else sorted(seen)) == labels.tolist()


def order_of(rng, count=100):
    images, labels = numbered(count)
    return np.concatenate([part for _, part in data.batches(images, labels, 32, rng=rng)]).tolist()


def test_the_rng_alone_decides_the_order():
    rng = np.random.default_rng(3)
    first_epoch, second_epoch = order_of(rng), order_of(rng)
    assert first_epoch != second_epoch                     # each epoch draws anew
    again = np.random.default_rng(3)
    assert (order_of(again), order_of(again)) == (first_epoch, second_epoch)
    assert order_of(np.random.default_rng(4)) != first_epoch
    assert order_of(None) == sorted(first_epoch) != first_epoch


def test_the_order_is_drawn_at_the_call():
    images, labels = numbered(50)
    rng = np.random.default_rng(5)
    parts = data.batches(images, labels, 50, rng=rng)
    rng.random(7)                                          # what the rng does later changes nothing
    np.testing.assert_array_equal(next(parts)[1], labels[np.random.default_rng(5).permutation(50)])


@pytest.mark.parametrize("shape", [(5,), (3, 4), (1, 28, 28), (2, 3, 4)])
@pytest.mark.parametrize("seed", [None, 0])
def test_the_batch_is_last_in_memory(shape, seed):
    images, labels = numbered(13, shape)
    rng = None if seed is None else np.random.default_rng(seed)
    for part, _ in data.batches(images, labels, 8, rng=rng):
        assert part.shape[1:] == shape
        assert np.moveaxis(part, 0, -1).flags.c_contiguous


@pytest.mark.parametrize("batch_size", [1, 4])
def test_a_minibatch_is_a_copy(batch_size):
    images, labels = numbered(4)
    for part_images, part_labels in data.batches(images, labels, batch_size):
        part_images[:] = -1
        part_labels[:] = -1
    assert images.min() == 0 and labels.min() == 0


def test_batches_refuses_at_the_call():
    images, labels = numbered(6)
    with pytest.raises(ValueError, match="batches: as many images as labels wanted, got 6 and 5"):
        data.batches(images, labels[:5], 2)
    for batch_size in (0, -3):
        with pytest.raises(ValueError, match=f"batches: batch_size must be at least 1, got {batch_size}"):
            data.batches(images, labels, batch_size)
