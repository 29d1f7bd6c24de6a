# %% [markdown]
# # Lesson 8: Ten digits
#
# Softmax, cross-entropy, minibatches, momentum: what each one is, what it costs and what it gains.
#
# Lesson 7 told two digits apart with eight learned filters, a squared error and the plainest update
# there is. It would also work for ten digits, slowly. Four ideas make it work well. None of them is
# large. We take them one by one, and measure each.

# %%
import time

import numpy as np
from matplotlib import pyplot as plt

from lessons import kit
from minigrad import Tensor, data, nn, no_grad, optim, plot
from minigrad.nn import functional as F

lesson = kit.lesson(8)
train, valid, test = lesson.mnist()

# %% [markdown]
# ## Ten scores
#
# One weighted sum could say "eight" or "one". For ten digits we need ten sums, one for each: ten
# **scores**. The largest is the answer. The rest is as before, one layer of eight filters, and two
# small changes. What is negative after the filter is dropped: that is called **relu**. And we pool
# over 2 × 2 instead of 7 × 7, because ten digits are harder to tell apart, so more of the picture
# should be left.


# %%
def new_network(rng):
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, rng=rng),            # (N, 1, 28, 28) -> (N, 8, 24, 24)
        nn.ReLU(),
        nn.MaxPool2d(2),                        # (N, 8, 12, 12)
        nn.Flatten(),                           # (N, 1152)
        nn.Linear(1152, 10, rng=rng),           # (N, 10)
    )


network = new_network(lesson.rng)
digit, label = Tensor(train.images[:1]), int(train.labels[0])
scores = network(digit)
print(f"ten scores for a {label}:", scores.detach().numpy().round(2))

# %% [markdown]
# ## Softmax: scores into shares
#
# Scores can be anything. We want to read them as "how sure", so they should be positive, and add up
# to 1. The recipe: e to the power of each score, which makes all of them positive, and then divide
# by their sum. That is the **softmax**. A score that is larger by 1 has a share that is larger by a
# factor of e, about 2.7.

# %%
example = np.array([1.0, 3.0, 0.5, -1.0, 2.0])
shares = Tensor(example).softmax(0).numpy()
fig, axes = plt.subplots(1, 2, figsize=(6, 2.2))
for ax, numbers, title in zip(axes, (example, shares), ("five scores", "their softmax: five shares")):
    ax.bar(range(5), numbers)
    ax.axhline(0, color="black", lw=0.8)
    ax.set(title=title, xticks=[], ylim=(min(0, numbers.min() * 1.5), numbers.max() * 1.25))
    for i, number in enumerate(numbers):
        ax.text(i, max(number, 0), f"{number:.2f}", ha="center", va="bottom", fontsize=9)
lesson.figure(fig, "softmax")

# %% [markdown]
# ## Cross-entropy: how surprised are you?
#
# Now the loss. Look at the share p that the true digit got. It should be 1. The squared error is (1
# - p)². Here is a stricter judge: the **surprise**, -ln p. Nothing for p = 1. And without limit for
# p near 0: to be sure and wrong is the worst of all. Averaged over the pictures it is called the
# **cross-entropy**.

# %%
p = np.linspace(0.002, 1, 300)
fig, ax = plt.subplots(figsize=(5, 2.8))
ax.plot(p, -np.log(p), label="surprise, -ln p")
ax.plot(p, (1 - p) ** 2, label="squared error, (1 - p)²")
ax.set(xlabel="share of the true digit, p", ylabel="loss", ylim=(0, 5))
ax.legend()
lesson.figure(fig, "surprise")

# %% [markdown]
# A network that knows nothing gives each digit a tenth. Its surprise is ln 10 ≈ 2.30. That is a
# number to remember: if learning does not begin near it, something is wrong.

# %%
with no_grad():
    first_loss = F.cross_entropy(network(Tensor(train.images[:500])), train.labels[:500]).item()
print(f"surprise before learning: {first_loss:.2f}, ln 10 = {np.log(10):.2f}")

# %% [markdown]
# There is a second reason, and it is the real one. Which way should each score move? The chain rule
# takes the derivative of the surprise, through the logarithm, through the softmax, and what comes
# out is the simplest thing one could wish for: **the share, minus the truth**. A score moves by
# exactly as much as it was wrong.
#
# Do not take our word for it. Ask the machine of lesson 6.

# %%
scores.retain_grad()
F.cross_entropy(scores, np.array([label])).backward()
by_machine = scores.grad.numpy()[0]
by_rule = scores.detach().softmax(1).numpy()[0] - (np.arange(10) == label)
print("by machine:          ", by_machine.round(3))
print("share minus truth:   ", by_rule.round(3))
difference = float(np.abs(by_machine - by_rule).max())
lesson.receipt("derivative of the cross-entropy: share minus truth", "equal to 1e-6",
               f"differ by {difference:.0e}", difference <= 1e-6)

# %% [markdown]
# The squared error of a softmax has no such simple derivative. Where the network is sure and wrong,
# p is near 0, and there the softmax hardly moves, whatever the score does: its slope is p · (1 - p).
# The slope of the squared error is multiplied by that, and nearly nothing is left. So it learns
# least where it should learn most. The slope of the surprise is -1/p, and makes up for it exactly.
# Is that a reason to prefer the surprise? It sounds like one. Below, we measure.
#
# ## Minibatches: a rough gradient is enough
#
# To know which way is down for all 55,000 pictures, one has to look at all of them. To know it
# roughly, a few will do. How roughly? We compare directions: the gradient from 4,096 pictures
# stands for the true one. How well do gradients from fewer agree with it? 1 means the same
# direction, 0 means a direction that has nothing to do with it.


# %%
def gradient(pictures, labels):
    """The gradient of the loss on these pictures, all its numbers in one long row."""
    network.zero_grad()
    F.cross_entropy(network(Tensor(pictures)), labels).backward()
    return np.concatenate([parameter.grad.numpy().ravel() for parameter in network.parameters()])


def agreement(a, b):
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


many = next(data.batches(*train, min(4096, len(train.labels)), rng=lesson.rng))
truth = gradient(*many)
print("pictures   ms a step   agreement of the directions")
for size in (1, 16, 64, 256, 1024):
    found, start = [], time.perf_counter()
    for _ in range(5):
        found.append(gradient(*next(data.batches(*train, size, rng=lesson.rng))))
    milliseconds = 1000 * (time.perf_counter() - start) / 5
    print(f"{size:8,} {milliseconds:11.1f} {np.mean([agreement(g, truth) for g in found]):12.2f}")

# %% [markdown]
# The time grows with the number of pictures. The agreement grows much more slowly.
# So it is better to take many steps in roughly the right direction than few in exactly the right
# one. Such a handful is a **minibatch**, and the method is **stochastic gradient descent**, SGD:
# stochastic, because chance picks the handful.
#
# ## Momentum: a ball, not a hiker
#
# The plain update stops and looks round after every step. A ball rolls on. With **momentum** 0.9
# each step is the new gradient plus nine tenths of the last step. Where all gradients agree, the
# steps add up and get ten times as long. Where they point left and right in turn, they cancel.
#
# `optim.SGD` does that. Without momentum it is the update of lesson 5, word for word.
#
# ## What does each one gain?
#
# One pass over the 55,000 for each variant, all from the same random start, each with a learning
# rate that suits it, found by trying three or four. As in lesson 7, the steps get smaller towards
# the end: after each of them, a **schedule** lowers the rate. After the pass, the 5,000 pictures
# that were set aside say how good it is.


# %%
def accuracy(network, part):
    with no_grad():
        return sum(int((network(Tensor(x)).numpy().argmax(1) == y).sum())
                   for x, y in data.batches(*part, 500)) / len(part.labels)


def squared_error(scores, labels):
    truth = Tensor(np.eye(10, dtype=np.float32)[labels])
    return F.mse_loss(scores.softmax(1), truth, reduction="sum") / len(labels)


def learn(name, loss_function, batch_size, rate, momentum, passes=1):
    """Train a new network; returns it, the loss at each step and the seconds that it took."""
    rng = np.random.default_rng(lesson.seed)
    network = new_network(rng)
    optimiser = optim.SGD(network.parameters(), lr=rate, momentum=momentum)
    steps = passes * -(-len(train.labels) // batch_size)
    schedule = optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / steps)
    losses, start = [], time.perf_counter()
    with lesson.progress(name, total=steps) as bar:
        for _ in range(passes):
            for images, labels in data.batches(*train, batch_size, rng=rng):
                loss = loss_function(network(Tensor(images)), labels)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                losses.append(loss.item())
                bar.advance(loss=losses[-1])
    return network, losses, time.perf_counter() - start


variants = [
    ("squared error, minibatches of 64", squared_error, 64, 1.0, 0.0),
    ("cross-entropy, minibatches of 64", F.cross_entropy, 64, 0.2, 0.0),
    ("cross-entropy, minibatches of 1,024", F.cross_entropy, 1024, 0.5, 0.0),
    ("cross-entropy, 64, momentum 0.9", F.cross_entropy, 64, 0.05, 0.9),
]
results = []
for name, loss_function, batch_size, rate, momentum in variants:
    network, losses, seconds = learn(name, loss_function, batch_size, rate, momentum)
    results.append((name, len(losses), seconds, accuracy(network, valid)))

print(f"\n{'one pass':38} {'steps':>6} {'seconds':>8} {'right, of 5,000':>16}")
for name, steps, seconds, share in results:
    print(f"{name:38} {steps:6,} {seconds:8.1f} {share:16.2%}")

# %% [markdown]
# Read the table from above.
#
# - The two judges come out about equal. We had expected more from the stricter one. On a problem as
#   easy as this, it is not needed. We keep it for its simple derivative, and because its number
#   means something: 2.30 is knowing nothing, 0 is knowing everything.
# - A pass in large minibatches takes about as long, since it looks at as many pictures. But it
#   makes a sixteenth of the steps, and ends far behind.
# - Momentum costs next to nothing, and gains most.
#
# ## Learning in earnest
#
# Three passes with the last variant. Then, once, the 10,000 test pictures.

# %%
network, losses, seconds = learn("learning", F.cross_entropy, 64, 0.05, 0.9, passes=3)
right = accuracy(network, test)
print(f"{right:.2%} of the {len(test.labels):,} test pictures, after {seconds:.0f} s")
lesson.receipt("one layer, share of test digits read correctly", "at least 97.5 %", f"{right:.2%}",
               right >= 0.975)

# %%
window = max(1, len(losses) // 50)
smooth = np.convolve(losses, np.ones(window) / window, "valid")
fig, ax = plt.subplots(figsize=(6, 2.8))
ax.plot(losses, color="0.85", lw=0.5, label="each step")
ax.plot(np.arange(len(smooth)) + window / 2, smooth, color="C0", label=f"mean of {window} steps")
ax.axhline(np.log(10), color="0.5", ls=":", label="knowing nothing: ln 10")
ax.set(xlabel="step", ylabel="surprise", ylim=(0, 2.5))
ax.legend()
lesson.figure(fig, "the-loss")
lesson.figure(plot.filters(network[0].weight, columns=8, size=1.1), "the-filters")

# %% [markdown]
# Eight filters, made for ten digits this time: edges and bars again, in all directions. It seems
# that this is what pictures of writing are made of.
#
# ## What we learned
#
# - Softmax makes shares of scores. Cross-entropy is the surprise at the truth. Together, their
#   derivative is the share minus the truth.
# - A gradient from 64 pictures points nearly the right way, at a small part of the price.
# - Momentum adds up what the gradients agree on.
#
# ## What we left out
#
# - Optimisers that choose a rate for each number by themselves, such as Adam (`optim.Adam`).
# - How to find a good learning rate without trying. Nobody knows; everybody tries.
#
# ## Now you
#
# Softmax that does not overflow, cross-entropy and its famous derivative, minibatches, momentum:
# six exercises, `python -m lessons check 8`.
#
# ## What comes next
#
# One layer of filters sees edges. **Lesson 9** puts a second layer on top of the first.

# %%
lesson.end()
