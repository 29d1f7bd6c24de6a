"""Pictures and their labels: from files of bytes to arrays that a network can learn from.

An IDX file is the barest way to keep an array: what each number is, how many there are along each axis,
then the numbers. MNIST comes as four of them: pictures and labels, to train and to test. This file reads
them, holds back some pictures for validation, and deals out minibatches in an order drawn by an explicit
rng. It knows NumPy and the disk; it knows nothing of tensors, networks or gradients.
"""

import gzip
import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SHIPPED_MNIST = Path(__file__).parent / "mnist"
IDX_DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}  # big-endian


class DataError(ValueError):
    """A file, or a set of files, that does not hold what it should; the message names the file."""


# ---- one file

def read_idx(path: str | Path) -> np.ndarray:
    """The array kept in an IDX file, plain or gzipped, in the machine's own byte order.

    The file's first bytes tell whether it is gzipped, whatever its name. The format is the one described
    with the MNIST database (LeCun, Cortes, Burges): two zero bytes, a byte for the dtype, a byte for the
    number of axes, the length of each axis in four bytes, then the numbers; high byte first throughout.

    Raises DataError for a file with the wrong magic number, too few bytes or too many, or broken gzip,
    and FileNotFoundError where there is no file.
    """
    content = _read_bytes(Path(path))
    _expect(path, content, 4, "a magic number")
    if content[:2] != b"\0\0":
        raise DataError(f"{path}: wrong magic number: an IDX file begins with the bytes 00 00, "
                        f"this one with {content[:4].hex(' ')}")
    code, ndim = content[2], content[3]
    if code not in IDX_DTYPES:
        known = ", ".join(f"0x{known:02X}" for known in IDX_DTYPES)
        raise DataError(f"{path}: unsupported dtype code 0x{code:02X}: IDX knows {known}")
    dtype, start = np.dtype(IDX_DTYPES[code]), 4 + 4 * ndim
    _expect(path, content, start, f"a header for {ndim} axes")
    shape = struct.unpack(f">{ndim}I", content[4:start])
    end = start + math.prod(shape) * dtype.itemsize
    _expect(path, content, end, f"header and {_text(shape, dtype)}")
    if len(content) > end:
        raise DataError(f"{path}: oversized: expected {end:,} bytes "
                        f"(header and {_text(shape, dtype)}), found {len(content):,}")
    try:
        numbers = np.frombuffer(content, dtype, offset=start).reshape(shape)
    except ValueError as error:  # more axes, or longer ones, than NumPy can hold
        raise DataError(f"{path}: {error}") from error
    return numbers.astype(dtype.newbyteorder("="))


def _read_bytes(path: Path) -> bytes:
    content = path.read_bytes()
    if not content.startswith(b"\x1f\x8b"):  # gzip's own magic number
        return content
    try:
        return gzip.decompress(content)
    except EOFError as error:
        raise DataError(f"{path}: truncated gzip: the file ends before its compressed data does") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: corrupt gzip: {error}") from error


def _expect(path: str | Path, content: bytes, size: int, what: str) -> None:
    if len(content) < size:
        raise DataError(f"{path}: truncated: expected {size:,} bytes ({what}), found {len(content):,}")


def _text(shape: tuple[int, ...], dtype: np.dtype) -> str:
    return f"{dtype.name} of shape {shape}"


# ---- pictures with their labels

class Dataset(NamedTuple):
    """Pictures and what they show: labels[i] says what images[i] is."""

    images: NDArray[np.float32]  # (N, 1, H, W), from 0 (background) to 1 (ink)
    labels: NDArray[np.int64]    # (N,)


def load(folder: str | Path | None = None, *, prefix: str | None = None) -> tuple[Dataset, Dataset]:
    """The training and the test pictures in a folder of four IDX files; MNIST (60,000 and 10,000) by default.

    Any set named as MNIST's files are will do, gzipped or not: Fashion-MNIST, and EMNIST too, which writes
    "test" for "t10k" and puts a prefix before. Where a folder holds several sets, `prefix` chooses:
    "emnist-letters" for emnist-letters-train-images-idx3-ubyte.gz. Where it holds a file both plain and
    gzipped, the plain one is read. EMNIST's pictures are stored transposed, and are given as they are
    stored: `images.swapaxes(2, 3)` stands them upright.

    Raises FileNotFoundError if one of the four files is not there, DataError if they do not fit together.
    """
    folder = SHIPPED_MNIST if folder is None else Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; wanted one with train-images-idx3-ubyte.gz, ...")
    if prefix is None:
        prefix = _only_prefix(folder)
    train_paths, test_paths = _find_pair(folder, prefix, "train"), _find_pair(folder, prefix, "t10k", "test")
    train, test = _read_pair(*train_paths), _read_pair(*test_paths)
    train_size, test_size = train.images.shape[2:], test.images.shape[2:]
    if train_size != test_size:
        raise DataError(f"{train_paths[0]} holds pictures of size {train_size}, "
                        f"but {test_paths[0]} pictures of size {test_size}")
    return train, test


def mnist(folder: str | Path | None = None, *, validation: int | None = None,
          prefix: str | None = None) -> tuple[Dataset, Dataset, Dataset]:
    """Training, validation and test pictures: 55,000, 5,000 and 10,000 of them for MNIST.

    The first `validation` training pictures are held back, a twelfth of them if it is None. The folder, the
    prefix and the errors are those of `load`; a `validation` that leaves nothing to train on is a ValueError.
    """
    (images, labels), test = load(folder, prefix=prefix)
    if validation is None:
        validation = len(labels) // 12
    if validation not in range(len(labels)):
        raise ValueError(f"mnist: validation must be a number of pictures from 0 to {len(labels) - 1:,}, "
                         f"to leave some to train on; got {validation!r}")
    held_back = Dataset(images[:validation], labels[:validation])  # a view, like the rest: nothing is copied
    return Dataset(images[validation:], labels[validation:]), held_back, test


def _only_prefix(folder: Path) -> str:
    paths = folder.glob("*train-images[-.]idx3-ubyte*")
    prefixes = sorted({path.name.partition("train-images")[0].removesuffix("-") for path in paths})
    if len(prefixes) > 1:
        choice = ", ".join(map(repr, prefixes))
        raise DataError(f"{folder}: holds several sets: pass prefix=, one of {choice}")
    return prefixes[0] if prefixes else ""


def _find_pair(folder: Path, prefix: str, *parts: str) -> tuple[Path, Path]:
    stems = [f"{prefix}-{part}" if prefix else part for part in parts]
    return (_find(folder, [f"{stem}-images{mark}idx3-ubyte" for stem in stems for mark in "-."]),
            _find(folder, [f"{stem}-labels{mark}idx1-ubyte" for stem in stems for mark in "-."]))


def _find(folder: Path, names: list[str]) -> Path:
    for name in names + [f"{name}.gz" for name in names]:
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"{folder}: a file is missing: looked for {' or '.join(names)}, plain or .gz")


def _read_pair(images_path: Path, labels_path: Path) -> Dataset:
    pixels, labels = read_idx(images_path), read_idx(labels_path)
    if pixels.ndim != 3 or pixels.dtype != np.uint8 or pixels.size == 0:
        raise DataError(f"{images_path}: pictures must be uint8 of shape (N, H, W), at least one of them; "
                        f"the file holds {_text(pixels.shape, pixels.dtype)}")
    if labels.ndim != 1 or labels.dtype != np.uint8:
        raise DataError(f"{labels_path}: labels must be uint8 of shape (N,); "
                        f"the file holds {_text(labels.shape, labels.dtype)}")
    if len(pixels) != len(labels):
        raise DataError(f"{images_path} holds {len(pixels):,} pictures, "
                        f"but {labels_path} {len(labels):,} labels")
    return Dataset(np.divide(pixels[:, np.newaxis], 255, dtype=np.float32), labels.astype(np.int64))


# ---- minibatches

def batches(images: np.ndarray, labels: np.ndarray, batch_size: int, *,
            rng: np.random.Generator | None = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Minibatches of shapes (B, C, H, W) and (B,): every picture once, with its label.

    B is `batch_size`; the last minibatch may be smaller. The order is drawn from `rng` when this is called;
    without an rng it is the order of the arrays. Each minibatch is a copy, yours to change. Arrays of any
    shape will do: the first axis counts the pictures.

    Raises ValueError if the lengths differ or batch_size is below 1.
    """
    if len(images) != len(labels):
        raise ValueError(f"batches: as many images as labels wanted, got {len(images):,} and {len(labels):,}")
    if batch_size < 1:
        raise ValueError(f"batches: batch_size must be at least 1, got {batch_size}")
    order = np.arange(len(images)) if rng is None else rng.permutation(len(images))
    parts = (order[start:start + batch_size] for start in range(0, len(order), batch_size))
    return ((_batch_last(images.take(part, axis=0)), labels.take(part, axis=0)) for part in parts)


def _batch_last(batch: np.ndarray) -> np.ndarray:
    # In memory the batch goes last, (C, H, W, B), behind the shape (B, C, H, W): a convolution then reads
    # the same pixel of all the pictures as one long run, and NumPy hands this layout on by itself.
    return np.moveaxis(np.moveaxis(batch, 0, -1).copy(), -1, 0)
