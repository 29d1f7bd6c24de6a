"""The parts: layers that own their parameters, and the box that puts layers in a row.

Names, arguments, defaults and initial values are those of `torch.nn`. Where PyTorch draws its random numbers
from one hidden generator, a layer here takes `rng`, a `numpy.random.Generator`; without one it draws a fresh
generator.
"""

import math
from collections import namedtuple

import numpy as np

from minigrad import ops
from minigrad.creation import ones, tensor, zeros
from minigrad.grad_mode import is_grad_enabled
from minigrad.nn import functional as F
from minigrad.tensor import Tensor

LoadResult = namedtuple("LoadResult", ["missing_keys", "unexpected_keys"])


class Parameter(Tensor):
    """A tensor that a module learns: found by `Module.parameters()`, and requiring a gradient."""

    def __init__(self, data, requires_grad=True):
        super().__init__(data, requires_grad)

    def __repr__(self):
        return f"Parameter containing:\n{super().__repr__()}"


class Module:
    """The base of all layers: parameters and modules are assigned as attributes, `forward` is defined."""

    training = True
    _buffer_names: tuple[str, ...] = ()
    _shown: tuple[str, ...] = ()            # attributes that stand between the brackets when it is printed

    def forward(self, *inputs):
        """What the module computes. Every module defines its own, and is called itself: `layer(x)`."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward()")

    def __call__(self, *inputs, **named):
        return self.forward(*inputs, **named)

    # --- What belongs to it ---------------------------------------------------------------------------------

    def add_module(self, name, module):
        """Assign a module to an attribute `name`, which may also be a number, such as "0"."""
        self._assign(name, module, Module)

    def register_buffer(self, name, tensor):
        """Assign a tensor that is not learned, but kept in the `state_dict`; None stands for none."""
        self._assign(name, tensor, Tensor | None)
        self._buffer_names = (*self._buffer_names, name)

    def _assign(self, name, part, kind):
        if not isinstance(part, kind):
            raise TypeError(f"{type(self).__name__}: {name!r} cannot be {type(part).__name__}")
        if hasattr(self, name) or name == "" or "." in name:
            raise KeyError(f"{type(self).__name__}: a part cannot be called {name!r}; the name must be free, "
                           "not empty, and without dots")
        setattr(self, name, part)

    def __setattr__(self, name, value):
        """TypeError where a part would silently be no part any more."""
        kind = next((kind for kind in (Parameter, Module) if isinstance(vars(self).get(name), kind)),
                    Tensor if name in self._buffer_names else object)
        if not isinstance(value, kind | None):
            raise TypeError(f"{type(self).__name__}: {name} is a {kind.__name__}, it cannot become "
                            f"{type(value).__name__}; new numbers go to its data")
        super().__setattr__(name, value)

    def _parts(self, kind):
        return {name: part for name, part in vars(self).items() if isinstance(part, kind)}

    def _buffers(self):
        return {name: part for name, part in self._parts(Tensor).items() if name in self._buffer_names}

    def _state(self):
        return self._parts(Parameter) | self._buffers()

    def named_modules(self, *, remove_duplicate=True):
        """(name, module) for this module, with no name, and all below it, as in "features.0"; each once."""
        waiting, seen = [("", self)], set()
        while waiting:
            name, module = waiting.pop()
            if not (remove_duplicate and module in seen):
                seen.add(module)
                yield name, module
                children = module._parts(Module).items()
                waiting += reversed([(f"{name}.{child}".removeprefix("."), part) for child, part in children])

    def _named(self, parts, remove_duplicate=True):
        """(name, tensor) for the `parts` of this module and of all below it."""
        seen = set()
        for prefix, module in self.named_modules(remove_duplicate=remove_duplicate):
            for name, part in parts(module).items():
                if not (remove_duplicate and part in seen):
                    seen.add(part)
                    yield f"{prefix}.{name}".removeprefix("."), part

    def named_parameters(self):
        """(name, parameter) for each parameter here and below, as in "conv1.weight"; each comes once."""
        return self._named(lambda module: module._parts(Parameter))

    def named_buffers(self):
        """(name, tensor) for each buffer here and below; each comes once."""
        return self._named(Module._buffers)

    def named_children(self):
        """(name, module) for each module assigned to this one, in the order of assignment; each once."""
        return ((name, module) for name, module in self.named_modules() if name in self._parts(Module))

    def modules(self):
        return (module for _, module in self.named_modules())

    def children(self):
        return (module for _, module in self.named_children())

    def parameters(self):
        return (parameter for _, parameter in self.named_parameters())

    def buffers(self):
        return (buffer for _, buffer in self.named_buffers())

    # --- What is done to all of it --------------------------------------------------------------------------

    def apply(self, fn):
        """Call `fn` with every module, those below before those above; returns the module."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode=True):
        """Tell this module and all below it that it is being trained; returns the module."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode is True or False, not {mode!r}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self):
        """Tell this module and all below it that it is being used, not trained; returns the module."""
        return self.train(False)

    def requires_grad_(self, requires_grad=True):
        """Ask for the gradients of all parameters, or stop asking; returns the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self):
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def state_dict(self):
        """A dict from the name of each parameter and buffer to a copy of its numbers."""
        return {name: tensor(part) for name, part in self._named(Module._state, remove_duplicate=False)}

    def load_state_dict(self, state_dict, strict=True):
        """Take over the numbers of a `state_dict` (tensors or arrays).

        RuntimeError lists every name that is missing, unexpected or of another shape; nothing is loaded then.
        Without `strict`, missing and unexpected names are no errors; both are returned as two lists.
        """
        own = dict(self._named(Module._state, remove_duplicate=False))
        result = LoadResult([name for name in own if name not in state_dict],
                            [name for name in state_dict if name not in own])
        loaded = {name: tensor(state_dict[name], part.dtype)
                  for name, part in own.items() if name in state_dict}
        problems = [f"{name} has shape {numbers.shape}, wanted {own[name].shape}"
                    for name, numbers in loaded.items() if numbers.shape != own[name].shape]
        if strict:
            problems += [f"missing: {name}" for name in result.missing_keys]
            problems += [f"unexpected: {name}" for name in result.unexpected_keys]
        if problems:
            raise RuntimeError(f"load_state_dict of {type(self).__name__}: " + "; ".join(problems))
        for name, numbers in loaded.items():
            own[name].data = numbers
        return result

    def extra_repr(self):
        """What stands between the brackets when the module is printed."""
        return ", ".join(f"{name}={getattr(self, name)}" for name in self._shown)

    def __repr__(self):
        children = [f"  ({name}): {module!r}".replace("\n", "\n  ")
                    for name, module in self._parts(Module).items()]
        inside = "\n".join(["", *children, ""]) if children else self.extra_repr()
        return f"{type(self).__name__}({inside})"


# --- Layers with parameters ---------------------------------------------------------------------------------

def _initial(shape, fan_in, rng):
    """PyTorch's default for weights and biases: uniform within ±1/√fan_in, so that sums stay small."""
    bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0.0
    return Parameter(rng.uniform(-bound, bound, shape).astype(np.float32))


class Linear(Module):
    """y = x·Wᵀ + b: (..., in_features) -> (..., out_features). Parameters: weight (out, in), bias (out,)."""

    _shown = "in_features", "out_features"

    def __init__(self, in_features, out_features, bias=True, *, rng=None):
        self.in_features, self.out_features = in_features, out_features
        rng = np.random.default_rng(rng)                    # the same one, or a fresh one for None
        self.weight = _initial((out_features, in_features), in_features, rng)
        self.bias = _initial((out_features,), in_features, rng) if bias else None

    def forward(self, input):
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self):
        return f"{super().extra_repr()}, bias={self.bias is not None}"


class Conv2d(Module):
    """Learned filters: (N, in_channels, H, W) -> (N, out_channels, OH, OW).

    Parameters: weight (out_channels, in_channels, KH, KW), bias (out_channels,). See `functional.conv2d`.
    """

    _shown = "kernel_size", "stride"

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, *, bias=True,
                 rng=None):
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.stride, self.dilation = map(F._pair, (kernel_size, stride, dilation))
        self.padding = padding if isinstance(padding, str) else F._pair(padding)
        F._borders(self.padding, self.kernel_size, self.stride, self.dilation)      # an error now, not later
        rng = np.random.default_rng(rng)                    # the same one, or a fresh one for None
        fan_in = in_channels * math.prod(self.kernel_size)
        self.weight = _initial((out_channels, in_channels, *self.kernel_size), fan_in, rng)
        self.bias = _initial((out_channels,), fan_in, rng) if bias else None

    def forward(self, input):
        return F.conv2d(input, self.weight, self.bias, self.stride, self.padding, self.dilation)

    def extra_repr(self):
        usual = {"padding": (0, 0), "dilation": (1, 1)}
        unusual = [f"{name}={getattr(self, name)}" for name in usual if getattr(self, name) != usual[name]]
        parts = [str(self.in_channels), str(self.out_channels), super().extra_repr(), *unusual]
        return ", ".join(parts if self.bias is not None else [*parts, "bias=False"])


class BatchNorm2d(Module):
    """Every channel to mean 0 and variance 1, over batch and pixels: (N, num_features, H, W), the same out.

    Parameters, if `affine`: weight and bias, (num_features,). Buffers, if `track_running_stats`: running_mean
    and running_var (num_features,), which replace those of the batch after `eval()`, and num_batches_tracked.
    With `momentum=None` the running ones are plain means over all batches. See `functional.batch_norm`.
    """

    _shown = "eps", "momentum", "affine", "track_running_stats"

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True):
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.weight = Parameter(ones(num_features)) if affine else None
        self.bias = Parameter(zeros(num_features)) if affine else None
        self.register_buffer("running_mean", zeros(num_features) if track_running_stats else None)
        self.register_buffer("running_var", ones(num_features) if track_running_stats else None)
        self.register_buffer("num_batches_tracked", tensor(0) if track_running_stats else None)

    def forward(self, input):
        if input.ndim != 4 or input.shape[1] != self.num_features:
            raise RuntimeError(f"{self}: wanted an input (N, {self.num_features}, H, W), got {input.shape}")
        momentum, tracking = self.momentum, self.training and self.track_running_stats
        if tracking and momentum is None:
            momentum = 1 / (self.num_batches_tracked.item() + 1)
        out = F.batch_norm(input, self.running_mean, self.running_var, self.weight, self.bias,
                           self.training or not self.track_running_stats, momentum, self.eps)
        if tracking:
            self.num_batches_tracked += 1
        return out

    def extra_repr(self):
        return f"{self.num_features}, {super().extra_repr()}"


# --- Layers without -----------------------------------------------------------------------------------------

class MaxPool2d(Module):
    """The largest number in each window: (N, C, H, W) -> (N, C, OH, OW). See `functional.max_pool2d`."""

    _shown = "kernel_size", "stride", "padding", "dilation"

    def __init__(self, kernel_size, stride=None, padding=0, dilation=1):
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation

    def forward(self, input):
        return F.max_pool2d(input, self.kernel_size, self.stride, self.padding, self.dilation)


class AvgPool2d(Module):
    """The mean of each window: (N, C, H, W) -> (N, C, OH, OW). See `functional.avg_pool2d`."""

    _shown = "kernel_size", "stride", "padding"

    def __init__(self, kernel_size, stride=None, padding=0, *, count_include_pad=True):
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.count_include_pad = padding, count_include_pad

    def forward(self, input):
        return F.avg_pool2d(input, self.kernel_size, self.stride, self.padding,
                            count_include_pad=self.count_include_pad)


class Dropout(Module):
    """In training, drops each number with the probability `p`; nothing after `eval()`. See
    `functional.dropout`."""

    _shown = ("p",)

    def __init__(self, p=0.5, *, rng=None):
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout: p is a probability from 0 to 1, got {p}")
        self.p, self.rng = p, np.random.default_rng(rng)

    def forward(self, input):
        return F.dropout(input, self.p, self.training, rng=self.rng)


class Flatten(Module):
    """The axes from `start_dim` to `end_dim` run together; by default each picture's numbers in one row."""

    _shown = "start_dim", "end_dim"

    def __init__(self, start_dim=1, end_dim=-1):
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input):
        return ops.flatten(input, self.start_dim, self.end_dim)


class Identity(Module):
    """The input itself."""

    def forward(self, input):
        return input


class ReLU(Module):
    """max(x, 0), element by element."""

    def forward(self, input):
        return F.relu(input)


class Sigmoid(Module):
    """1 / (1 + e⁻ˣ), element by element."""

    def forward(self, input):
        return ops.sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent, element by element."""

    def forward(self, input):
        return ops.tanh(input)


class Softmax(Module):
    """Numbers into shares along `dim`. See `functional.softmax`."""

    _shown = ("dim",)

    def __init__(self, dim):
        self.dim = dim

    def forward(self, input):
        return F.softmax(input, self.dim)


class LogSoftmax(Softmax):
    """The logarithm of the softmax along `dim`. See `functional.log_softmax`."""

    def forward(self, input):
        return F.log_softmax(input, self.dim)


# --- Losses -------------------------------------------------------------------------------------------------

class _Loss(Module):
    """The base of the losses: `reduction` is "mean", "sum" or "none"."""

    def __init__(self, *, reduction="mean"):
        self.reduction = reduction


class MSELoss(_Loss):
    """The squared error. See `functional.mse_loss`."""

    def forward(self, input, target):
        return F.mse_loss(input, target, reduction=self.reduction)


class NLLLoss(_Loss):
    """The surprise at the right answers, from log-probabilities. See `functional.nll_loss`."""

    def forward(self, input, target):
        return F.nll_loss(input, target, reduction=self.reduction)


class CrossEntropyLoss(_Loss):
    """The surprise at the right answers, from any scores. See `functional.cross_entropy`."""

    def __init__(self, *, reduction="mean", label_smoothing=0.0):
        super().__init__(reduction=reduction)
        self.label_smoothing = label_smoothing

    def forward(self, input, target):
        return F.cross_entropy(input, target, reduction=self.reduction, label_smoothing=self.label_smoothing)


# --- Layers in a row ----------------------------------------------------------------------------------------

class Sequential(Module):
    """Layers in a row, each fed with what the one before gives. `network[1]` is one, `network[:3]` three.

    Layers are called "0", "1", and so on, or as in a dict from names to layers. A slice keeps the names.
    """

    def __init__(self, *layers):
        named = layers[0] if len(layers) == 1 and isinstance(layers[0], dict) else dict(enumerate(layers))
        for name, layer in named.items():
            self.add_module(str(name), layer)

    def append(self, module):
        """Add a layer at the end; returns the network."""
        self.add_module(str(len(self)), module)
        return self

    def forward(self, input):
        many = getattr(input, "ndim", 0) == 4 and len(input) > F.MANY     # layers of one's own take anything
        if many and not is_grad_enabled() and all(map(_one_by_one, self)):
            # What no gradient is wanted of is forgotten at once. So lot by lot, each of which fits the cache.
            return ops.cat([self.forward(pictures) for pictures in ops.split(input, F.MANY)])
        for i, layer in self._in_order():
            try:
                input = layer(input)
            except RuntimeError as error:
                raise RuntimeError(f"layer {i} of {len(self)}, {type(layer).__name__}: {error}") from error
        return input

    def _in_order(self):
        """(number, layer) in the order of work: a max pooling comes before the ReLU in front of it."""
        # The largest of what ReLU leaves is what ReLU leaves of the largest, to the last bit and gradient.
        # But a pooling by 2 leaves it a quarter of the numbers.
        order = list(enumerate(self))
        for i in range(1, len(order)):
            if type(order[i][1]) is MaxPool2d and type(order[i - 1][1]) is ReLU:
                order[i - 1 : i + 1] = order[i], order[i - 1]
        return order

    def __len__(self):
        return len(self._parts(Module))

    def __iter__(self):
        return iter(self._parts(Module).values())

    def __getitem__(self, index):
        layers = list(self._parts(Module).items())
        return Sequential(dict(layers[index])) if isinstance(index, slice) else layers[index][1]


def _one_by_one(layer):
    """Whether a layer takes every picture by itself, as if it were alone."""
    return type(layer) in (Conv2d, Linear, ReLU, MaxPool2d, AvgPool2d) or (
        type(layer) is Flatten and layer.start_dim == 1)
