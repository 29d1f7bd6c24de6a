# %% [markdown]
# # Lesson 1: Pictures are numbers
#
# What a computer has of a handwritten digit: 784 numbers, and one more that says which digit it is.
#
# By the last lessons, a program will read handwriting, and nobody will have told it what a digit
# looks like. We start with what it is given. That is less than you may think.

# %%
import numpy as np

from lessons import kit
from minigrad import plot

lesson = kit.lesson(1)

# %% [markdown]
# ## Load the data
#
# MNIST is a collection of 70,000 handwritten digits. Hundreds of people wrote them, and other
# people noted which digit each one is. It comes in three parts. Why three, we will see at the end;
# until then we look at the first and largest part only.

# %%
train, valid, test = lesson.mnist()
images, labels = train
print(f"{len(images):,} pictures, {images[0, 0].shape[0]} × {images[0, 0].shape[1]} pixels each,"
      f" and {len(labels):,} labels")

# %% [markdown]
# ## One picture
#
# Here is the first. Which digit is it?

# %%
seven = images[0, 0]
lesson.figure(plot.images([seven], size=3), "the-first-picture")

# %% [markdown]
# You knew at once, and you could not say how you did it. That is the whole problem.
#
# With every picture comes a label: what somebody says it shows.

# %%
print("the label of the first picture:", labels[0])

# %% [markdown]
# Nearly all data for learning has these two halves: what you are **given**, and what you are to
# **find**. Here: given a picture, find its label. Five more such pairs, beginning with the one we
# know:

# %%
lesson.figure(plot.images(images[:5], labels[:5], size=1.3), "the-first-five")

# %% [markdown]
# ## What the computer sees
#
# It sees no ink and no paper. It has an array of 28 rows with 28 numbers each, from 0 to 1. Let us
# print all of them, on a scale of 0 to 99. Before you do: what will the empty paper be, and what
# the ink?

# %%
for row in seven:
    print(*(f"{round(99 * number):2}" if number else " ." for number in row))

# %% [markdown]
# A dot stands for a zero: that is paper. Full ink is 1, printed as 99. At the rim of a stroke the
# ink covered only a part of the pixel, and the numbers lie between. Step back from the screen, and
# you can read the 7 in them.
#
# So `seven[10, 18]` is one number: how much ink there is in row 10, column 18. Rows are counted
# from the top, columns from the left, both from 0. Find the pixel in the print-out before you run
# the next cell.

# %%
print(f"seven[10, 18] = {seven[10, 18]:.3f}")
print(f"the least ink in a pixel: {seven.min():.0f}, the most: {seven.max():.3f}")

# %% [markdown]
# Now numbers and picture in one. This is the upper left part of the 7, rows 6 to 13 and columns 0
# to 13, with its number written in each pixel. There is no more in the picture than what you read
# here.

# %%
figure = plot.images([seven[6:14, :14]], size=7, numbers=".1f")
figure.axes[0].set(xticks=range(14), xlabel="column", yticks=range(8), yticklabels=range(6, 14), ylabel="row")
lesson.figure(figure, "ink-as-numbers")

# %% [markdown]
# ## What is made of numbers can be calculated with
#
# Guess what each of these four does to the picture:
#
# `1 - seven`, `seven[:, ::-1]`, `seven.T`, `(seven + three) / 2`

# %%
three = images[1, 0]
calculations = {
    "seven": seven,
    "1 - seven": 1 - seven,
    "seven[:, ::-1]": seven[:, ::-1],
    "seven.T": seven.T,
    "(seven + three) / 2": (seven + three) / 2,
}
lesson.figure(plot.images(calculations.values(), list(calculations), size=1.5), "calculating-with-pictures")

# %% [markdown]
# The negative, the mirror image, rows and columns exchanged, two pictures on one sheet. Ordinary
# arithmetic on numbers, and each time it means something to the eye.
#
# If the average of two pictures is a picture, so is the average of thousands. What does the average
# of all sevens look like? Which of the ten digits will come out sharp, and which blurred? Decide,
# then look.

# %%
averages = [images[labels == digit].mean(axis=0) for digit in range(10)]
lesson.figure(plot.images(averages, list(range(10)), columns=5, size=1.4), "the-average-digits")

# %% [markdown]
# People agree about the 0: a ring. The 1 fans out, since some write it upright and some slanting.
# The 4 and the 9 have come so close that you have to look twice. Ten ghosts, and still one can read
# them: **there is something that all sevens share.** Lesson 4 will build a first recogniser on just
# that.
#
# ## Why three parts
#
# How many of each digit are there, and in which part?

# %%
parts = {"to learn from": train, "to choose by": valid, "to judge by": test}
print(f"{'':<14}{'pictures':>9}" + "".join(f"{digit:>7}" for digit in range(10)))
for name, part in parts.items():
    counts = np.bincount(part.labels, minlength=10)
    print(f"{name:<14}{len(part.labels):>9,}" + "".join(f"{count:>7,}" for count in counts))

# %% [markdown]
# Somebody who has learned the answers by heart knows them all, and has understood nothing. So we
# never judge a program by the pictures that it learned from.
#
# * **To learn from**, the training set. Our filters and weights will be fitted to these.
# * **To choose by**, the validation set. Which of two networks is better? When have we trained
#   enough?
# * **To judge by**, the test set. Looked at last, and for the judgement only. Choosing by it would
#   be a way of learning it by heart, too.
#
# The validation set is the first 5,000 of the 60,000 pictures that MNIST has for training. That
# leaves 55,000, the number that the lecture begins with (23:23).

# %% [markdown]
# ## What we learned
#
# * A picture is an array of numbers: here 28 × 28, from 0 for paper to 1 for ink.
# * Data comes in pairs: what is given, and what is to be found. Pictures and labels.
# * What we do to the numbers, we do to the picture. Even an average of pictures is one.
# * Learn from one part of the data, choose by a second, judge by a third.
#
# ## What we left out
#
# * Colour. A colour picture has three numbers for each pixel. This is why our arrays have an axis
#   of length 1 that we have passed over so far: `images` has the shape (55000, 1, 28, 28), for
#   pictures, colours, rows, columns.
# * How the digits got to be so tidy: before they came to us, they were scaled to one size and
#   centred.
# * Whether the labels are right. Nearly all are. Lesson 9 will show you some to doubt.
#
# ## Now you
#
# Crop, invert, average and count: five exercises on pictures as arrays. `python -m lessons start`
# makes a folder of your own, `my-minigrad`, with a file for each lesson in which functions are
# missing. Fill them in; `python -m lessons watch` says, whenever you save, what is right, and what
# is wrong and why.
#
# ## What comes next
#
# The number in one pixel says nothing about a 7. Nine neighbouring pixels can say something: that
# there is an edge. In lesson 2 nine numbers go and look for it.

# %%
eights, ones = np.sum(labels == 8), np.sum(labels == 1)
lesson.receipt("training pictures", promised="55,000", got=f"{len(images):,}", holds=len(images) == 55_000)
lesson.receipt("the first label", promised="7", got=f"{labels[0]}", holds=labels[0] == 7)
lesson.receipt("eights among them", promised="5,389", got=f"{eights:,}", holds=eights == 5_389)
lesson.receipt("ones among them", promised="6,179", got=f"{ones:,}", holds=ones == 6_179)

lesson.end()
