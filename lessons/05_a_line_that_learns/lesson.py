# %% [markdown]
# # Lesson 5: A line that learns
#
# Two numbers find their own values: nudge them, watch the loss, take a small step downhill, repeat.
#
# Our eight filters were thought up by hand. The lecture now (37:18) asks for filters that are not
# planned but found: begin with random ones, and make them better and better.
#
# How does a machine make something better? The lecture shows it on the smallest example there is,
# a straight line. A line has two numbers, a filter nine, a network many thousands. What is done
# with the two here will be done with all the others later, without a change.

# %%
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.animation import FuncAnimation

from lessons import kit

lesson = kit.lesson(5)

# %% [markdown]
# ## The points
#
# A line is y = a·x + b. The slope a says how steep it is, the intercept b where it starts.
#
# We take a = 3 and b = 8, and thirty values of x, those that the course published. They give us
# thirty points. Then we forget 3 and 8. The points are all that the machine will see.

# %%
x = np.array([
    0.2764, 0.3057, 0.4897, 0.7870, 0.6627, 0.6034, 0.3722, 0.1886, 0.4145, 0.6801,
    0.5178, 0.4675, 0.3708, 0.9557, 0.1604, 0.4065, 0.8752, 0.6775, 0.1818, 0.2346,
    0.5910, 0.9049, 0.9551, 0.3547, 0.7319, 0.5636, 0.7542, 0.7464, 0.2111, 0.1858,
])


def line(a, b, x):
    return a * x + b


y = line(3, 8, x)
print("the first three points:", [(float(px), round(float(py), 4)) for px, py in zip(x[:3], y[:3])])

# %% [markdown]
# ## A guess, and how bad it is
#
# We have to start somewhere. The lecture starts with a = -1, b = 1.
#
# For each point there is an error: prediction minus truth. Square it, and take the mean over all
# points. That is the *loss*, one number that says how bad the guess is. Squares have no sign, so
# too high and too low are both bad, and a large error counts far more than a small one.
#
# The root of the loss is back in the units of y. The lecture calls it the average loss.

# %%
def loss(a, b):
    """The mean squared error of the line."""
    return np.mean((line(a, b, x) - y) ** 2)


def average_loss(a, b):
    """Its root: how far off the line is, roughly, in units of y."""
    return np.sqrt(loss(a, b))


a_guess, b_guess = -1.0, 1.0
print(f"loss {loss(a_guess, b_guess):.4f}, average loss {average_loss(a_guess, b_guess):.4f}")

figure, axis = plt.subplots()
axis.vlines(x, line(a_guess, b_guess, x), y, color="0.8", linewidth=1, label="errors")
axis.plot(x, y, "o", label="the points")
axis.plot([0, 1], line(a_guess, b_guess, np.array([0, 1])), label="the guess: a = -1, b = 1")
axis.set(xlabel="x", ylabel="y", ylim=(-0.5, 16), title="The first guess is far off")
axis.legend(loc="upper left")
lesson.figure(figure, "first-guess")

# %% [markdown]
# In the talk the average loss is 8.6: there the points were drawn at random, on stage. For the
# points that were published it must be 9.1365.

# %%
first = average_loss(a_guess, b_guess)
lesson.receipt("average loss at the first guess", promised="9.1365", got=f"{first:.4f}",
               holds=round(first, 4) == 9.1365)

# %% [markdown]
# ## Nudge it
#
# How could the guess be better? Ask the simplest question. If b were a tiny bit larger, would the
# loss go up, or down? Try it: add 0.01, and compute the loss again. Then the same for a.

# %%
nudge = 0.01
here = loss(a_guess, b_guess)
print(f"loss                 {here:.4f}")
print(f"loss, b nudged       {loss(a_guess, b_guess + nudge):.4f}")
print(f"loss, a nudged       {loss(a_guess + nudge, b_guess):.4f}")

# %% [markdown]
# Both go down. So both a and b should grow. And nudging b does more than nudging a.
#
# To say how much more, divide the change of the loss by the nudge. That is the *slope* of the
# loss: how fast it changes for each unit that we add. Negative means downhill. (Do not mix it up
# with the slope a of the line. The loss has a slope in a, and a slope in b.)
#
# The lecture does this in a spreadsheet (40:41), point by point. Here is our spreadsheet. Each row
# is a point. The columns named `rule` are explained below; cover them with your hand for now.

# %%
error = line(a_guess, b_guess, x) - y
squared = error**2
squared_b = (line(a_guess, b_guess + nudge, x) - y) ** 2
squared_a = (line(a_guess + nudge, b_guess, x) - y) ** 2
slope_b = (squared_b - squared) / nudge
slope_a = (squared_a - squared) / nudge
rule_b = 2 * error
rule_a = 2 * error * x

columns = {
    "x": x, "y": y, "guess": line(a_guess, b_guess, x), "error²": squared,
    "b nudged": squared_b, "slope b": slope_b, "rule": rule_b,
    "a nudged": squared_a, "slope a": slope_a, "rule ": rule_a,
}
print("".join(f"{name:>9}" for name in columns))
for row in range(10):
    print("".join(f"{column[row]:9.4f}" for column in columns.values()))
print("   ... and 20 more rows. The mean of all 30:")
print("".join(f"{column.mean():9.4f}" for column in columns.values()))

# %% [markdown]
# Look at the last line. Mean of `error²`: the loss. Mean of `slope b`, about -18: add a little to
# b, and the loss falls eighteen times as much. Mean of `slope a`, about -9: half as much.
#
# ## Smaller and smaller nudges
#
# What is the slope, exactly? Hold a fixed and look at the loss as b changes. It is a parabola. A
# nudge picks a second point on it. The estimate is the slope of the straight line through both.
# The smaller the nudge, the closer that line comes to touching the curve at one single point.
#
# The slope that it comes closer and closer to is the *derivative*. That is all the word means.

# %%
curve_b = np.linspace(-1, 15, 200)
figure, axis = plt.subplots()
axis.plot(curve_b, [loss(a_guess, b) for b in curve_b], color="black", label="loss, for a = -1")
for size, colour in [(12.0, "C4"), (8.0, "C1"), (4.0, "C3"), (0.01, "C0")]:
    slope = (loss(a_guess, b_guess + size) - here) / size
    axis.plot(curve_b, here + slope * (curve_b - b_guess), color=colour, linewidth=1.5,
              label=f"nudge {size:g}: slope {slope:.2f}")
    axis.plot(b_guess + size, loss(a_guess, b_guess + size), "o", color=colour)
axis.plot(b_guess, here, "o", color="black")
axis.annotate("here we are", (b_guess, here), (2.4, 92), arrowprops={"arrowstyle": "-"})
axis.set(xlabel="b", ylabel="loss", ylim=(-10, 125), title="The smaller the nudge, the better the slope")
axis.legend(loc="upper right")
lesson.figure(figure, "smaller-nudges")

# %% [markdown]
# ## By rule
#
# Nudging works, but it is slow. Every number needs the whole loss once more, and a network has
# thousands of numbers. The lecture takes a shortcut (42:00): it looks the formula up on the web.
# We can find it ourselves. It takes one line of school algebra.
#
# Call the error e and the nudge h. If b grows by h, the prediction grows by h, so e becomes e + h:
#
#     (e + h)² = e² + 2·e·h + h²        change: 2·e·h + h²        divided by h: 2·e + h
#
# Now let the nudge h shrink to nothing. What is left is **2·e**.
#
# If a grows by h, the prediction grows by x·h, so e becomes e + x·h:
#
#     (e + x·h)² = e² + 2·e·x·h + x²·h²        divided by h: 2·e·x + x²·h
#
# What is left is **2·e·x**. These are the two columns named `rule`. For the loss take their means.

# %%
def derivatives(a, b):
    """The derivatives of the loss with respect to a and to b, by rule."""
    error = line(a, b, x) - y
    return np.mean(2 * error * x), np.mean(2 * error)


by_rule = np.array(derivatives(a_guess, b_guess))
by_nudging = np.array([loss(a_guess + nudge, b_guess) - here, loss(a_guess, b_guess + nudge) - here]) / nudge
print(f"               {'a':>12} {'b':>12}")
print(f"by nudging     {by_nudging[0]:12.6f} {by_nudging[1]:12.6f}")
print(f"by rule        {by_rule[0]:12.6f} {by_rule[1]:12.6f}")
print(f"difference     {by_nudging[0] - by_rule[0]:12.6f} {by_nudging[1] - by_rule[1]:12.6f}")
print(f"the algebra    {nudge * np.mean(x**2):12.6f} {nudge:12.6f}   <- the mean of x²·h, and h")

# %% [markdown]
# They are close, and not equal. The algebra even says by how much they must differ: h for b, x²·h
# for a. That is what a nudge of some size costs.
#
# There is a simple cure. Nudge both ways, up by h and down by h, and take the slope between the
# two. Going down, the extra h has the opposite sign, and the two cancel:
#
#     ((e + h)² - (e - h)²) / 2h = 4·e·h / 2h = 2·e
#
# This is called the *central difference*. For a parabola nothing is left over but rounding. Our
# numbers are kept to about 16 digits and the squares are around 100, so rounding is some 10⁻¹⁴;
# divided by the nudge, some 10⁻¹². We promise 10⁻⁹, for all thirty points. A wrong rule would miss
# that by far.

# %%
def both_ways(a, b):
    """The slopes of all the squared errors, by nudging both ways: for a, and for b."""
    def squares(a, b):
        return (line(a, b, x) - y) ** 2
    return ((squares(a + nudge, b) - squares(a - nudge, b)) / (2 * nudge),
            (squares(a, b + nudge) - squares(a, b - nudge)) / (2 * nudge))


two_sided_a, two_sided_b = both_ways(a_guess, b_guess)
apart = max(np.abs(two_sided_a - rule_a).max(), np.abs(two_sided_b - rule_b).max())
lesson.receipt("derivatives by nudging both ways and by rule, 30 points", promised="apart by at most 1e-09",
               got=f"apart by {apart:.0e}", holds=apart <= 1e-9)

# %% [markdown]
# ## Too small a nudge
#
# If smaller is better, why not nudge by 10⁻¹⁶? Try.

# %%
sizes = 10.0 ** np.arange(0, -17, -1)
one_way = np.array([(loss(a_guess, b_guess + h) - here) / h for h in sizes])
two_way = np.array([(loss(a_guess, b_guess + h) - loss(a_guess, b_guess - h)) / (2 * h) for h in sizes])
print(f"{'nudge':>8} {'slope b':>14} {'wrong by':>10}")
for size, slope in list(zip(sizes, one_way))[::2]:
    print(f"{size:8.0e} {slope:14.8f} {abs(slope - by_rule[1]):10.1e}")
print(f"1 + 1e-16 == 1 is {1 + 1e-16 == 1}")

figure, axis = plt.subplots()
axis.loglog(sizes, np.abs(one_way - by_rule[1]), "o-", label="nudged one way")
axis.loglog(sizes, np.abs(two_way - by_rule[1]), "s-", label="nudged both ways")
axis.invert_xaxis()
axis.set(xlabel="nudge, smaller and smaller", ylabel="error of the slope",
         title="A nudge can be too large, and it can be too small")
axis.legend(loc="lower right")
lesson.figure(figure, "too-small-a-nudge")

# %% [markdown]
# At first each smaller nudge is better. Beyond 10⁻⁷ or so it gets worse again. The computer keeps
# 16 digits. The two losses then agree in nearly all of them, and their difference is made of the
# few that are left. With 10⁻¹⁶ nothing is left: 1 + 10⁻¹⁶ is 1, b did not move at all, and the
# slope comes out as 0.
#
# So: nudging is slow and never quite exact, but it needs no thought. A rule is fast and exact, but
# it can be wrong. Let each check the other. We will do so in every lesson that has a derivative.
#
# ## The update
#
# The slope says which way is downhill. Now take a step. How long a step? We just make it up. It is
# called the *learning rate*, and the lecture takes 0.01 (41:20).
#
#     a = a - learning rate × slope of the loss in a
#     b = b - learning rate × slope of the loss in b
#
# Minus, because the slope points uphill. This is *gradient descent*: the gradient is the list of
# all the slopes. That is the whole of learning. The rest is a matter of finding slopes faster.

# %%
def update(a, b, learning_rate):
    slope_a, slope_b = derivatives(a, b)
    return a - learning_rate * slope_a, b - learning_rate * slope_b


a, b = a_guess, b_guess
for step in range(4):
    print(f"update {step}: a = {a:7.4f}, b = {b:7.4f}, average loss {average_loss(a, b):.4f}")
    a, b = update(a, b, 0.01)

# %% [markdown]
# ## Sum, mean, or point by point?
#
# There is a choice in this. Our slope is the *mean* over all points. It could be the *sum*, thirty
# times as large. Or one could step after every single *point*, row by row down the spreadsheet.
# All three go downhill. How far do they get?

# %%
def by_mean(a, b, step):
    return update(a, b, 0.01)


def by_sum(a, b, step):
    return update(a, b, 0.01 * len(x))


def by_point(a, b, step):
    i = step % len(x)
    error = line(a, b, x[i]) - y[i]
    return a - 0.01 * 2 * error * x[i], b - 0.01 * 2 * error


print("average loss after    10 updates   100 updates   400 updates")
for way in (by_mean, by_sum, by_point):
    a, b = a_guess, b_guess
    losses = []
    for step in range(400):
        a, b = way(a, b, step)
        losses.append(average_loss(a, b))
    print(f"{way.__name__:<16}{losses[9]:16.4f} {losses[99]:13.4f} {losses[399]:13.4g}")

# %% [markdown]
# Thirty small steps, one for each point, come to about the same as thirty steps of the mean.
#
# The sum makes steps thirty times as long, so it is nearly there after ten updates. It works only
# because there are thirty points: with three hundred, the same learning rate would run away (you
# will see how in a moment). The mean does not care how many points there are.
#
# The lecture shows 40 frames of ten updates each. At the end the line is almost on the points, and
# would have to run a little longer to hit them (43:10). With the sum, the show would be over in the
# first frame. So we take the mean, here and in all lessons to come.
#
# ## The line walks
#
# Ten updates a frame, forty frames.

# %%
a, b = a_guess, b_guess
path = [(a, b)]
for _ in range(400):
    a, b = update(a, b, 0.01)
    path.append((a, b))
losses = [average_loss(a, b) for a, b in path]
print(f"after 400 updates: a = {a:.4f}, b = {b:.4f}, average loss {losses[-1]:.4f}")

ends = np.array([0, 1])
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4))
left.plot(x, y, "o")
walker, = left.plot(ends, line(a_guess, b_guess, ends))
left.set(xlabel="x", ylabel="y", xlim=(0, 1), ylim=(-0.5, 12), xticks=[0, 0.5, 1], yticks=[0, 4, 8, 12])
right.semilogy(losses, color="0.8")
runner, = right.semilogy(0, losses[0], "o", color="C1")
right.set(xlabel="update", ylabel="average loss", xticks=[0, 200, 400])
right.set_yticks([10, 1, 0.1], ["10", "1", "0.1"])
right.minorticks_off()
figure.suptitle(" ")
figure.canvas.draw()
figure.set_layout_engine("none")    # from here on nothing but the line and the dot moves


def show_frame(frame):
    update_number = 10 * frame
    a, b = path[update_number]
    walker.set_ydata(line(a, b, ends))
    runner.set_data([update_number], [losses[update_number]])
    figure.suptitle(f"update {update_number}: y = {a:.2f}·x + {b:.2f}")


lesson.animation(FuncAnimation(figure, show_frame, frames=41, interval=120), "the-line-walks")

# %%
lesson.receipt("average loss after 400 updates", promised="below 0.03", got=f"{losses[400]:.4f}",
               holds=losses[400] < 0.03)

# %% [markdown]
# The curve of the average loss is drawn on a scale where equal steps down divide by equal factors.
# It falls fast, then there is a bend, and it falls slowly. Why two speeds?
#
# At first the line is too low everywhere. All errors have the same sign, their slopes add up, and
# the steps are long. Once the line is among the points, it is only tilted: too high on the left,
# too low on the right. The errors now have both signs, their slopes nearly cancel, and the steps
# are short. After 400 updates a is still 2.91 and not 3.
#
# ## Three learning rates
#
# To see what a learning rate does, let only b move, and hold a at 3. The loss is then a parabola
# with its bottom at b = 8. Here are six updates with each of three learning rates.

# %%
figure, axes = plt.subplots(1, 3, figsize=(10, 4), sharey=True)
for axis, rate, verdict in zip(axes, [0.02, 0.3, 1.05], ["too small", "good", "too large"]):
    b, steps = b_guess, [b_guess]
    for _ in range(6):
        b = b - rate * derivatives(3, b)[1]
        steps.append(b)
    curve_b = np.linspace(-6, 22, 200)
    axis.plot(curve_b, [loss(3, b) for b in curve_b], color="0.8")
    axis.plot(steps, [loss(3, b) for b in steps], "o-", linewidth=1, color="C1")
    axis.set(xlabel="b", ylim=(-8, 200), title=f"learning rate {rate}: {verdict}")
    axis.annotate("start", (b_guess, loss(3, b_guess)), (-12, -4), textcoords="offset points", ha="right")
axes[0].set_ylabel("loss, for a = 3")
lesson.figure(figure, "three-learning-rates")

# %% [markdown]
# Too small, and it takes for ever. Larger is faster. Too large, and each step overshoots: it lands
# on the other side of the bottom, higher up, and the next one higher still. The loss explodes.
#
# When both numbers move, the limit is somewhere else. It is found by trying.

# %%
print("learning rate   average loss after 400 updates")
for rate in (0.0001, 0.001, 0.01, 0.1, 0.3, 0.7, 0.8):
    a, b = a_guess, b_guess
    for _ in range(400):
        a, b = update(a, b, rate)
    print(f"{rate:13} {average_loss(a, b):16.2g}")

# %% [markdown]
# The lecture's 0.01 is careful. For 400 updates it is enough. 0.7 would have been far better, and
# with 0.8 everything is lost. That is typical: the best learning rates are not far from the worst.
#
# ## What we learned
#
# - A loss turns "how bad is it?" into one number.
# - The derivative says how fast the loss changes when one number is nudged. Nudging finds it
#   approximately, a rule exactly, and each checks the other.
# - The update: subtract learning rate × derivative. Repeat.
# - The learning rate is a matter of trying. Too small is slow, too large runs away.
#
# ## What we left out
#
# - These points lie exactly on a line. Real ones do not, and then the loss does not reach zero.
# - For a line there is a formula that gives a and b in one go (least squares). For a network there
#   is none, and the update is all we have.
# - Our loss has one lowest place, and the update gets there. That of a network has countless hollows,
#   and the update ends in one of them. That this is usually good enough is a surprise to many.
#
# ## Now you
#
# Loss, nudge, slope, update: seven exercises, `python -m lessons check 5`. The last asks for three
# learning rates: one too small, one good, one too large.
#
# ## What comes next
#
# We worked out two rules by hand. A network needs thousands. In lesson 6 the machine finds them.

# %%
lesson.end()
