"""Layers: as functions in `nn.functional`, as parts that own their parameters in `nn.modules`."""

from minigrad.nn import functional  # noqa: I001 - many names, a few lines
from minigrad.nn.modules import (
    AvgPool2d, BatchNorm2d, Conv2d, CrossEntropyLoss, Dropout, Flatten, Identity, Linear, LogSoftmax,
    MaxPool2d, Module, MSELoss, NLLLoss, Parameter, ReLU, Sequential, Sigmoid, Softmax, Tanh,
)

__all__ = [
    "functional",
    "AvgPool2d", "BatchNorm2d", "Conv2d", "CrossEntropyLoss", "Dropout", "Flatten", "Identity", "Linear",
    "LogSoftmax", "MaxPool2d", "Module", "MSELoss", "NLLLoss", "Parameter", "ReLU", "Sequential", "Sigmoid",
    "Softmax", "Tanh",
]
