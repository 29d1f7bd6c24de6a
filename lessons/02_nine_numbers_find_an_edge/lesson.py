# %% [markdown]
# # Lesson 2: Nine numbers find an edge
#
# A 3 × 3 filter slides over a picture, first in loops, then with arrays, then with conv2d.
#
# We take nine numbers and lay them on a picture, at every place where they fit. That is the whole
# lesson. It is also what networks that recognise images do most of the time.

# %%
import timeit

import numpy as np
from matplotlib.patches import Rectangle

from lessons import kit
from minigrad import plot
from minigrad.nn import functional as F

lesson = kit.lesson(2)
(images, labels), _, _ = lesson.mnist()
seven = images[0, 0]

# %% [markdown]
# ## Nine numbers
#
# Here they are. The lecture calls this matrix `top` (24:33). Such a small matrix is called a
# **filter**.

# %%
top = np.array([[-1.0, -1.0, -1.0],
                [ 1.0,  1.0,  1.0],
                [ 0.0,  0.0,  0.0]])
lesson.figure(plot.filters([top], size=2, numbers=".0f"), "nine-numbers")

# %% [markdown]
# From now on colours stand for signs: red is above zero, blue is below, white is zero.
#
# Lay the filter on the picture, so that it covers 3 × 3 pixels. Multiply each pixel by the number
# that lies on it. Add up the nine products. That gives one number for this place. Here is one
# place, worked out: rows 7 to 9 and columns 5 to 7, on the upper rim of the 7.

# %%
window = seven[7:10, 5:8]
products = top * window
titles = ["the pixels", "the filter", "the products"]
figure = plot.filters([window, top, products], titles, size=2, numbers="z.2f")
lesson.figure(figure, "one-place")
print(f"The products add up to {products.sum():.2f}.")

# %% [markdown]
# Three questions, to be answered before you run the next cell. What does the sum come to
#
# 1. on empty paper?
# 2. in the middle of a big blot, where all nine pixels are 1?
# 3. on the left rim of an upright stroke, where each row reads 0, 1, 1?

# %%
paper, blot = np.zeros((3, 3)), np.ones((3, 3))
rim = np.array([[0, 1, 1],
                [0, 1, 1],
                [0, 1, 1]])
for name, pixels in {"paper": paper, "blot": blot, "upright rim": rim}.items():
    print(f"{name:<12}{(top * pixels).sum():.0f}")

# %% [markdown]
# Three times 0. On paper, because all pixels are 0. In the blot, because the nine numbers of the
# filter add up to 0. On the upright rim, because all rows there are alike, and what the filter
# works out is **the middle row minus the row above it**. It answers only where the ink changes on
# the way down.
#
# ## Predict before you look
#
# Let us slide it along. To see something, we zoom into the upper left of the 7 (26:13).

# %%
corner = seven[5:13, :10]
figure = plot.images([seven], size=3)
figure.axes[0].add_patch(Rectangle((-0.5, 4.5), 10, 8, fill=False, edgecolor="C1", linewidth=2))
lesson.figure(figure, "where-we-zoom-in")
lesson.figure(plot.images([corner], size=5.5, numbers=".1f"), "the-corner")

# %% [markdown]
# The filter starts at the top left, with its nine numbers on rows 0 to 2 and columns 0 to 2 of this
# part. Then it goes one column to the right, and on to the end; then back to the left and one row
# down. There are 8 × 10 pixels here, and the filter finds 6 × 8 places to lie on.
#
# Take pencil and paper. Draw 6 × 8 boxes. Where will there be large numbers, where negative ones,
# where zeros? Then do what you have just thought, in Python, one multiplication at a time:

# %%
def correlate_by_loops(picture, filter):
    """Lay a 3 × 3 filter on every place of a picture (H, W), multiply and add up: (H - 2, W - 2)."""
    height, width = picture.shape
    result = np.zeros((height - 2, width - 2))
    for row in range(height - 2):
        for column in range(width - 2):
            for i in range(3):
                for j in range(3):
                    result[row, column] += filter[i, j] * picture[row + i, column + j]
    return result


corner_result = correlate_by_loops(corner, top)
print(corner_result.round(1) + 0.0)       # + 0.0 makes 0.0 of -0.0

# %% [markdown]
# And as a picture:

# %%
lesson.figure(plot.filters([corner_result], size=5.5, numbers="z.1f"), "the-corner-correlated")

# %% [markdown]
# How did you do? Large numbers in a row, where the stroke begins. Hardly anything inside it: middle
# row and row above are equally black. Negative numbers where the stroke has ended, for there the
# row above has more ink. Zeros on the paper.
#
# Now the whole 7. Which parts of it will be red?

# %%
seven_result = correlate_by_loops(seven, top)
figure = plot.images([seven, seven_result], ["the picture", "correlated with top"], size=3)
figure.axes[1].images[0].set(cmap=plot.SIGNED, clim=(-3, 3))
lesson.figure(figure, "the-seven-correlated")
print(f"from {seven.shape} to {seven_result.shape}: the filter fits into 26 places across and 26 down")

# %% [markdown]
# Red are the **top edges**: of the bar, of the small stroke in the middle, of every place where ink
# begins when you come from above. Nobody told the computer what a stroke is. Nine numbers did it.
#
# The name of this operation is **correlation**. For decades people invented such filters by hand,
# and asked themselves what else about a digit might be worth measuring. That was called feature
# engineering.
#
# ## The same with arrays
#
# Four loops inside one another are slow in Python. Turn them inside out: do not take a place and go
# through the nine numbers, but take one of the nine numbers and do it for all places at once. Each
# number multiplies the whole picture, shifted so that the right pixel lies under it.

# %%
def correlate(picture, filter):
    """The same, (H, W) and a filter (3, 3) -> (H - 2, W - 2): nine shifted pictures, weighed and added up."""
    height, width = picture.shape
    result = np.zeros((height - 2, width - 2))
    for i in range(3):
        for j in range(3):
            result += filter[i, j] * picture[i:i + height - 2, j:j + width - 2]
    return result


# %% [markdown]
# ## The same with `conv2d`
#
# A network lays many filters on many pictures. `F.conv2d` takes them all in one call:
#
# * pictures (N, C, H, W): N of them, C numbers a pixel (one for us), height, width;
# * filters (F, C, 3, 3): F of them;
# * and gives back (N, F, H - 2, W - 2): from each picture one result for each filter.
#
# Do the three agree? Let us be hard to please. Our `top` reads the same from left to right as from
# right to left. If one of the three laid it on the wrong way round, we should not notice. With nine
# random numbers we should. We try both filters, on twenty pictures.

# %%
pictures = images[:20]
filters = np.stack([top, lesson.rng.standard_normal((3, 3))])

cases = [(picture[0], filter) for picture in pictures for filter in filters]

by_loops = np.array([correlate_by_loops(picture, filter) for picture, filter in cases])
by_arrays = np.array([correlate(picture, filter) for picture, filter in cases])
by_conv2d = F.conv2d(pictures, filters[:, np.newaxis])
print(f"pictures {pictures.shape}, filters {filters[:, np.newaxis].shape} -> results {by_conv2d.shape}")

three = np.array([by_loops, by_arrays, by_conv2d.reshape(by_loops.shape)])
disagreement = (three.max(axis=0) - three.min(axis=0)).max()
print(f"{by_loops.size:,} numbers; the three differ by at most {disagreement:.1e}")

# %% [markdown]
# A few units in the sixteenth decimal place: the nine products were added up in another order. And
# what did we gain?

# %%
many_pictures, eight_filters = images[:500], lesson.rng.standard_normal((8, 1, 3, 3))
seconds = {
    "loops": min(timeit.repeat(lambda: correlate_by_loops(seven, top), number=1, repeat=3)),
    "arrays": min(timeit.repeat(lambda: correlate(seven, top), number=10, repeat=3)) / 10,
    "conv2d": min(timeit.repeat(lambda: F.conv2d(many_pictures, eight_filters), number=1, repeat=3)),
}
seconds["conv2d"] /= len(many_pictures) * len(eight_filters)
print("        one picture, one filter     55,000 pictures, one filter")
for name, each in seconds.items():
    print(f"{name:<8}{1e6 * each:>10,.1f} microseconds{55_000 * each:>20,.1f} seconds")

# %% [markdown]
# The loops would keep us waiting for minutes. The code of `conv2d` is short; look it up in
# `minigrad/nn/functional.py`. It makes a column of each window and a row of each filter, once for
# all filters, and leaves the rest to one matrix product.
#
# ## Four edges
#
# If nine numbers can find top edges, others can find other edges. We need not invent them: we
# rotate the ones we have, by 90 degrees, `n` times. Look at each filter, and say which parts of the
# 7 it will find.

# %%
edges = [np.rot90(top, n) for n in range(4)]
names = ["top", "left", "bottom", "right"]
lesson.figure(plot.filters(edges, names, size=1.6, numbers="z.0f"), "four-filters")

# %%
edge_results = [correlate(seven, filter) for filter in edges]
lesson.figure(plot.filters(edge_results, names, size=2.2), "four-edges")

# %% [markdown]
# Each has its edge in red. Compare `top` and `bottom`: red and blue are exchanged, and all is moved
# by one row, so that red is always on the ink. The two know the same, then. Why have both? Because
# in lesson 3 we shall keep the red, and throw the blue away.
#
# ## Convolution
#
# Networks like ours are called convolutional networks. Time to say what a convolution is. It has a
# definition of its own, and looks at the matter from the other side.
#
# In a correlation every *result* looks at the pixels around it, and collects. In a **convolution**
# every *pixel* leaves a stamp: a copy of the filter, as strong as the pixel is black. The stamps
# overlap and add up. As a formula, and this is the one in the books:
#
# $$(f * p)[r, c] = \sum_{i, j} f[i, j] \cdot p[r - i,\; c - j]$$
#
# The minus signs say it: the filter's number at (i, j) acts i rows *below* and j columns to the
# *right of* the pixel. In correlation these were plus signs.

# %%
def convolve(picture, filter):
    """Convolution, (H, W) and a filter (3, 3) -> (H - 2, W - 2): each pixel leaves the filter as a stamp.

    All stamps together need two rows and columns more than the picture has. We keep the places where the
    whole filter was in play, as in correlation: there are (H - 2) × (W - 2) of them.
    """
    height, width = picture.shape
    stamped = np.zeros((height + 2, width + 2))
    for i in range(3):
        for j in range(3):
            stamped[i:i + height, j:j + width] += filter[i, j] * picture
    return stamped[2:-2, 2:-2]


# %% [markdown]
# To see what an operation does, give it the simplest picture there is: a single dot. And a filter
# in which each number tells its place, 1 to 9. In a convolution, the dot is stamped with the
# filter. What will the correlation make of it? One box at a time: which of the nine numbers lies on
# the dot when the filter is at the top left?

# %%
dot = np.zeros((5, 5))
dot[2, 2] = 1
places = np.arange(1.0, 10.0).reshape(3, 3)
stamps = {
    "a dot": dot,
    "the filter": places,
    "convolved": convolve(dot, places),
    "correlated": correlate(dot, places),
}
lesson.figure(plot.filters(stamps.values(), list(stamps), size=1.8, numbers=".0f"), "a-dot")

# %% [markdown]
# The convolution shows the filter as it is. The correlation shows it upside down and back to front:
# rotated by 180 degrees. So here is a bold claim: **convolution is nothing but correlation with the
# filter rotated by 180 degrees.** Look at it first:

# %%
three_ways = {
    "correlated with top": correlate(seven, top),
    "convolved with top": convolve(seven, top),
    "convolved with top, rotated": convolve(seven, np.rot90(top, 2)),
}
lesson.figure(plot.filters(three_ways.values(), list(three_ways), size=2.4), "convolution-is-correlation")

# %% [markdown]
# The first and the third are the same picture. But pictures that look alike are no proof. We assert
# it, for our filter and for the random one, which is like none of its own rotations.

# %%
by_convolution = np.array([convolve(picture, np.rot90(filter, 2)) for picture, filter in cases])
difference = np.abs(by_convolution - by_arrays).max()
assert difference < 1e-6
print(f"convolution with the rotated filter minus correlation: at most {difference:.1e}")

# %% [markdown]
# Does it matter which of the two a network uses? No. If a filter is to be learned, it will be
# learned the way round that is needed. So what everybody calls convolution, our `conv2d` too, is
# correlation, with the rotation left out.

# %% [markdown]
# ## What we learned
#
# * Correlation: lay a filter on every place, multiply, add up. Nine numbers are enough to find top
#   edges.
# * A filter whose numbers add up to zero does not see what is even. It sees differences.
# * Rotating a filter rotates what it finds.
# * Convolution is correlation with the filter rotated by 180 degrees. Deep learning says the one
#   and does the other.
#
# ## What we left out
#
# * What to do at the border, where the filter would hang over. We let the picture shrink from 28 to
#   26. Lesson 3 adds a frame of paper instead.
# * `conv2d` can take bigger filters, and steps of more than one pixel. We need neither for now.
# * Why anybody should want the stamps. They come back when a network learns: then each error in the
#   result goes back to the pixels it came from, and it goes back as a stamp.
#
# ## Now you
#
# Slide the filter yourself, first with loops and then without: six exercises, `python -m lessons
# check 2`.
#
# ## What comes next
#
# Four straight filters and four diagonal ones, and a way to sum up what they found in 128 numbers:
# the fingerprint of a picture.

# %%
lesson.receipt("loops, arrays and conv2d: largest difference", promised="at most 1e-6",
               got=f"{disagreement:.1e}", holds=disagreement <= 1e-6)
lesson.receipt("convolution with the rotated filter minus correlation", promised="at most 1e-6",
               got=f"{difference:.1e}", holds=difference <= 1e-6)

lesson.end()
