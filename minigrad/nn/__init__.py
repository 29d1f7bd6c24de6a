"""Layers: as functions in `nn.functional`, as parts that own their parameters in `nn.modules`."""

from minigrad.nn import functional
from minigrad.nn.modules import Conv2d, Flatten, Linear, MaxPool2d, Module, Parameter, ReLU, Sequential

__all__ = [
    "functional",
    "Conv2d", "Flatten", "Linear", "MaxPool2d", "Module", "Parameter", "ReLU", "Sequential",
]
