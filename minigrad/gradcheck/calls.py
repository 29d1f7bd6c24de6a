"""The function and its vjp as the check calls them: on copies, with all that comes back laid out one way.

This file notices what they do on the side, such as writing to what they are handed. It judges no number.
"""

import time

import numpy as np

from minigrad.gradcheck.numeric import is_float


class Calls:
    """`f(*arrays)` and `vjp(g, *arrays)`, for arrays of float64 as for those of the dtypes that were given.

    `arrays` are those that were given, `point` the same with every float as float64: derivatives are measured
    there. Several outputs are laid end to end in one, and so are their cotangents.
    """

    def __init__(self, f, vjp, arrays):
        self.f, self.vjp = f, vjp
        self.arrays = [np.asarray(x) for x in arrays]
        self.point = [x.astype(np.float64, order="K") if is_float(x) else x for x in self.arrays]
        self.inputs = [i for i, x in enumerate(self.arrays) if is_float(x)]
        self.written = set()                    # (who, what): ("vjp", "the cotangent"), ("f", "input 1")
        self.name = getattr(f, "__name__", type(f).__name__)
        if not self.inputs:
            kinds = ", ".join(str(x.dtype) for x in self.arrays) or "none at all"
            raise TypeError(f"check of {self.name}: wanted at least one array of floating-point numbers, "
                            f"got {kinds}")
        result = self._on_copies("f", f, self.point)
        outputs, self.single = self._outputs(result), not isinstance(result, tuple | list)
        if any(x.dtype.kind == "c" for x in outputs):
            raise TypeError(f"check of {self.name}: wanted real numbers, it returned complex ones")
        self.shapes = [x.shape for x in outputs]
        self.dtypes = [x.dtype if is_float(x) else np.dtype(np.float64) for x in outputs]
        self.out = self._flat(outputs)

    def forward(self, *arrays):
        """The output, in float64 or complex numbers; several outputs in one row, one behind the other."""
        return self._flat(self._outputs(self.f(*arrays)))

    def _outputs(self, result):
        outputs = [np.asarray(x) for x in (result if isinstance(result, tuple | list) else [result])]
        if not outputs or any(x.dtype.kind not in "fciub" for x in outputs):
            raise TypeError(f"check of {self.name}: wanted an array of numbers, it returned {result!r:.200}")
        return outputs

    def _flat(self, outputs):
        out = outputs[0] if len(outputs) == 1 else np.concatenate([x.reshape(-1) for x in outputs])
        return out if out.dtype.kind == "c" else out.astype(np.float64)

    def backward(self, g, *arrays):
        """The vjp's answers: a list with an array or None for each input. WrongCount if it is not that."""
        return self._answers(self.cotangent(g, self.dtypes), arrays)

    def backward_as_given(self, g):
        """The same with inputs in the dtypes that were given, and a cotangent of the one that f then has."""
        dtypes = [x.dtype for x in self._outputs(self.f(*(x.copy(order="K") for x in self.arrays)))]
        return self._answers(self.cotangent(g, dtypes), self.arrays)

    def _answers(self, g, arrays):
        with np.errstate(all="ignore"):
            answer = self._on_copies("vjp", self.vjp, [g, *arrays])
        if len(arrays) == 1 and not isinstance(answer, tuple | list):
            answer = [answer]
        if not isinstance(answer, tuple | list):
            raise WrongCount(f"it returned one {type(answer).__name__}", len(arrays))
        if len(answer) != len(arrays):
            raise WrongCount(f"it returned {len(answer)}", len(arrays))
        return [None if x is None else np.asarray(x) for x in answer]

    def cotangent(self, g, dtypes):
        """A cotangent of any shape as the vjp is handed it: of the outputs' shapes and dtypes."""
        if self.single:
            return np.array(g, dtypes[0]).reshape(self.shapes[0])
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])[:-1]
        parts = np.split(np.asarray(g).reshape(-1), ends)
        return tuple(np.array(x, dtype).reshape(shape) for x, dtype, shape in zip(parts, dtypes, self.shapes))

    def cotangents(self, count, rng):
        """Random cotangents as rows (count, elements of the output), in numbers that the vjp will see."""
        drawn = [self.cotangent(rng.standard_normal(self.out.size), self.dtypes) for _ in range(count)]
        rows = [self._flat([g] if self.single else list(g)).reshape(-1) for g in drawn]
        return np.array(rows).reshape(count, self.out.size)

    def in_words(self):
        """What goes in and what comes out: "float64 (3, 4), float64 (4,) -> (3, 4)"."""
        inputs = ", ".join(f"{x.dtype} {x.shape}" for x in self.arrays)
        return f"{inputs} -> {', '.join(map(str, self.shapes))}"

    def again(self):
        """The output once more; how long that takes is noted in `seconds`."""
        copies = [x.copy(order="K") for x in self.point]
        start = time.perf_counter()
        out = self.forward(*copies)
        self.seconds = time.perf_counter() - start
        return out

    def _on_copies(self, who, function, handed):
        """Call it, and note what it wrote to."""
        copies = [tuple(x.copy() for x in one) if isinstance(one, tuple) else one.copy(order="K")
                  for one in handed]
        result = function(*copies)
        names = ["the cotangent"] * (who == "vjp") + [f"input {i}" for i in range(len(self.arrays))]
        for name, before, after in zip(names, handed, copies):
            pairs = zip(before, after) if isinstance(before, tuple) else [(before, after)]
            if not all(np.array_equal(x, y, equal_nan=x.dtype.kind in "fc") for x, y in pairs):
                self.written.add((who, name))
        return result


class WrongCount(ValueError):
    """Not one gradient for each input."""

    def __init__(self, got, wanted):
        super().__init__(f"{got}; wanted {wanted}: a gradient for each input, or None")
