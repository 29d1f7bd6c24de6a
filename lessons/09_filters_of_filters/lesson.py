# %% [markdown]
# # Lesson 9: Filters of filters
#
# A second layer looks at what the first one found, and 99 % of the digits are read correctly.
#
# Lesson 8 read handwriting with one layer of filters. Each of its filters sees a small square of
# pixels, and a square of pixels can hold an edge. It cannot hold a corner, a loop or a crossing:
# those are made of edges. So the next idea is the last big one of this lecture (36:24). Do the same
# thing again, **on the result**.

# %%
import time

import numpy as np
from matplotlib import pyplot as plt

from lessons import kit
from minigrad import Tensor, data, nn, no_grad, optim, plot
from minigrad.nn import functional as F

lesson = kit.lesson(9)
train, valid, test = lesson.mnist()

# %% [markdown]
# ## A corner, by hand
#
# What is the top left corner of a bar? A place with a top edge **and** a left edge close by. We
# have filters for both, from lesson 2. Let us run them over a 5 with straight strokes, and drop
# what is below zero.

# %%
top = np.array([[-1, -1, -1], [1, 1, 1], [0, 0, 0]], np.float32)
left = np.rot90(top)
edge_filters = np.stack([top, left])[:, None]                       # (2 filters, 1 channel, 3, 3)

digit = train.images[train.labels == 5][46:47]                      # (1, 1, 28, 28)
edges = np.maximum(F.conv2d(digit, edge_filters, padding=1), 0)     # (1, 2, 28, 28): two channels

# %% [markdown]
# The result is a picture again. It has two channels where the digit had one: how much top edge
# there is at each place, and how much left edge. So a filter can run over it, a filter with two
# channels. Ours adds up both kinds of edges in a square of 3 × 3. Then we take something away, so
# that only places with plenty of both remain.
#
# Before you look: where in a 5 will that be?

# %%
corner_filter = np.ones((1, 2, 3, 3), np.float32)
amount = F.conv2d(edges, corner_filter, padding=1)
corners = np.maximum(amount - 0.8 * amount.max(), 0)

pictures = [digit[0, 0], edges[0, 0], edges[0, 1], corners[0, 0]]
titles = ["a digit", "top edges", "left edges", "both: corners"]
lesson.figure(plot.images(pictures, titles, size=1.8), "a-corner-by-hand")

# %% [markdown]
# A filter of filters finds corners. A third layer could find what is made of corners. But which
# corners are worth finding? We stopped answering such questions in lesson 7. The filters are random
# in the beginning, and the gradient makes them useful, all layers at once: the chain rule does not
# care how long the chain is.
#
# ## The network
#
# Two layers of filters. The first has 8 filters of 5 × 5 on the picture. The second has 16 filters,
# each of them 5 × 5 on all 8 channels that the first one gives. After each layer, what is negative
# is dropped, and of each 2 × 2 only the largest is kept: where exactly a corner is matters less
# than that it is there. In the end there are 256 numbers for a picture. Two ordinary layers of
# weights turn them into ten scores.

# %%
network = nn.Sequential(
    nn.Conv2d(1, 8, 5, rng=lesson.rng), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(8, 16, 5, rng=lesson.rng), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(256, 64, rng=lesson.rng), nn.ReLU(),
    nn.Linear(64, 10, rng=lesson.rng),
)

x = Tensor(train.images[:1])
print(f"{'the picture':62} {x.shape!s:>18}")
with no_grad():
    for layer in network:
        x = layer(x)
        weights = sum(parameter.numel() for parameter in layer.parameters())
        print(f"{repr(layer)[:62]:62} {x.shape!s:>18} {weights or '':>7}")
print("numbers to learn:", sum(parameter.numel() for parameter in network.parameters()))

# %% [markdown]
# ## Learning
#
# The loop is the one of lesson 8: 64 pictures at a time, cross-entropy, one step downhill. The
# schedule makes the steps smaller towards the end. After each pass we look at the 5,000 pictures
# that were set aside for this. The 10,000 test pictures stay in their envelope until we are done.


# %%
def guesses(images):
    """The ten shares that the network gives to each picture: (N, 1, 28, 28) -> (N, 10)."""
    with no_grad():
        return np.concatenate([network(Tensor(part)).softmax(1).numpy()
                               for part, _ in data.batches(images, np.zeros(len(images)), 500)])


def accuracy(part):
    return float((guesses(part.images).argmax(1) == part.labels).mean())


epochs, learning_rate = 5, 0.05
steps = epochs * -(-len(train.images) // 64)
optimiser = optim.SGD(network.parameters(), lr=learning_rate, momentum=0.9, nesterov=True, weight_decay=1e-4)
schedule = optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / steps)
losses, checked = [], [accuracy(valid)]

start = time.perf_counter()
with lesson.progress("learning", total=steps) as bar:
    for _ in range(epochs):
        for images, labels in data.batches(*train, 64, rng=lesson.rng):
            loss = F.cross_entropy(network(Tensor(images)), labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
            bar.advance(loss=losses[-1], accuracy=checked[-1])
        checked.append(accuracy(valid))
seconds = time.perf_counter() - start

print("\npass   accuracy on the 5,000")
for epoch, share in enumerate(checked):
    print(f"{epoch:4}   {share:.2%}")
print(f"\n{seconds:.0f} s for {epochs} passes over {len(train.images):,} pictures,"
      f" {1000 * seconds / steps:.1f} ms a step")

# %%
window = max(1, steps // 50)
smooth = np.convolve(losses, np.ones(window) / window, "valid")
fig, ax = plt.subplots(figsize=(6, 3))
ax.semilogy(np.arange(len(losses)) * epochs / steps, losses, color="0.8", lw=0.5, label="each step")
ax.semilogy((np.arange(len(smooth)) + window / 2) * epochs / steps, smooth, color="C0",
            label=f"mean of {window} steps")
ax.set(xlabel="passes over the data", ylabel="loss", ylim=(1e-4, 3), title="The loss on the way down")
ax.legend()
lesson.figure(fig, "the-loss")

# %% [markdown]
# ## Opening the envelope
#
# Ten thousand digits that nothing here has ever looked at.

# %%
shares = guesses(test.images)
answers = shares.argmax(1)
right = float((answers == test.labels).mean())
print(f"{right:.2%} of {len(answers):,} test pictures are read correctly,"
      f" {(answers != test.labels).sum()} are not")
lesson.receipt("two layers, share of test digits read correctly", "at least 99.0 %", f"{right:.2%}",
               right >= 0.99)
lesson.save_weights(network.state_dict())

# %% [markdown]
# Which ones does it take for which? The **confusion matrix** has a row for each true digit and a
# column for each answer. What is right stands on the diagonal, in grey; the colour counts the
# mistakes.

# %%
confusion = np.zeros((10, 10), int)
np.add.at(confusion, (test.labels, answers), 1)
mistakes = confusion * (1 - np.eye(10, dtype=int))

fig, ax = plt.subplots(figsize=(5, 5))
ax.imshow(mistakes, cmap="Reds", vmax=max(mistakes.max(), 1) * 1.5)
for row in range(10):
    for column in range(10):
        if confusion[row, column]:
            ax.text(column, row, confusion[row, column], ha="center", va="center", fontsize=9,
                    color="0.6" if row == column else "black")
ax.set(xticks=range(10), yticks=range(10), xlabel="the answer", ylabel="the digit")
ax.tick_params(length=0)
ax.set_title("What it takes for what")
lesson.figure(fig, "confusion-matrix")

# %% [markdown]
# And here are the worst mistakes: those where it was surest of itself. Above each picture stands
# what it is, and what the network said. How many of them would you have read correctly?

# %%
wrong = np.flatnonzero(answers != test.labels)
worst = wrong[np.argsort(-shares[wrong].max(1), kind="stable")][:20]
if len(worst) > 0:
    titles = [f"{test.labels[i]}, said {answers[i]}" for i in worst]
    lesson.figure(plot.images(test.images[worst], titles, columns=5, size=1.15), "worst-mistakes")

# %% [markdown]
# ## What we learned
#
# - The result of a layer of filters is a picture with one channel for each filter. Filters can run
#   over it again.
# - That is **deep** learning: filters of filters. Nothing else changed since lesson 7, neither the
#   loss, nor the chain rule, nor the update.
# - "What we ended up with was convolutions plus optimisation, in many layers": the summary of the
#   lecture (46:19) fits into the loop above.
# - What is left over are digits that people argue about, too.
#
# ## What we left out
#
# - More of everything: more filters, more layers, more passes, pictures shifted a little so that
#   there are more of them. `examples/train_mnist.py` does that and gets further.
# - Tricks that help in deeper networks, such as normalising what goes into a layer.
#
# ## Now you
#
# Random beginnings, layers in a row, and the loop that trains them: five exercises, `python -m
# lessons check 9`. Then `python -m lessons train` trains this lesson's network with your functions
# in minigrad, in the place of ours.
#
# ## What comes next
#
# It works, and nobody told it what to look for. So what did it find? **Lesson 10** looks into the
# layers.

# %%
lesson.end()
