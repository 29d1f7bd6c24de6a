"""What `tensor.py` does, under the names of `torch.autograd`."""

from minigrad.tensor import detect_anomaly, enable_grad, grad, no_grad, set_grad_enabled

__all__ = ["detect_anomaly", "enable_grad", "grad", "no_grad", "set_grad_enabled"]
