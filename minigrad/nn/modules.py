"""The parts: layers that own their parameters, and the box that puts layers in a row.

Names, arguments, defaults and initial values are those of `torch.nn`. Where PyTorch draws its random numbers
from one hidden generator, a layer here takes `rng`, a `numpy.random.Generator`; without one it draws a fresh
generator.
"""

import math

import numpy as np

from minigrad.nn import functional as F
from minigrad.tensor import Tensor, tensor


class Parameter(Tensor):
    """A tensor that a module learns: found by `Module.parameters()`, and requiring a gradient."""

    def __init__(self, data, requires_grad=True):
        super().__init__(data._data if isinstance(data, Tensor) else data, requires_grad)

    def __repr__(self):
        return f"Parameter containing:\n{super().__repr__()}"


class Module:
    """The base of all layers: parameters and modules are assigned as attributes, `forward` is defined."""

    training = True

    def forward(self, *inputs):
        raise NotImplementedError(f"{type(self).__name__} does not define forward()")

    def __call__(self, *inputs):
        return self.forward(*inputs)

    def named_children(self):
        """(name, module) for each module assigned to this one, in the order of assignment."""
        return ((name, part) for name, part in vars(self).items() if isinstance(part, Module))

    def children(self):
        return (module for _, module in self.named_children())

    def named_modules(self, prefix=""):
        """(name, module) for this module and all below it. Dots join the names; this one has none."""
        yield prefix, self
        for name, module in self.named_children():
            yield from module.named_modules(f"{prefix}.{name}" if prefix else name)

    def named_parameters(self, remove_duplicate=True):
        """(name, parameter) for each parameter here and below, as in "conv1.weight"; each comes once."""
        seen = set()
        for prefix, module in self.named_modules():
            for name, part in vars(module).items():
                if isinstance(part, Parameter) and not (remove_duplicate and part in seen):
                    seen.add(part)
                    yield f"{prefix}.{name}" if prefix else name, part

    def parameters(self):
        return (parameter for _, parameter in self.named_parameters())

    def zero_grad(self):
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def train(self, mode=True):
        """Tell this module and all below it that it is being trained; returns the module."""
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self):
        """Tell this module and all below it that it is being used, not trained; returns the module."""
        return self.train(False)

    def state_dict(self):
        """A dict from the name of each parameter to a copy of its numbers."""
        named = self.named_parameters(remove_duplicate=False)
        return {name: Tensor(parameter._data.copy()) for name, parameter in named}

    def load_state_dict(self, state):
        """Take over the numbers of a `state_dict` (tensors or arrays).

        RuntimeError lists every name that is missing, unexpected or of another shape; nothing is loaded then.
        """
        own = dict(self.named_parameters(remove_duplicate=False))
        problems = [f"missing: {name}" for name in own if name not in state]
        problems += [f"unexpected: {name}" for name in state if name not in own]
        problems += [f"{name} has shape {tuple(state[name].shape)}, wanted {parameter.shape}"
                     for name, parameter in own.items()
                     if name in state and tuple(state[name].shape) != parameter.shape]
        if problems:
            raise RuntimeError(f"load_state_dict of {type(self).__name__}: " + "; ".join(problems))
        loaded = {name: tensor(state[name], parameter.dtype) for name, parameter in own.items()}
        for name, parameter in own.items():
            parameter.data = loaded[name]

    def extra_repr(self):
        """What stands between the brackets when the module is printed."""
        return ""

    def __repr__(self):
        children = [f"  ({name}): {module!r}".replace("\n", "\n  ") for name, module in self.named_children()]
        inside = "\n".join(["", *children, ""]) if children else self.extra_repr()
        return f"{type(self).__name__}({inside})"


# --- Layers with parameters ---------------------------------------------------------------------------------

def _initial(shape, fan_in, rng):
    """PyTorch's default for weights and biases: uniform within ±1/√fan_in, so that sums stay small."""
    bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0.0
    rng = np.random.default_rng() if rng is None else rng
    return Parameter(rng.uniform(-bound, bound, shape).astype(np.float32))


class Linear(Module):
    """y = x·Wᵀ + b: (..., in_features) -> (..., out_features). Parameters: weight (out, in), bias (out,)."""

    def __init__(self, in_features, out_features, bias=True, *, rng=None):
        self.in_features, self.out_features = in_features, out_features
        rng = np.random.default_rng() if rng is None else rng
        self.weight = _initial((out_features, in_features), in_features, rng)
        self.bias = _initial((out_features,), in_features, rng) if bias else None

    def forward(self, input):
        if input.ndim == 0 or input.shape[-1] != self.in_features:
            raise RuntimeError(f"{self}: wanted an input (..., {self.in_features}), got {input.shape}")
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self):
        bias = self.bias is not None
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={bias}"


class Conv2d(Module):
    """Learned filters: (N, in_channels, H, W) -> (N, out_channels, OH, OW).

    Parameters: weight (out_channels, in_channels, KH, KW), bias (out_channels,). See `functional.conv2d`.
    """

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, bias=True, *,
                 rng=None):
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size = F._pair(kernel_size)
        self.stride, self.padding, self.dilation = F._pair(stride), F._pair(padding), F._pair(dilation)
        rng = np.random.default_rng() if rng is None else rng
        fan_in = in_channels * math.prod(self.kernel_size)
        self.weight = _initial((out_channels, in_channels, *self.kernel_size), fan_in, rng)
        self.bias = _initial((out_channels,), fan_in, rng) if bias else None

    def forward(self, input):
        if input.ndim != 4 or input.shape[1] != self.in_channels:
            raise RuntimeError(f"{self}: wanted an input (N, {self.in_channels}, H, W), got {input.shape}")
        return F.conv2d(input, self.weight, self.bias, self.stride, self.padding, self.dilation)

    def extra_repr(self):
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"]
        for name, default in (("stride", (1, 1)), ("padding", (0, 0)), ("dilation", (1, 1))):
            if getattr(self, name) != default:
                parts.append(f"{name}={getattr(self, name)}")
        return ", ".join(parts if self.bias is not None else [*parts, "bias=False"])


# --- Layers without -----------------------------------------------------------------------------------------

class MaxPool2d(Module):
    """The largest number in each window: (N, C, H, W) -> (N, C, OH, OW). See `functional.max_pool2d`."""

    def __init__(self, kernel_size, stride=None, padding=0, dilation=1):
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation

    def forward(self, input):
        return F.max_pool2d(input, self.kernel_size, self.stride, self.padding, self.dilation)

    def extra_repr(self):
        return (f"kernel_size={self.kernel_size}, stride={self.stride}, "
                f"padding={self.padding}, dilation={self.dilation}")


class ReLU(Module):
    """max(x, 0), element by element."""

    def forward(self, input):
        return F.relu(input)


class Flatten(Module):
    """Each picture's numbers in one row: (N, ...) -> (N, all the others)."""

    def forward(self, input):
        return input.reshape(input.shape[0], math.prod(input.shape[1:]))


class Sequential(Module):
    """Layers in a row, each fed with what the one before gives. `network[1]` is one, `network[:3]` three."""

    def __init__(self, *layers):
        for i, layer in enumerate(layers):
            setattr(self, str(i), layer)

    def forward(self, input):
        for i, layer in enumerate(self):
            try:
                input = layer(input)
            except RuntimeError as error:
                raise RuntimeError(f"layer {i} of {len(self)}: {error}") from error
        return input

    def __len__(self):
        return len(list(self.children()))

    def __iter__(self):
        return self.children()

    def __getitem__(self, index):
        layers = list(self.children())
        return Sequential(*layers[index]) if isinstance(index, slice) else layers[index]
