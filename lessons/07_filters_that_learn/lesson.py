# %% [markdown]
# # Lesson 7: Filters that learn
#
# Eight random filters are nudged downhill until they beat the ones that we thought up.
#
# We have everything now. From lessons 2 to 4: filters, fingerprints, and a program that tells
# eights from ones with 453 mistakes. From lesson 5: how to make numbers better, step by step. From
# lesson 6: a machine that finds the derivatives by itself. Let us put the two halves together
# (37:18).

# %%
import numpy as np
from matplotlib import pyplot as plt

from lessons import kit
from minigrad import Tensor, data, no_grad, plot
from minigrad.nn import functional as F

lesson = kit.lesson(7)
train, _, test = lesson.mnist()


def eights_and_ones(part):
    """The pictures of eights and ones, and for each the truth: 1.0 for an eight, 0.0 for a one."""
    chosen = (part.labels == 8) | (part.labels == 1)
    return part.images[chosen], (part.labels[chosen] == 8).astype(np.float32)


images, truth = eights_and_ones(train)
new_images, new_truth = eights_and_ones(test)
print(f"{len(images):,} eights and ones to learn from, and {len(new_images):,} new ones to be judged by")

# %% [markdown]
# ## What is to beat
#
# Lesson 4 in a few lines: eight filters made by hand, the fingerprint, the ideal eight, the ideal
# one. Whichever is nearer decides. We score it on the pictures that the ideals were made from, and
# on pictures that nobody has used.

# %%
top = np.array([[-1, -1, -1], [1, 1, 1], [0, 0, 0]])
diagonal = np.array([[0, 0, 1], [0, 1, -1.5], [1, -1.5, 0]])
hand_made = np.stack([np.rot90(kind, turns) for kind in (top, diagonal) for turns in range(4)])
hand_made = hand_made[:, None].astype(np.float32)                               # (8 filters, 1 channel, 3, 3)


def fingerprints(pictures, filters):
    """The strongest answer of each filter in each area of 7 × 7: (N, 1, 28, 28) -> (N, 8, 4, 4)."""
    return F.max_pool2d(F.conv2d(pictures, filters, padding=filters.shape[-1] // 2), 7)


def hand_made_fingerprints(pictures):
    return np.concatenate([fingerprints(pictures[i : i + 500], hand_made)
                           for i in range(0, len(pictures), 500)])


def normalised(mean):
    return (mean - mean.mean()) / mean.std()


prints = hand_made_fingerprints(images)
ideal_eight, ideal_one = normalised(prints[truth == 1].mean(0)), normalised(prints[truth == 0].mean(0))


def hand_made_mistakes(pictures, truth):
    prints = hand_made_fingerprints(pictures)
    error_eight = ((prints - ideal_eight) ** 2).sum((1, 2, 3))
    error_one = ((prints - ideal_one) ** 2).sum((1, 2, 3))
    return int(((error_eight < error_one) != truth).sum())


by_hand = hand_made_mistakes(images, truth), hand_made_mistakes(new_images, new_truth)
print(f"made by hand: {by_hand[0]} mistakes of {len(truth):,}, and {by_hand[1]} of {len(new_truth):,} new")

# %% [markdown]
# ## Start from nothing
#
# Now the filters are not thought up. They are eight squares of **random numbers**. And as nobody
# has to fill them in, they may be larger: 5 × 5. What they find is pooled into a fingerprint as
# before. Then each of the 128 numbers of the fingerprint gets a weight, also random, and the
# weighted sum decides. So there are 200 numbers in the filters, 128 weights, and one number more to
# say from where on the sum means eight.

# %%
filters = Tensor(lesson.rng.standard_normal((8, 1, 5, 5)).astype(np.float32) / 5, requires_grad=True)
weights = Tensor(lesson.rng.standard_normal(128).astype(np.float32) / 100, requires_grad=True)
bias = Tensor(np.zeros(1, np.float32), requires_grad=True)

at_first = filters.detach().numpy().copy()
lesson.figure(plot.filters(at_first, columns=8, size=1.1), "filters-before")

# %% [markdown]
# The weighted sum can be any number. The truth is 1 or 0. To compare them, we squeeze the sum into
# the space between with the **sigmoid**: far below zero becomes 0, far above becomes 1, and in
# between it says how sure it is.

# %%
x = np.linspace(-8, 8, 200)
fig, ax = plt.subplots(figsize=(5, 2.4))
ax.plot(x, Tensor(x).sigmoid().numpy())
ax.set(xlabel="the weighted sum", ylabel="how sure", title="The sigmoid, 1 / (1 + e⁻ˣ)")
ax.set(xticks=range(-8, 9, 4), yticks=[0, 0.5, 1])
lesson.figure(fig, "sigmoid")


# %%
def sureness(pictures, filters, weights, bias):
    """How sure it is of an eight, from 0 to 1, for each picture: (N, 1, 28, 28) -> (N,)."""
    prints = fingerprints(pictures, filters).reshape(len(pictures), 128)
    return (prints @ weights + bias).sigmoid()


def mistakes(pictures, truth, *numbers):
    with no_grad():
        return sum(int(((sureness(Tensor(x), *numbers).numpy() > 0.5) != (y > 0.5)).sum())
                   for x, y in data.batches(pictures, truth, 500))


print(f"nothing learned: {mistakes(images, truth, filters, weights, bias):,} mistakes of {len(truth):,}")

# %% [markdown]
# About as good as tossing a coin, or as always giving the same answer. What else should it be?
#
# ## Make them better
#
# The loss is the squared error of lesson 5: how far is the answer from the truth, squared, on
# average? The update is the one of lesson 5 too: a step against the gradient, for every number. Two
# small things are new.
#
# - We do not look at all pictures before each step, but at 64 of them. Their gradient is a rough
#   guess of the true one, and it costs a hundredth. Lesson 8 measures what that is worth.
# - The steps get smaller towards the end. Near the bottom of a valley, large steps only jump across
#   it.


# %%
def learn(name, filters, weights, bias, learned, passes=12, rate=2.0):
    """Walk downhill with the numbers in `learned`, in place; returns the loss at each step."""
    steps = passes * -(-len(images) // 64)
    losses = []
    with lesson.progress(name, total=steps) as bar:
        for _ in range(passes):
            for x, y in data.batches(images, truth, 64, rng=lesson.rng):
                loss = F.mse_loss(sureness(Tensor(x), filters, weights, bias), Tensor(y))
                loss.backward()
                step = rate * (1 - len(losses) / steps)
                with no_grad():
                    for numbers in learned:
                        numbers -= step * numbers.grad          # the update of lesson 5
                        numbers.grad = None
                losses.append(loss.item())
                bar.advance(loss=losses[-1])
    return losses


losses = learn("filters that learn", filters, weights, bias, learned=[filters, weights, bias])
learned = (mistakes(images, truth, filters, weights, bias),
           mistakes(new_images, new_truth, filters, weights, bias))
print(f"learned: {learned[0]} mistakes of {len(truth):,}, and {learned[1]} of {len(new_truth):,} new ones")

# %% [markdown]
# Where our own filters made hundreds of mistakes, these make a few dozen or fewer. And on pictures
# that had no part in the learning it is the same. Nothing was learned by heart that does not also
# hold for others.

# %%
window = max(1, len(losses) // 40)
smooth = np.convolve(losses, np.ones(window) / window, "valid")
fig, ax = plt.subplots(figsize=(6, 2.8))
ax.semilogy(losses, color="0.8", lw=0.5, label="each step")
ax.semilogy(np.arange(len(smooth)) + window / 2, smooth, color="C0", label=f"mean of {window} steps")
ax.set(xlabel="step", ylabel="loss", title="Squared error, step by step", ylim=(max(min(losses), 1e-5), 1))
ax.legend(loc="upper right")
lesson.figure(fig, "the-loss")

# %% [markdown]
# ## What do they look like?
#
# Above, what we began with. Below, the same eight filters after learning. Red counts for, blue
# counts against.

# %%
both = np.concatenate([at_first, filters.detach().numpy()])
titles = [f"{when} {i + 1}" for when in ("before", "after") for i in range(8)]
lesson.figure(plot.filters(both, titles, columns=8, size=1.1), "filters-before-and-after")

# %% [markdown]
# Some have become edges and bars, in directions that we would not have thought of. Some have hardly
# changed: random numbers, with the right weights on them, are already of use. How much use? Let us
# not guess.
#
# ## Was it the filters, or the weights?
#
# Three more runs tell. The same learning with our own filters, kept as they are, so that only the
# weights learn. With random filters kept as they are. And with filters that learn, but have only
# nine numbers, like ours.


# %%
def trial(name, start, filters_learn):
    filters = Tensor(start.copy(), requires_grad=filters_learn)
    weights = Tensor(lesson.rng.standard_normal(128).astype(np.float32) / 100, requires_grad=True)
    bias = Tensor(np.zeros(1, np.float32), requires_grad=True)
    learn(name, filters, weights, bias, [filters, weights, bias] if filters_learn else [weights, bias])
    return (mistakes(images, truth, filters, weights, bias),
            mistakes(new_images, new_truth, filters, weights, bias))


small = lesson.rng.standard_normal((8, 1, 3, 3)).astype(np.float32) / 3
rows = [
    ("made by hand, nearest ideal (lesson 4)", by_hand),
    ("made by hand 3 × 3, weights learn", trial("our own filters", hand_made / 3, filters_learn=False)),
    ("random 5 × 5, weights learn", trial("random filters", at_first, filters_learn=False)),
    ("filters 3 × 3 and weights learn", trial("smaller filters", small, filters_learn=True)),
    ("filters 5 × 5 and weights learn", learned),
]
print(f"\n{'mistakes':40} {f'of {len(truth):,}':>10} {f'of {len(new_truth):,} new':>14}")
for name, (seen, new) in rows:
    print(f"{name:40} {seen:10,} {new:14,}")

# %% [markdown]
# Weights that learn are worth a great deal, even on filters that do not. Filters that learn are
# worth as much again, and most if they have room to become something. Each of these runs took
# seconds; thinking up the eight filters by hand took a person, and ended there.

# %%
lesson.receipt(f"mistakes on {len(truth):,} eights and ones", "at most 40",
               f"{learned[0]} (made by hand: {by_hand[0]})", learned[0] <= 40)
lesson.receipt(f"mistakes on {len(new_truth):,} new ones", "at most 6",
               f"{learned[1]} (made by hand: {by_hand[1]})", learned[1] <= 6)

# %% [markdown]
# ## What we learned
#
# - Filters need not be thought up. Start from random numbers, say what counts as an error, and walk
#   downhill.
# - The program is the same for a line with two numbers and for filters with hundreds: loss,
#   gradient, update.
# - Judge a program by pictures that it has not learned from.
#
# ## What we left out
#
# - Why the squared error is not the best loss for a choice. Lesson 8 has a better one.
# - Where random numbers should start from, and how large. Ours were chosen so that sums come out
#   neither huge nor tiny.
#
# ## Now you
#
# The convolution and its way back, pooling and its way back, and the update: eight exercises,
# `python -m lessons check 7`.
#
# ## What comes next
#
# Two digits were the lecture's example. There are ten. **Lesson 8** takes all of them.

# %%
lesson.end()
