# %% [markdown]
# # Lesson 3: Eight filters and a fingerprint
#
# Eight edge filters and max pooling turn a picture of 784 pixels into a fingerprint of 128 numbers.
#
# One filter finds one kind of edge. Eight filters say eight different things about a picture. We
# shall see how to shorten what they say, so that two pictures can be compared.

# %%
import numpy as np

from lessons import kit
from minigrad import plot
from minigrad.nn import functional as F

lesson = kit.lesson(3)
(images, labels), _, _ = lesson.mnist()
seven = images[0, 0]

# %% [markdown]
# ## Eight filters
#
# Four straight ones we have. For the diagonals we need one new matrix (29:27), and three rotations
# of it. Which edge does it look for? Red has to lie on the ink, and blue on the paper beside it.

# %%
top = np.array([[-1, -1, -1],
                [ 1,  1,  1],
                [ 0,  0,  0]], np.float32)
diagonal = np.array([[0.0,  0.0,  1.0],
                     [0.0,  1.0, -1.5],
                     [1.0, -1.5,  0.0]], np.float32)

filters = np.array([np.rot90(first, n) for first in (top, diagonal) for n in range(4)])
names = ["top", "left", "bottom", "right", "bottom right", "top right", "top left", "bottom left"]
lesson.figure(plot.filters(filters, names, columns=4, size=1.6, numbers="g"), "eight-filters")

# %% [markdown]
# A stroke that rises like a slash, with paper at its lower right: that is where `diagonal` is at
# home.
#
# Why 1.5? There are three places on the ink and two beside it. Twice 1.5 is three times 1, so these
# nine numbers add up to zero, too. And lesson 2 has shown what that is worth: the filter does not
# see what is even. Is it so for all eight?

# %%
sums = filters.sum(axis=(1, 2))
print("the sum of each filter:", sums)

# %% [markdown]
# ## A frame of paper
#
# In lesson 2 the picture shrank from 28 × 28 to 26 × 26. The filter could not stand with its centre
# on the outermost pixels, or it would have hung over the edge. So we lay a frame of zeros around
# the picture, one pixel wide: it is as if the sheet of paper were a little larger. This is called
# **padding**. Our digits keep clear of the border, so not much depends on it; but 28 × 28 is a
# convenient size, as we shall see.

# %%
pictures, weights = images[:1], filters[:, np.newaxis]        # (1, 1, 28, 28) and (8, 1, 3, 3)
print("without padding:", F.conv2d(pictures, weights).shape)
print("with padding:   ", F.conv2d(pictures, weights, padding=1).shape)

# %% [markdown]
# ## Eight pictures of one seven
#
# Our 7 has a bar on top, a long stroke that curves like a bracket, and a short slanting one in
# between. Which of the eight filters will have most to say about it, and which one least?

# %%
edges = F.conv2d(pictures, weights, padding=1)[0]               # (8, 28, 28)
lesson.figure(plot.filters(edges, names, columns=4, size=1.9), "eight-kinds-of-edges")

# %% [markdown]
# In numbers: how much red is there in each, all in all, and how strong is it where it is strongest?

# %%
print("              all red   strongest")
for name, found in zip(names, edges):
    print(f"{name:<14}{found[found > 0].sum():>7.1f}{found.max():>12.2f}")

# %% [markdown]
# `top` and `bottom` found most, and they found equally much: a stroke that begins has to end
# somewhere. It is the same with `left` and `right`. `bottom left` found least: hardly a stroke of
# this 7 falls from left to right. And yet it is strong in one place. Look for it in the picture: it
# is the inner corner, where the bar turns into the long stroke. The filter was made for an edge,
# and happens to fit a corner. Lesson 9 will come back to corners.
#
# ## Max pooling
#
# Where we had 784 numbers, we now have 8 × 784 = 6,272. That is more, not less, and too exact: if
# somebody writes the same 7 one pixel farther to the right, the numbers along every stroke change.
# For most purposes it is enough to know that there is a top edge *about here*.
#
# So we divide each of the eight pictures into areas of 7 × 7 pixels. 28 is 4 times 7, which makes
# 16 areas. From each we keep one number, the largest. (The lecture says: the brightest pixel,
# 30:22.) In loops:

# %%
def max_pool_by_loops(picture, size):
    """The largest number in each area of size × size pixels: (H, W) -> (H / size, W / size)."""
    rows, columns = picture.shape[0] // size, picture.shape[1] // size
    result = np.zeros((rows, columns))
    for row in range(rows):
        for column in range(columns):
            area = picture[row * size:(row + 1) * size, column * size:(column + 1) * size]
            result[row, column] = area.max()
    return result


# %% [markdown]
# Here are the top edges of the 7, with the 16 areas drawn in. Find the deepest red in each. Which
# areas will come out strong? Which ones zero?

# %%
figure = plot.filters(edges[:1], size=4.5)
for border in (6.5, 13.5, 20.5):
    figure.axes[0].axhline(border, color="black", linewidth=0.8)
    figure.axes[0].axvline(border, color="black", linewidth=0.8)
lesson.figure(figure, "sixteen-areas")

# %%
pooled = max_pool_by_loops(edges[0], 7)
lesson.figure(plot.filters([pooled], size=4.5, numbers=".1f"), "sixteen-areas-pooled")

# %% [markdown]
# The blue is gone. A negative number could only survive if its whole area were negative, and
# somewhere there is nearly always a bit of even paper with its zero. This is why we need `bottom`
# beside `top`: each speaks of its own edges, and of nothing else.
#
# `F.max_pool2d` does the same for all pictures and all filters. It takes one line (30:16). Is it
# the same?

# %%
many_edges = F.conv2d(images[:100], weights, padding=1)         # (100, 8, 28, 28)
by_pool = F.max_pool2d(many_edges, 7)                           # (100, 8, 4, 4)
by_loops = np.array([[max_pool_by_loops(found, 7) for found in eight] for eight in many_edges])
print(f"from {many_edges.shape} to {by_pool.shape}")
print("the largest difference between loops and max_pool2d:", np.abs(by_loops - by_pool).max())

# %% [markdown]
# Zero, not merely small: nothing was added or multiplied. Every number that comes out has been
# there before.
#
# ## The fingerprint
#
# Eight filters, 4 × 4 numbers from each: the **fingerprint** of a picture. In full it is two calls:

# %%
def fingerprint(pictures):
    """How strong each kind of edge is in each part of a picture: (N, 1, 28, 28) -> (N, 8, 4, 4)."""
    return F.max_pool2d(F.conv2d(pictures, weights, padding=1), 7)


prints = fingerprint(images[:5])
lesson.figure(plot.filters(prints[0], names, columns=4, size=1.6, numbers=".1f"), "fingerprint-of-the-seven")

# %% [markdown]
# These are the first five pictures with their fingerprints, a row each, and a column for each
# filter. Cover the digits on the left. Could you tell from the fingerprint alone which one is the
# 1?

# %%
rows = [[images[i, 0], *prints[i]] for i in range(5)]
figure = plot.filters([picture for row in rows for picture in row], columns=9, size=1.1)
for axis, name in zip(figure.axes[1:], names):
    axis.set_title(name, fontsize=9)
for axis in figure.axes[::9]:
    axis.images[0].set(cmap=plot.INK, clim=(0, 1))
lesson.figure(figure, "five-fingerprints")

# %% [markdown]
# ## What is thrown away, and what for
#
# 128 numbers in place of 784. Nobody could draw the 7 again from its fingerprint: *where* in its
# area an edge was is lost. In return, the fingerprint should mind less if a digit is moved a
# little. Does it?
#
# We move a thousand pictures to the right by one pixel, and measure how much changes: the length of
# the difference, as a share of the length of what was there. First for the pixels, then for the
# edges, then for the fingerprints. In which order will the three come out?

# %%
def change(before, after):
    """How far apart two arrays (N, ...) are, picture by picture: the mean of |after - before| / |before|."""
    before, after = before.reshape(len(before), -1), after.reshape(len(after), -1)
    return (np.linalg.norm(after - before, axis=1) / np.linalg.norm(before, axis=1)).mean()


here = images[:1000]
there = np.roll(here, 1, axis=3)
changes = {
    "pixels": change(here, there),
    "edges": change(F.conv2d(here, weights, padding=1), F.conv2d(there, weights, padding=1)),
    "fingerprint": change(fingerprint(here), fingerprint(there)),
}
for name, share in changes.items():
    print(f"moved by one pixel, {name + ':':<13}{share:>5.0%} changed")

# %% [markdown]
# An edge is thin. Move it by a pixel, and it has left its place: the edges change the most. But the
# largest number of an area stays the largest, unless it has left the area. Edges alone would be
# worse than pixels; edges and pooling together are better.

# %% [markdown]
# ## What we learned
#
# * Eight filters give eight pictures from one, each with one kind of edge.
# * Padding with zeros keeps the size.
# * Max pooling keeps the largest number of each area. It forgets the exact place, and minds less if
#   a digit is moved.
# * Correlation and pooling make a fingerprint: 8 × 4 × 4 = 128 numbers that say which edges are
#   where, roughly.
#
# ## What we left out
#
# * Why these eight filters, and why areas of 7 × 7. The lecturer took the first that came to mind.
#   Lesson 7 lets a machine find better ones.
# * Other ways to pool: the mean of an area, for example, or areas that overlap.
# * What a move of five pixels does. The areas stay where they are, and so the fingerprint changes
#   then.
#
# ## Now you
#
# Make the eight filters out of two, pool, and take a fingerprint: six exercises, `python -m lessons
# check 3`.
#
# ## What comes next
#
# We take the fingerprints of all eights and of all ones, and average them. Then we have an ideal
# eight and an ideal one, and with these our first recogniser of handwriting.

# %%
lesson.receipt("pooling by loops and max_pool2d: largest difference", promised="0",
               got=f"{np.abs(by_loops - by_pool).max():g}", holds=np.array_equal(by_loops, by_pool))
lesson.receipt("what each of the eight filters adds up to", promised="0", got=f"{np.abs(sums).max():g}",
               holds=not sums.any())
shape = " × ".join(map(str, prints[0].shape))
lesson.receipt("numbers in a fingerprint", promised="8 × 4 × 4 = 128", got=f"{shape} = {prints[0].size}",
               holds=prints[0].shape == (8, 4, 4))
lesson.receipt("moved by one pixel, the fingerprint changes less than the pixels", promised="less",
               got=f"{changes['fingerprint']:.0%} against {changes['pixels']:.0%}",
               holds=changes["fingerprint"] < changes["pixels"])

lesson.end()
