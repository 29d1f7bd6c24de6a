"""Descent: what to do with a gradient once it is there. From the update of one line to Adam.

All there is to learning is `w -= lr * gradient`, over and over. The rest makes it faster: momentum keeps
going in a direction that has paid off, weight decay pulls weights that nothing holds towards zero, and Adam
gives every number a step of its own size. This file knows nothing of networks: parameters are tensors.

Names, defaults and the order of the arithmetic are those of `torch.optim`.
"""

import copy
import math

import numpy as np

from minigrad.memory import parts
from minigrad.tensor import Tensor, _wrap


class Optimizer:
    """The base of all optimisers: it keeps the parameters, an optimiser says in `update` how to move one.

    `params` is an iterable of tensors, such as `network.parameters()`, or of dicts, groups with options of
    their own: `[{"params": [w]}, {"params": [b], "lr": 0.5}]`. What a group leaves out comes from `defaults`.
    `param_groups` lists these dicts. A change of `group["lr"]` counts from the next step on.
    `state[parameter]` is a dict of what an optimiser remembers of that parameter: arrays and numbers.
    Raises ValueError for no parameters at all, for one that comes twice, and for options that make no sense.
    """

    def __init__(self, params, defaults):
        if isinstance(params, (Tensor, dict)):
            raise TypeError(f"{type(self).__name__}: wanted an iterable of tensors or of dicts, "
                            f"got one {type(params).__name__}")
        self.defaults, self.param_groups, self.state = defaults, [], {}
        params = list(params)
        if not params:
            raise ValueError(f"{type(self).__name__}: no parameters to optimise (an exhausted generator?)")
        for group in params if isinstance(params[0], dict) else [{"params": params}]:
            self.add_param_group(group)

    def __setattr__(self, name, value):
        if name in self.__dict__.get("defaults", ()):
            raise AttributeError(f'{type(self).__name__}: {name} belongs to the groups; set it there, as in '
                                 f'optimiser.param_groups[0]["{name}"] = {value}')
        super().__setattr__(name, value)

    def add_param_group(self, param_group):
        """Optimise the tensors in `param_group["params"]` as well, with the options in that dict."""
        name, params = type(self).__name__, param_group["params"]
        params = [params] if isinstance(params, Tensor) else list(params)
        for parameter in params:
            if not isinstance(parameter, Tensor):
                raise TypeError(f"{name}: parameters are tensors, not {type(parameter).__name__}")
            if not parameter.is_leaf:
                raise ValueError(f"{name}: parameters are leaf tensors, not the results of operations")
        known = [parameter for group in self.param_groups for parameter in group["params"]]
        if len(set(known + params)) < len(known + params):
            raise ValueError(f"{name}: a parameter comes twice, and would be moved twice")
        group = self.defaults | param_group | {"params": params}
        self.check(group)
        self.param_groups.append(group)

    def check(self, group):
        """Raise ValueError for a group with options that make no sense."""

    def zero_grad(self):
        """Forget the gradients: `backward` adds to what is there."""
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    def step(self):
        """Move every parameter that has a gradient one step downhill."""
        for group in self.param_groups:
            # NumPy's own float64 numbers would widen float32 arrays, Python's do not.
            options = {name: value.item() if isinstance(value, np.generic) else value
                       for name, value in group.items()}
            for parameter in group["params"]:
                if parameter.grad is not None:
                    state = self.state.setdefault(parameter, {})
                    weights, gradient = parameter._data, parameter.grad._data
                    if weights.strides != gradient.strides:     # in one order, numbers meet in long runs
                        weights = np.positive(weights, out=np.empty_like(gradient))
                    moved = self.update(weights, gradient, options, state)
                    parameter._in_place(_wrap(moved))

    def update(self, weights, gradient, group, state):
        """The numbers of one parameter after a step, as a new array. `weights` and `gradient` are only read.

        `group` has the options; what is remembered of this parameter is kept in `state`, for this alone.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define update()")

    def state_dict(self):
        """What training needs to go on later: "state" and "param_groups", with numbers for the parameters.

        It is a copy: later steps do not change it.
        """
        numbers, state = self._numbers(), copy.deepcopy(list(self.state.values()))
        groups = [group | {"params": [numbers[parameter] for parameter in group["params"]]}
                  for group in self.param_groups]
        return {"state": dict(zip(map(numbers.get, self.state), state)), "param_groups": groups}

    def load_state_dict(self, state_dict):
        """Take over a `state_dict`. ValueError if it is one of other groups; nothing is loaded then."""
        groups, parameters = state_dict["param_groups"], list(self._numbers())
        sizes = [[len(group["params"]) for group in side] for side in (groups, self.param_groups)]
        if sizes[0] != sizes[1]:
            raise ValueError(f"{type(self).__name__}: the state is of groups of {sizes[0]} parameters, "
                             f"wanted {sizes[1]}")
        for i, state in state_dict["state"].items():
            for key, value in state.items():
                if getattr(value, "shape", parameters[i].shape) != parameters[i].shape:
                    raise ValueError(f"{type(self).__name__}: {key} of parameter {i} has shape "
                                     f"{value.shape}, wanted {parameters[i].shape}")
        self.state = {parameters[i]: {key: np.array(value) if hasattr(value, "shape") else value
                                      for key, value in state.items()}
                      for i, state in state_dict["state"].items()}
        for group, loaded in zip(self.param_groups, groups):
            group.update(loaded | {"params": group["params"]})

    def _numbers(self):
        parameters = [parameter for group in self.param_groups for parameter in group["params"]]
        return {parameter: i for i, parameter in enumerate(parameters)}


def _not_negative(name, group, *options):
    for option in options:
        if not group[option] >= 0:
            raise ValueError(f"{name}: {option} cannot be negative, got {group[option]}")


class SGD(Optimizer):
    """Stochastic gradient descent (Robbins and Monro, 1951).

    lr: the learning rate.
    momentum: the share of the last step that is kept (Polyak, 1964); 0 keeps none.
    dampening: the share of the gradient that momentum leaves out.
    weight_decay: this times the weight is added to its gradient (the gradient of weight_decay/2 · w²).
    nesterov: look ahead along the momentum first (Nesterov, 1983; in the form of Sutskever et al., 2013).
    """

    def __init__(self, params, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False):
        super().__init__(params, dict(lr=lr, momentum=momentum, dampening=dampening,
                                      weight_decay=weight_decay, nesterov=nesterov))

    def check(self, group):
        _not_negative("SGD", group, "lr", "momentum", "weight_decay")
        if group["nesterov"] and (group["momentum"] == 0 or group["dampening"] != 0):
            raise ValueError("SGD: nesterov needs a momentum above 0 and no dampening")

    def update(self, weights, gradient, group, state):
        first, moved = self.begin(gradient, group, state), np.empty_like(weights)
        for part in parts(weights):     # so that what is read again is still in the cache
            direction = self.direction(weights[part], gradient[part], group, state, part, first)
            change = np.multiply(direction, group["lr"], out=moved[part])
            np.subtract(weights[part], change, out=change)
        return moved

    def begin(self, gradient, group, state):
        """Make room for the momentum; whether this is the first step, whose gradient is not dampened."""
        first = "momentum_buffer" not in state
        if first and group["momentum"] != 0:
            state["momentum_buffer"] = np.zeros_like(gradient)
        return first

    def direction(self, weights, gradient, group, state, part=..., first=False):
        """What is walked down, for a part of the numbers: the gradient, with weight decay and momentum."""
        momentum = group["momentum"]
        if group["weight_decay"] != 0:
            gradient = gradient + group["weight_decay"] * weights
        if momentum == 0:
            return gradient
        velocity = state["momentum_buffer"][part]
        velocity *= momentum
        velocity += gradient if first or group["dampening"] == 0 else (1 - group["dampening"]) * gradient
        return gradient + momentum * velocity if group["nesterov"] else velocity


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2014): steps of about `lr` for each number, whatever the size of its gradient.

    Two running means are kept, of the gradient and of its square. Both start at 0 and are too small at first,
    which is made up for; then each number moves by lr · mean / (√mean of squares + eps).

    lr: the learning rate.
    betas: the shares of the two running means that are kept at each step, from 0 up to, not including, 1.
    eps: keeps the quotient from exploding where gradients are close to 0.
    weight_decay: this times the weight is added to its gradient.
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay))

    def check(self, group):
        _not_negative("Adam", group, "lr", "eps", "weight_decay")
        if len(group["betas"]) != 2 or not all(0 <= beta < 1 for beta in group["betas"]):
            raise ValueError(f"Adam: betas are two numbers from 0 to below 1, got {group['betas']}")

    def update(self, weights, gradient, group, state):
        if group["weight_decay"] != 0:
            gradient = gradient + group["weight_decay"] * weights
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(gradient), exp_avg_sq=np.zeros_like(gradient))
        beta1, beta2 = group["betas"]
        state["step"] += 1
        state["exp_avg"] = beta1 * state["exp_avg"] + (1 - beta1) * gradient
        state["exp_avg_sq"] = beta2 * state["exp_avg_sq"] + (1 - beta2) * gradient * gradient
        mean = state["exp_avg"] / (1 - beta1 ** state["step"])
        root = np.sqrt(state["exp_avg_sq"]) / math.sqrt(1 - beta2 ** state["step"])
        return weights - group["lr"] * mean / (root + group["eps"])
