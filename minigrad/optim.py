"""Descent: what to do with a gradient once it is there. From the update of one line to the full SGD.

All there is to learning is `w -= lr * gradient`, over and over. The rest makes it faster: momentum keeps
going in a direction that has paid off, weight decay pulls weights that nothing holds towards zero.
"""

from minigrad.tensor import Tensor


class SGD:
    """Stochastic gradient descent (Robbins and Monro, 1951), with PyTorch's names, defaults and order of
    steps.

    params: an iterable of tensors, such as `network.parameters()`.
    lr: the learning rate, a positive number; `optimiser.lr` may be changed between steps (a schedule).
    momentum: the share of the last step that is kept (Polyak, 1964); 0 keeps none.
    weight_decay: this times the weight is added to its gradient (the gradient of weight_decay/2 · w²).
    nesterov: look ahead along the momentum first (Nesterov, 1983; in the form of Sutskever et al., 2013).
    Raises ValueError for numbers that make no sense.
    """

    def __init__(self, params, lr=1e-3, momentum=0.0, weight_decay=0.0, nesterov=False):
        self.params = list(params)
        if not self.params:
            raise ValueError("SGD: no parameters to optimise (an exhausted generator?)")
        if not all(isinstance(parameter, Tensor) and parameter.is_leaf for parameter in self.params):
            raise ValueError("SGD: parameters are leaf tensors, not the results of operations")
        if lr < 0 or momentum < 0 or weight_decay < 0:
            raise ValueError("SGD: lr, momentum and weight_decay cannot be negative, "
                             f"got {lr}, {momentum} and {weight_decay}")
        if nesterov and momentum == 0:
            raise ValueError("SGD: nesterov needs a momentum above 0")
        self.lr, self.momentum, self.weight_decay, self.nesterov = lr, momentum, weight_decay, nesterov
        self.velocities = [None] * len(self.params)

    def zero_grad(self):
        """Forget the gradients: `backward` adds to what is there."""
        for parameter in self.params:
            parameter.grad = None

    def step(self):
        """Move every parameter that has a gradient one step downhill."""
        for i, parameter in enumerate(self.params):
            if parameter.grad is not None:
                parameter.data = Tensor(parameter._data - self.lr * self._direction(i, parameter))

    def _direction(self, i, parameter):
        direction = parameter.grad._data
        if self.weight_decay != 0:
            direction = direction + self.weight_decay * parameter._data
        if self.momentum != 0:
            velocity = self.velocities[i]
            velocity = direction.copy() if velocity is None else self.momentum * velocity + direction
            self.velocities[i] = velocity
            direction = direction + self.momentum * velocity if self.nesterov else velocity
        return direction
