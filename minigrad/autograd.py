"""Gradients, under the names of `torch.autograd`: what `tensor.py` does, and the check that it is right."""

from minigrad.anomaly import detect_anomaly
from minigrad.grad_mode import enable_grad, no_grad, set_grad_enabled
from minigrad.gradcheck import GradientError, gradcheck, gradgradcheck
from minigrad.tensor import grad

__all__ = ["GradientError", "detect_anomaly", "enable_grad", "grad", "gradcheck", "gradgradcheck", "no_grad",
           "set_grad_enabled"]
