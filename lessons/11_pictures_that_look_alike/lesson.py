# %% [markdown]
# # Lesson 11: Pictures that look alike
#
# Finding similar pictures: by their pixels, and by what the network sees in them.
#
# In the lecture somebody uploads a photograph of a dog, and a search engine answers with dogs like
# it (12:55). No word was typed. And they are not just dogs: the breed is right, the background is,
# and the tongue hangs out. How does one search for a picture with a picture?
#
# We do it with handwriting. We have 55,000 training pictures, which will be our **gallery**. Given
# a new picture, find those in the gallery that look most like it.

# %%
import numpy as np
from matplotlib import pyplot as plt

from lessons import kit
from minigrad import Tensor, nn, no_grad, plot

lesson = kit.lesson(11)
train, valid, test = lesson.mnist()


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
# ## Alike in pixels
#
# When are two pictures alike? The first answer that comes to mind: when their pixels are. Subtract
# pixel from pixel, square, add up, take the root. That is the **distance** between two pictures, as
# if their 784 numbers were a place in a space with 784 dimensions. Small means alike. The picture
# in the gallery with the smallest distance is the **nearest neighbour**.
#
# A thousand pictures against 55,000 makes 55 million distances. One by one that takes too long. But
# the square can be multiplied out, as in lesson 4:
#
# *|q - g|² = |q|² - 2·q·g + |g|²*
#
# The first part is the same for the whole gallery, so it cannot change which one is nearest. The
# last part is one number for each picture of the gallery. And the middle, for all pictures at once,
# is one product of matrices. Nothing is faster.

# %%
def nearest(queries, gallery, count=5):
    """The rows of the gallery (M, D) that are nearest to each query (Q, D): their numbers (Q, count)."""
    squares = np.einsum("md,md->m", gallery, gallery)                             # |g|²
    found = []
    for start in range(0, len(queries), 100):
        far = squares - 2 * queries[start:start + 100] @ gallery.T                # (100, M)
        best = np.empty((len(far), count), int)
        for place in range(count):
            best[:, place] = far.argmin(axis=1)
            far[np.arange(len(far)), best[:, place]] = np.inf                     # found; now the next
        found.append(best)
    return np.concatenate(found)


def pixels(images):
    return images.reshape(len(images), -1)                                        # (N, 784)


five = nearest(pixels(test.images[:1]), pixels(train.images))[0]
titles = [f"look for a {test.labels[0]}", *(f"a {label}" for label in train.labels[five])]
lesson.figure(plot.images([test.images[0], *train.images[five]], titles, size=1.3), "a-search")

# %% [markdown]
# Do we trust the shortcut? For five pictures, subtract in earnest. No picture of the gallery may be
# nearer than the one that was found.

# %%
apart = 0.0
found = nearest(pixels(test.images[:5]), pixels(train.images), count=1)[:, 0]
for query, number in zip(test.images[:5], found):
    distances = np.sqrt(((train.images - query) ** 2).sum(axis=(1, 2, 3)))
    apart = max(apart, distances[number] - distances.min())
lesson.receipt("nearest by matrix product and by subtracting: difference of distance",
               promised="at most 1e-4", got=f"{apart:.0e}", holds=apart <= 1e-4)

# %% [markdown]
# ## Alike to the network
#
# The second answer: two pictures are alike if the network *sees the same* in them. What it sees is
# a list of numbers, too, after each of its layers. Such a list is called the **features** of a
# picture. Which list shall we take?
#
# * The 256 numbers after the second layer of filters: how much of each of the 16 filters there is,
#   at 4 × 4 places. A fingerprint like that of lesson 3, only with filters that were learned.
# * The 64 numbers after that. They belong to no place any more. Whatever the network knows when it
#   decides is in them.
# * The 10 scores. They hardly know more than which digit it is.
#
# And what is near? There are two customs. One is the distance. The other is the **angle**: scale
# each list to the length 1 first, and then take the distance. Then a faint picture and a bold one
# can be alike.
#
# We said it before: do not argue, measure. And we said where: choices are made on the validation
# pictures. We look for 300 of them in the gallery, in four descriptions, by two measures. How many
# of the five nearest have the right label? And since a label is not all there is to a picture: how
# far away in pixels are they?

# %%
def through(layers, inputs):
    """What the layers make of the inputs, 500 at a time, as an array (N, ...)."""
    with no_grad():
        return np.concatenate([layers(Tensor(inputs[start:start + 500])).numpy()
                               for start in range(0, len(inputs), 500)])


def describe(images):
    """Each picture in four ways: arrays (N, 784), (N, 256), (N, 64) and (N, 10)."""
    after_filters = through(network[:7], images)
    before_scores = through(network[7:9], after_filters)
    return {"784 pixels": pixels(images), "256 features": after_filters,
            "64 features": before_scores, "10 scores": through(network[9:], before_scores)}


def as_it_is(rows):
    return rows


def to_length_one(rows):
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


gallery = describe(train.images)
measures = {"distance": as_it_is, "angle": to_length_one}

chosen = lesson.rng.permutation(len(valid.labels))[:300]
queries, answers = describe(valid.images[chosen]), valid.labels[chosen]

print(f"{'':<31}same label   distance in pixels")
shares = {}
for description in gallery:
    for measure, scale in measures.items():
        five = nearest(scale(queries[description]), scale(gallery[description]))
        shares[description, measure] = (train.labels[five] == answers[:, np.newaxis]).mean()
        far = np.linalg.norm(pixels(train.images)[five] - queries["784 pixels"][:, np.newaxis], axis=2).mean()
        print(f"{description:<15}{measure:<16}{shares[description, measure]:>10.1%}{far:>21.2f}")

some_of_same = [lesson.rng.choice(np.flatnonzero(train.labels == label)) for label in answers]
far = np.linalg.norm(pixels(train.images)[some_of_same] - queries["784 pixels"], axis=1).mean()
print(f"{'any one with the same label':<31}{'':>10}{far:>21.2f}")

# %% [markdown]
# Read the table from top to bottom. The deeper in the network we listen, the more of the neighbours
# share the label, until nearly all of them do; and the less they are alike in pixels. That is no
# wonder: on its way to the answer the network throws away what does not matter for it.
#
# The last line is for comparison. A picture with the same label, drawn by lot, is much further away
# than any neighbour. So the features know more than the label. They still know *what kind of* seven
# it is.
#
# Which description, then? That depends on what you look for. We take the 64 features. They are
# about as sure of the label as the scores are, and have kept more of the looks. Between distance
# and angle let the validation pictures decide, for the pixels as well: they shall have the best
# chance.

# %%
def better_measure(description):
    return max(measures, key=lambda measure: shares[description, measure])


by_pixels, by_features = better_measure("784 pixels"), better_measure("64 features")
print(f"pixels are compared by {by_pixels}, features by {by_features}")

# %% [markdown]
# ## The judgement
#
# Now the test pictures, a thousand of them, drawn by lot. For each we take its nearest neighbour in
# the gallery. Does it have the same label? Write down two guesses: how often by pixels, how often
# by features?
#
# We add a control, as in lesson 10: the 64 features of a network that has learned nothing. It has
# the same layers, with random numbers in them. And a third guess?

# %%
untrained = new_network()


def features(images):
    return through(network[:9], images)


def random_features(images):
    return through(untrained[:9], images)


described = {"pixels": pixels, "features": features, "random features": random_features}
scales = {"pixels": measures[by_pixels], "features": measures[by_features],
          "random features": measures[by_features]}
ready = {"pixels": scales["pixels"](gallery["784 pixels"]),
         "features": scales["features"](gallery["64 features"]),
         "random features": scales["random features"](random_features(train.images))}


def search(way, images, count=5):
    """The numbers of the nearest pictures in the gallery, by one of the three ways: (N, count)."""
    return nearest(scales[way](described[way](images)), ready[way], count)


chosen = lesson.rng.permutation(len(test.labels))[:1000]
images, labels = test.images[chosen], test.labels[chosen]

found = {way: search(way, images) for way in described}                           # (1000, 5) each
right = {way: train.labels[found[way]] == labels[:, np.newaxis] for way in described}

print(f"same label, {len(labels):,} test pictures    the nearest   of the five nearest")
for way in described:
    print(f"in {way:<29}{right[way][:, 0].mean():>12.1%}{right[way].mean():>22.1%}")
right_by_network = through(network, images).argmax(axis=1) == labels
print(f"{'the network itself':<32}{right_by_network.mean():>12.1%}")

# %% [markdown]
# The pixels are not bad: with 55,000 pictures to choose from, there is nearly always one that fits.
# But the features make far fewer mistakes.
#
# The random features do *worse* than the pixels. So it is not the layers that know what is alike.
# It is what they have learned.
#
# And the last line: the nearest neighbour is hardly worse than the network's own answer. Where its
# features are alike, the digits are.
#
# ## See for yourself
#
# First the first five that were drawn, so that nobody can say we had chosen. On the left the
# picture that we look for, then its five nearest in pixels, then its five nearest in features.
# Above each is its label, in orange where it is another one.

# %%
def draw_searches(rows):
    """A row for each search: the picture, its five nearest in pixels, its five nearest in features."""
    blank = np.full((1, 28, 28), np.nan)
    pictures, titles = [], []
    for row in rows:
        pictures += [images[row], blank, *train.images[found["pixels"][row]],
                     blank, *train.images[found["features"][row]]]
        titles += [labels[row], "", *train.labels[found["pixels"][row]],
                   "", *train.labels[found["features"][row]]]
    figure = plot.images(pictures, titles, columns=13, size=0.9, limits=(0, 1))
    for i, axis in enumerate(figure.axes):
        if i % 13 in (1, 7):
            axis.set_axis_off()
        elif titles[i] != titles[i - i % 13]:
            axis.set_title(titles[i], color="C1", weight="bold", fontsize=10)
    figure.suptitle(" ")                                        # room for the line above the columns
    for column, head in [(0, "look for"), (4, "nearest in pixels"), (10, "nearest in features")]:
        figure.axes[column].annotate(head, (0.5, 1.5), xycoords="axes fraction", ha="center", in_layout=False)
    return figure


lesson.figure(draw_searches(range(5)), "as-they-were-drawn")

# %% [markdown]
# Most searches are like these. Both answers are good, and it would be hard to say which is better.
# Look closely, though: the pixels want the ink in the same *place*. The features take a digit that
# is a little larger, or bolder, or moved.
#
# So let us choose after all. Here are searches where the two disagree: the nearest in pixels has
# another label, and the nearest in features has the right one. The first five of them:

# %%
pixels_right, features_right = right["pixels"][:, 0], right["features"][:, 0]
pixels_fail = np.flatnonzero(~pixels_right & features_right)
features_fail = np.flatnonzero(pixels_right & ~features_right)
both_fail = np.flatnonzero(~pixels_right & ~features_right)
print(f"the nearest in pixels is wrong, in features right:  {len(pixels_fail):>4}")
print(f"the nearest in features is wrong, in pixels right:  {len(features_fail):>4}")
print(f"both are wrong:                                     {len(both_fail):>4}")
if len(pixels_fail) > 0:
    lesson.figure(draw_searches(pixels_fail[:5]), "pixels-fail")

# %% [markdown]
# And now those where the features are wrong, be the pixels right or not. Again the first five, or
# as many as there are. It would not be honest to leave them out. Judge for yourself: is it always
# the features that are wrong?

# %%
if len(features_fail) + len(both_fail) > 0:
    lesson.figure(draw_searches(np.concatenate([features_fail, both_fail])[:5]), "features-fail")

# %% [markdown]
# ## Why?
#
# What do features have that pixels have not? One suspicion can be tested. Move the picture that we
# look for to the right: by one pixel, by two, by four. You would hardly notice. What will it do to
# the searches?
#
# The random features come along. They tell us something else: pooling forgets where exactly a thing
# was, and it does so whether a network has learned or not. If it is pooling that helps, it will
# help the random features, too.

# %%
moves = range(5)
figure, axis = plt.subplots(figsize=(6, 3.5))
print("moved by         " + "".join(f"{move:>7}" for move in moves))
for way, marker in [("features", "o"), ("pixels", "s"), ("random features", "^")]:
    kept = []
    for move in moves:
        five = search(way, np.roll(images[:200], move, axis=3))
        kept.append((train.labels[five] == labels[:200, np.newaxis]).mean())
    axis.plot(moves, kept, marker=marker, label=way)
    print(f"{way:<17}" + "".join(f"{share:>7.0%}" for share in kept))
axis.set(xlabel="pixels moved to the right", xticks=moves, ylabel="of the five nearest, same label")
axis.set_ylim(0, 1.02)
axis.yaxis.set_major_formatter("{x:.0%}")
axis.legend()
lesson.figure(figure, "moved")

# %% [markdown]
# To the pixels, a digit that was moved by two is another picture: the ink is not where it was. The
# features hardly mind. And it is not the pooling alone. The random features have that, too, and
# they go down with the pixels. So the network must have *learned* not to mind: among 55,000
# pictures there are small moves enough. It has learned it as far as it was needed. A digit far off
# the middle was hardly ever shown to it, and there the features fail as well.
#
# ## What it is good for
#
# The search needs no words. Once there is a network, nobody has to label what is in the gallery, or
# to say what is looked for. In the lecture (19:08) it is radiologists who search so: given the scan
# of a patient, find patients of former years whose scans look like it, and read what helped them.
# "Alike" must not mean alike in pixels there. No two patients lie in the scanner in the same way.
#
# But mind what we found. Features keep what mattered for the question that the network was trained
# on, and drop the rest. Train it on another question, and other pictures will be alike.
#
# ## Eleven lessons, looked back on
#
# * A picture is numbers (1). Nine numbers, slid over it, find an edge (2); eight such filters and
#   pooling make a fingerprint (3), and two average fingerprints tell eights from ones (4).
# * A loss, a derivative, an update: numbers can be made better, step by step (5), and the
#   derivative of whatever we compute can be found by machine (6).
# * Put together: filters that learn (7), for ten digits (8), layer upon layer (9). The rest was
#   asking what they have learned: by what excites them (10), and by what is alike to them (11).
#
# The lecture begins by saying what deep learning is (07:00 to 09:00): an infinitely flexible
# function, an all-purpose way to fit its parameters, and a machine that makes it fast. You have met
# all three: layers of filters, the chain rule with its update, and a few products of matrices.

# %% [markdown]
# ## What we learned
#
# * The numbers before the answer describe a picture. Alike in features means alike in what matters.
# * The deeper the description, the more it is about the label, and the less about the looks.
# * The features come from learning. The same layers with random numbers do worse than bare pixels.
# * What the network has learned to ignore, such as a small move, the search ignores.
#
# ## What we left out
#
# * Large galleries. We compared with every picture. With millions of them one first sorts them into
#   neighbourhoods, and searches in a few.
# * Features that are trained for the search itself: pull pictures of one kind together, push the
#   others apart.
# * Digits of a kind that the network has never seen. Its features may still tell them apart, or
#   not. Try it: leave one digit out in lesson 9.
#
# ## What comes next
#
# You do. Three ways to go on from here:
#
# * **Train.** `examples/train_mnist.py` is a whole program to start from: more filters, more
#   passes, and fewer mistakes. Every lesson takes `--data` and a folder with other pictures of the
#   same form, such as Fashion-MNIST. Which receipts will still hold?
# * **Read.** The source of minigrad is meant to be read, in this order: `ops.py` (each operation
#   with its derivative), `tensor.py` (the graph and the walk back), `nn/functional.py` and
#   `nn/modules.py` (layers), `optim.py` (the update), `data.py`. You know what each of them is for.
# * **Grow.** The names are those of PyTorch. What you can write here you can write there, on large
#   machines and for large pictures.

# %%
for which, columns in [("the nearest has", slice(0, 1)), ("of the five nearest,", slice(0, 5))]:
    in_features, in_pixels = (right[way][:, columns].mean() for way in ("features", "pixels"))
    lesson.receipt(f"{which} the same label, {len(labels):,} test pictures",
                   promised="features more often than pixels",
                   got=f"features {in_features:.1%}, pixels {in_pixels:.1%}", holds=in_features > in_pixels)

lesson.end()
