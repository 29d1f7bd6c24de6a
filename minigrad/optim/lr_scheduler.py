"""Learning rates that change on the way: large steps first, small ones towards the end.

A schedule is a function from the number of steps taken to a learning rate. It writes that rate to the
optimiser's `param_groups`, and knows nothing else of it. Call `schedule.step()` after `optimiser.step()`, as
often as the rate should change, for example once a minibatch or once an epoch:

    schedule = optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / steps)

Names and defaults are those of `torch.optim.lr_scheduler`.
"""

import math


class LRScheduler:
    """The base of all schedules, which say in `rates` what the learning rates are.

    `last_epoch` counts the steps, from 0. `base_lrs` holds the learning rate of each group at the start.
    """

    def __init__(self, optimizer):
        self.optimizer, self.last_epoch = optimizer, 0
        self.base_lrs = [group.setdefault("initial_lr", group["lr"]) for group in optimizer.param_groups]
        self._write()

    def rates(self):
        """The learning rate of each group after `last_epoch` steps."""
        raise NotImplementedError(f"{type(self).__name__} does not define rates()")

    def step(self):
        """Count one more step, and set the learning rate of every group."""
        self.last_epoch += 1
        self._write()

    def _write(self):
        for group, rate in zip(self.optimizer.param_groups, self.rates()):
            group["lr"] = rate

    def get_last_lr(self):
        """The learning rate of each group, as it is now."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self):
        """What a schedule needs to go on later; the functions of a LambdaLR are not part of it."""
        return {"last_epoch": self.last_epoch, "base_lrs": list(self.base_lrs)}

    def load_state_dict(self, state_dict):
        """Take over a `state_dict`. The learning rates themselves come with that of the optimiser."""
        self.last_epoch, self.base_lrs = state_dict["last_epoch"], list(state_dict["base_lrs"])


class LambdaLR(LRScheduler):
    """The learning rate at the start, times `lr_lambda(steps taken)`; or a list of functions, one a group."""

    def __init__(self, optimizer, lr_lambda):
        groups = optimizer.param_groups
        self.lr_lambdas = [lr_lambda] * len(groups) if callable(lr_lambda) else list(lr_lambda)
        if len(self.lr_lambdas) != len(groups):
            raise ValueError(f"LambdaLR: {len(self.lr_lambdas)} functions for {len(groups)} groups")
        super().__init__(optimizer)

    def rates(self):
        return [base * function(self.last_epoch) for base, function in zip(self.base_lrs, self.lr_lambdas)]


class StepLR(LRScheduler):
    """The learning rate times `gamma` after every `step_size` steps."""

    def __init__(self, optimizer, step_size, gamma=0.1):
        if step_size < 1:
            raise ValueError(f"StepLR: step_size is at least 1, got {step_size}")
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def rates(self):
        falls = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        return [rate * self.gamma if falls else rate for rate in self.get_last_lr()]


class CosineAnnealingLR(LRScheduler):
    """From the learning rate at the start down to `eta_min` in `T_max` steps, along half a wave of the
    cosine: slowly, then fast, then slowly (Loshchilov and Hutter, 2016). After that the wave goes up again.

    Computed from the rate at the start, so a rate that is changed by hand on the way is written over.
    """

    def __init__(self, optimizer, T_max, eta_min=0.0):
        if T_max < 1:
            raise ValueError(f"CosineAnnealingLR: T_max is at least 1, got {T_max}")
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def rates(self):
        share = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
        return [self.eta_min + share * (base - self.eta_min) for base in self.base_lrs]
