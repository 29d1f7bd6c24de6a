"""Descent: the optimisers in `optimizers`, their learning rates over time in `lr_scheduler`."""

from minigrad.optim import lr_scheduler
from minigrad.optim.optimizers import SGD, Adam, Optimizer

__all__ = ["Adam", "Optimizer", "SGD", "lr_scheduler"]
