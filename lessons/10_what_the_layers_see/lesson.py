# %% [markdown]
# # Lesson 10: What the layers see
#
# For each filter the nine patches of handwriting that excite it most, and what in them does.
#
# The network of lesson 9 reads 99 % of the digits correctly, and nobody told it what to look for.
# So what did it find? Zeiler and Fergus asked this of a network that had seen more than a million
# photographs ("Visualizing and Understanding Convolutional Networks", 2013; in the lecture at
# 43:55). Their answer was a set of pictures that everybody in the field remembers: edges in the
# first layer, corners and circles in the second, and higher up text, dogs and the eyes of lizards.
#
# We do the same with our two layers. No network is trained in this lesson. We ask one.

# %%
from typing import NamedTuple

import numpy as np
from matplotlib.patches import Rectangle

from lessons import kit
from minigrad import Tensor, nn, no_grad, plot

lesson = kit.lesson(10)
_, _, test = lesson.mnist()


def new_network():
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, rng=lesson.rng), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 5, rng=lesson.rng), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(256, 64, rng=lesson.rng), nn.ReLU(),
        nn.Linear(64, 10, rng=lesson.rng),
    )


network = new_network()
network.load_state_dict(lesson.weights(of=9))

# %% [markdown]
# ## The first layer: just look
#
# A filter of the first layer is 5 × 5 numbers that lie on 5 × 5 pixels. It can be drawn as it is.
# Red wants ink, blue wants paper. What do you think each of the eight is looking for?

# %%
first_filters = network[0].weight.detach().numpy()                # (8, 1, 5, 5)
titles = [f"filter {f}" for f in range(8)]
lesson.figure(plot.filters(first_filters, titles, columns=4, size=1.6), "first-filters")

# %% [markdown]
# They were random once. Now red pixels lie beside red ones, and blue ones beside blue: there is a
# bar in some, a slope or an edge in others. But guessing from a filter what it is good for is
# reading tea leaves. Ask for examples instead.
#
# ## Nine patches
#
# The idea is simple. Show the network many pictures. For each filter note where, in which picture,
# it gave its strongest answer. Then cut out the piece of the picture that it saw there, a
# **patch**.
#
# We take the nine strongest, and at most one from each picture, so that many hands have written
# them. And we search the test pictures. The network has not learned from these. What it finds in
# them, it cannot know by heart.
#
# An answer is what comes out after the ReLU, so zero means "nothing here". `strongest` goes through
# the pictures in slices of 500, to save memory. What the layers make of 10,000 pictures at once
# would fill gigabytes.

# %%
def in_slices(layers, images):
    """The answers of all filters at all places, 500 pictures at a time: arrays (500, F, H, W)."""
    for start in range(0, len(images), 500):
        with no_grad():
            answers = layers(Tensor(images[start:start + 500]))
        yield answers.numpy()


def strongest(layers, images):
    """Each filter's strongest answer in each picture: scores (N, F), and their rows and columns."""
    scores, rows, columns = [], [], []
    for answers in in_slices(layers, images):
        flat = answers.reshape(*answers.shape[:2], -1)                            # (500, F, H·W)
        row, column = np.unravel_index(flat.argmax(axis=2), answers.shape[2:])
        scores.append(flat.max(axis=2))
        rows.append(row)
        columns.append(column)
    return np.concatenate(scores), np.concatenate(rows), np.concatenate(columns)


# %% [markdown]
# ## How much does a filter see?
#
# How large is the patch? In the first layer it is 5 × 5 pixels: the filter at row r, column c lies
# on the rows r to r + 4. In the second layer we have to go back step by step. A filter at row r
#
# * lies on the rows r to r + 4 of what pooling left over;
# * each of these rows was pooled from two, so they are the rows 2r to 2r + 9 of the first layer;
# * and there each filter looked 4 rows further: the rows **2r to 2r + 13** of the picture.
#
# 14 rows, and in the same way 14 columns. This is called its **receptive field**: a quarter of the
# picture, and it moves in steps of two pixels.
#
# Is that right? There is a way to find out that needs no arithmetic: the backward pass. It tells
# how much an answer changes if a pixel does. A pixel that the answer cannot see has the gradient
# zero. We take the answer at row 3, column 5, before the ReLU, for a hundred pictures of noise.
# Before you run it: which rows and columns must come out?

# %%
noise = Tensor(lesson.rng.random((100, 1, 28, 28)), requires_grad=True)
network[:4](noise)[:, :, 3, 5].sum().backward()
seen = (noise.grad.numpy() != 0).any(axis=(0, 1))                 # (28, 28): in any of the hundred

seen_rows, seen_columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
print(f"a filter of layer 2 at row 3, column 5 sees the rows {seen_rows[0]} to {seen_rows[-1]}"
      f" and the columns {seen_columns[0]} to {seen_columns[-1]}: {seen.sum()} pixels")

# %% [markdown]
# Rows 6 to 19, columns 10 to 23, and 14 × 14 = 196 pixels. One picture would not have been enough:
# pooling passes on the largest of four only, so the gradient leaves out the other three. Which one
# is the largest changes from picture to picture.
#
# Now we can cut. A filter may be **dead**: it answers zero to everything. It has no favourites
# then, and we say so. (It happens: where a ReLU lets nothing through, no gradient comes back, and
# learning has lost its grip on the filter.)

# %%
class Favourites(NamedTuple):
    """What excites one filter most. The strongest comes first."""

    pictures: np.ndarray    # (9,): which pictures, all different
    tops: np.ndarray        # (9,): the uppermost row of each patch in its picture
    lefts: np.ndarray       # (9,): its leftmost column
    patches: np.ndarray     # (9, 1, size, size)
    scores: np.ndarray      # (9,): the filter's answer to each


def favourites(layers, images, size, step):
    """The nine favourites of each filter that is not dead: a dict from the filter's number.

    `layers` end with the filters. These see size × size pixels, and move by `step` pixels at a time.
    """
    scores, rows, columns = strongest(layers, images)
    found = {}
    for f in range(scores.shape[1]):
        best = np.argsort(-scores[:, f], kind="stable")[:9]
        best = best[scores[best, f] > 0]
        if len(best) == 0:
            continue
        tops, lefts = step * rows[best, f], step * columns[best, f]
        patches = np.stack([images[i, :, top:top + size, left:left + size]
                            for i, top, left in zip(best, tops, lefts)])
        found[f] = Favourites(best, tops, lefts, patches.astype(np.float64), scores[best, f])
    return found


first, second = network[:2], network[:5]
of_first = favourites(first, test.images, size=5, step=1)
of_second = favourites(second, test.images, size=14, step=2)
print(f"layer 1: {len(of_first)} filters have favourites, {8 - len(of_first)} are dead")
print(f"layer 2: {len(of_second)} filters have favourites, {16 - len(of_second)} are dead")

# %% [markdown]
# ## One filter, nine digits
#
# Let us look at one filter of the second layer, before we look at all of them. We take the one that
# is surest of what it wants: its ninth best is nearly as good as its best. Here are the nine
# pictures, with a frame around the patch.

# %%
sure = max(of_second, key=lambda f: of_second[f].scores[-1] / of_second[f].scores[0])
nine = of_second[sure]
titles = [f"a {label}: {score:.2f}" for label, score in zip(test.labels[nine.pictures], nine.scores)]
figure = plot.images(test.images[nine.pictures], titles, columns=9, size=1.15)
for axis, top, left in zip(figure.axes, nine.tops, nine.lefts):
    axis.add_patch(Rectangle((left - 0.5, top - 0.5), 14, 14, fill=False, edgecolor="C1", linewidth=2))
print(f"filter {sure} of layer 2")
lesson.figure(figure, "nine-digits")

# %% [markdown]
# The number above each is the score, the filter's answer. What do the nine patches have in common?
# Try to say it in words before you read on.
#
# ## What in the patch excites it?
#
# There is more in a patch than the filter cares for. Which of the ink made it answer? For this,
# too, we ask the backward pass. This time the weights stay as they are, and we want the gradient
# with respect to **the picture**.

# %%
def project(layers, f, patches):
    """The gradient of filter f's answer with respect to each pixel of its patch: (9, 1, size, size).

    The patches of a batch know nothing of one another. So the sum of the nine answers will do: one walk
    back gives each patch its own gradient.
    """
    pixels = Tensor(patches, requires_grad=True)
    layers(pixels)[:, f].sum().backward()
    return pixels.grad.numpy()


def draw(entries, columns, size):
    """Pictures in a grid, from (title, picture, is it ink?). What is not ink is drawn in red and blue."""
    titles, pictures, inks = zip(*entries)
    figure = plot.images(pictures, titles, columns=columns, size=size)
    for axis, picture, ink in zip(figure.axes, pictures, inks):
        largest = np.nanmax(np.abs(picture)) or 1.0
        axis.images[0].set(cmap=plot.INK if ink else plot.SIGNED, clim=(0, 1) if ink else (-largest, largest))
        axis.set_facecolor("0.8")                               # seen where a number is NaN: nothing to draw
    return figure


patch = nine.patches[:1]
gradient = project(second, sure, patch)
share = gradient * patch
entries = [("the patch", patch[0, 0], True), ("gradient", gradient[0, 0], False),
           ("gradient × pixel", share[0, 0], False)]
lesson.figure(draw(entries, columns=3, size=2.6), "projected-back")

# %% [markdown]
# In the middle, the gradient. Where it is red, a little more ink would make the answer stronger;
# where it is blue, weaker. It shows both what the filter wants to see and what it does not.
#
# On the right, the gradient times the pixel. What does that mean? In the first layer we have known
# it since lesson 2: the answer is pixel times weight, all added up. The gradient *is* the filter,
# and gradient × pixel are the products.
#
# In the second layer there is a ReLU and a pooling in between. But look at what these two do. A
# ReLU passes a number on, or nothing; pooling passes on one number of four. For one patch it is
# settled which ones pass. What remains is multiplying and adding up. So here, too, the answer is a
# weighted sum of the pixels, and the gradient has the weights. Only the weights are different for
# each patch, and there is a rest, which comes from the biases:
#
# *answer = the sum of gradient × pixel + a rest*
#
# So the picture on the right divides the score among the pixels. Red ink speaks for it, blue ink
# against it, and white is paper, or ink that does not matter.

# %%
for_it, against = share[share > 0].sum(), share[share < 0].sum()
print(f"ink that speaks for it  {for_it:8.3f}")
print(f"ink that speaks against {against:8.3f}")
print(f"from the biases         {nine.scores[0] - for_it - against:8.3f}")
print(f"the answer              {nine.scores[0]:8.3f}")

# %% [markdown]
# Since lesson 5 we check a gradient by nudging. Make all the ink of a patch a tiny bit darker, then
# a tiny bit lighter. The change of the answer, for each unit of the nudge, has to be the sum of
# gradient × pixel. We check it for every favourite of every filter.

# %%
nudge = 1e-9
apart = 0.0
for layers, found in [(first, of_first), (second, of_second)]:
    for f, nine in found.items():
        with no_grad():
            darker = layers(Tensor(nine.patches * (1 + nudge))).numpy()[:, f, 0, 0]
            lighter = layers(Tensor(nine.patches * (1 - nudge))).numpy()[:, f, 0, 0]
        by_nudging = (darker - lighter) / (2 * nudge)
        by_gradient = (project(layers, f, nine.patches) * nine.patches).sum(axis=(1, 2, 3))
        apart = max(apart, np.abs(by_nudging - by_gradient).max())

lesson.receipt("gradient × pixel added up, and nudging the ink: largest difference",
               promised="at most 1e-4", got=f"{apart:.0e}", holds=apart <= 1e-4)

# %% [markdown]
# ## All of the first layer
#
# For each filter: the filter itself, its nine favourites, and gradient × pixel for each of the
# nine.

# %%
def mosaic(pictures):
    """Nine pictures (9, 1, H, W) in three rows of three, one pixel apart: (3·H + 2, 3·W + 2)."""
    height, width = pictures.shape[2:]
    whole = np.full((3 * height + 2, 3 * width + 2), np.nan)
    for i, picture in enumerate(pictures):
        top, left = i // 3 * (height + 1), i % 3 * (width + 1)
        whole[top:top + height, left:left + width] = picture[0]
    return whole


entries = []
for f, nine in of_first.items():
    products = project(first, f, nine.patches) * nine.patches
    entries += [(f"filter {f}", first_filters[f, 0], False),
                ("favourites", mosaic(nine.patches), True), ("what counts", mosaic(products), False)]
lesson.figure(draw(entries, columns=6, size=1.5), "layer-1")

# %% [markdown]
# No more tea leaves. The nine favourites of a filter agree nearly to the pixel, and they show what
# Zeiler and Fergus found in their first layer, too, as far as handwriting has it. There are
# **edges**: ink on one side, paper on the other, with one direction for each filter. And there are
# **strokes**, which are two edges back to back: ink is only about three pixels wide here, and fits
# into a square of five. With seed 0, filter 6 is such an edge, and filters 0 and 1 are strokes.
# There is even a bend, filter 7. Another seed finds other directions. So may another processor: it
# rounds a little differently, and thousands of steps make much of a little.
#
# ## All of the second layer
#
# A filter of the second layer has 8 × 5 × 5 numbers, one for each channel and place. There is no
# sense in drawing those: they are not about pixels, but about the answers of the first layer. So
# only the examples can speak. For each filter, the nine favourites on the left, and gradient ×
# pixel on the right.
#
# What is it that each of them sees? Take your time.

# %%
entries = []
for f, nine in of_second.items():
    products = project(second, f, nine.patches) * nine.patches
    entries += [(f"filter {f}", mosaic(nine.patches), True), ("what counts", mosaic(products), False)]
lesson.figure(draw(entries, columns=8, size=1.4), "layer-2")

# %% [markdown]
# Here is what I see with seed 0. If your filters are others, make your own list.
#
# * **Strokes** in one direction: level (5), upright (15), rising (2, 3), falling (11). They are
#   longer than in the first layer.
# * **Bows** that are open to the left (1, 14).
# * A **corner** at the lower left (8).
# * **Stripes**, two strokes side by side (13).
# * And pieces of one digit: the roof of a 5 and the bow below it (12), the inside of a 6 (9).
#
# Corners, circles, stripes, says the lecture about the second layer of Zeiler and Fergus (45:22).
# Nobody asked for any of them. We asked for a small loss.
#
# The right half of each pair says what we could not know from the favourites. Most favourites of
# filter 5 have a corner at the upper right. But what counts is the bar on top, and hardly the rest.
#
# Which digits do the favourites come from? Before you look: in which layer will the nine be more of
# one kind?

# %%
def kinds(found):
    """How many different digits there are among a filter's favourites, on the average of the filters."""
    return np.mean([len(set(test.labels[nine.pictures])) for nine in found.values()])


for name, found in [("layer 1", of_first), ("layer 2", of_second)]:
    print(f"\n{name}   the nine digits")
    for f, nine in found.items():
        print(f"filter {f:<2}   {' '.join(map(str, np.sort(test.labels[nine.pictures])))}")
    print(f"different digits among the nine: {kinds(found):.1f}")

# %% [markdown]
# The first layer does not care which digit it is: all digits have edges. The second layer begins
# to. Some of its filters have nine digits of one kind, or nearly so.
#
# ## A test for the eye
#
# The favourites of a filter look alike. Does that show that the network has learned something? Let
# us ask a network that has learned nothing: the same layers, with random numbers in them. Will the
# nine favourites of a random filter look alike, too?

# %%
untrained = new_network()
of_untrained = favourites(untrained[:5], test.images, size=14, step=2)

entries = []
for name, layers, found in [("learned", second, of_second), ("random", untrained[:5], of_untrained)]:
    for f, nine in list(found.items())[:4]:
        gradients = project(layers, f, nine.patches)
        entries += [(f"{name}, filter {f}", mosaic(nine.patches), True),
                    ("gradient", mosaic(gradients), False)]
lesson.figure(draw(entries, columns=8, size=1.4), "learned-and-random")

# %% [markdown]
# They do, if a little less. Whatever a filter is, what excites it most will have something in
# common: that is how we chose it. Nine patches that look alike prove nothing.
#
# The gradients tell the two apart. A learned filter wants whole strokes, red beside red, with paper
# around them. A random filter wants a pixel here and another there, and the digits happen to fit.
# We can put a number on it: how well does a pixel of the gradient predict the one beside it? The
# correlation is 1 if neighbours are always alike, and 0 if they have nothing to do with each other.

# %%
def likeness_of_neighbours(layers, found):
    """The correlation of each pixel of a gradient with the one to its right: the average over filters."""
    gradients = [project(layers, f, nine.patches) for f, nine in found.items()]
    return np.mean([np.corrcoef(g[..., :-1].ravel(), g[..., 1:].ravel())[0, 1] for g in gradients])


print("layer 2, correlation of neighbouring pixels in the gradient")
print(f"learned {likeness_of_neighbours(second, of_second):6.2f}")
print(f"random  {likeness_of_neighbours(untrained[:5], of_untrained):6.2f}")

# %% [markdown]
# ## How Zeiler and Fergus did it
#
# The nine favourites are theirs. The way back to the pixels is a little different. They called it a
# **deconvnet**, and it goes back as our backward pass does: pooling hands the signal to the pixel
# that was the largest, and a filter leaves its stamps (lesson 2). Only the ReLU differs. The chain
# rule lets a signal back where the number came through on the way up. The deconvnet drops what is
# negative *on the way back*. So only what speaks for the answer survives. This makes clear
# pictures. But they are no gradient any more, and do not add up to the answer. Simonyan, Vedaldi
# and Zisserman noticed how close the two are, in the same year.
#
# ## Are these really the strongest?
#
# A wrong row, a wrong step, a patch cut out one pixel too far to the left: we would still see nice
# pictures, and never know. So we check, in two ways.
#
# First: a patch that was cut out is a small picture. Give it alone to the layers. It must score
# what was found in the large picture. A patch from the wrong place would not.
#
# Second: go through all the pictures again, without taking any maximum. Count the patches that
# score higher than a filter's ninth favourite, in all pictures that its favourites are not from.
# (Those pictures may hold a second good patch. We wanted only one from each.)

# %%
apart, rivals, compared = 0.0, 0, 0
for layers, found in [(first, of_first), (second, of_second)]:
    for f, nine in found.items():
        with no_grad():
            alone = layers(Tensor(nine.patches)).numpy()[:, f, 0, 0]
        apart = max(apart, np.abs(alone - nine.scores).max())

    start = 0
    for answers in in_slices(layers, test.images):
        for f, nine in found.items():
            higher = answers[:, f] > nine.scores[-1]                          # (500, H, W)
            here = nine.pictures[(start <= nine.pictures) & (nine.pictures < start + len(answers))]
            higher[here - start] = False
            rivals += int(higher.sum())
            compared += higher.size
        start += len(answers)

living = len(of_first) + len(of_second)
print(f"{living} filters, {compared:,} answers; stronger than to the ninth favourite: {rivals}")

# %% [markdown]
# ## What we learned
#
# * To see what a filter does, ask which real patches excite it most, and what in them does.
# * The backward pass answers questions about the picture, too: what an answer can see, and which
#   ink speaks for it.
# * The first layer found edges and strokes; the second found bows, corners, stripes, and pieces of
#   digits. That is what filters of filters are good for.
# * Favourites look alike, whatever the filter. Compare with something that has learned nothing
#   before you believe your eyes.
#
# ## What we left out
#
# * All that is not extreme. A filter gives weaker answers to many other patches, and the layers
#   above use them. The nine favourites are its loudest words, not its only ones.
# * What filters say together. The layers above listen to all of them at once, and what matters may
#   be spread over many.
# * What would happen if a stroke were taken away. The gradient tells of small changes. After a
#   large one, other ReLUs let something through, and all has to be computed anew.
#
# ## Now you
#
# Find the patches that excite a filter most, and project back what counts in them: six exercises,
# `python -m lessons check 10`.
#
# ## What comes next
#
# After the second layer of filters come 256 numbers, and then 64. They are all that the network
# knows about a picture when it decides. If two pictures are alike to the network, those numbers are
# alike. In **lesson 11** we use them to look for pictures.

# %%
lesson.receipt("pixels that a filter of layer 2 sees", promised="14 × 14 = 196",
               got=f"{len(seen_rows)} × {len(seen_columns)} = {seen.sum()}", holds=seen.sum() == 14 * 14)
lesson.receipt("a patch cut out scores what it did in its picture: largest difference",
               promised="at most 1e-4", got=f"{apart:.0e}", holds=apart <= 1e-4)
lesson.receipt("patches of other pictures that score higher than one of a filter's nine", promised="0",
               got=f"{rivals} of {compared:,}, for {living} of 24 filters", holds=rivals == 0 and living > 0)

lesson.end()
