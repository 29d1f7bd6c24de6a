"""Which mistake is it? What each kind of mistake would have answered is worked out, and compared.

A wrong backward pass is not random: people forget a transpose, a sum, a factor. Each rule below states one
such mistake as a hypothesis, in terms of nothing but the function's measured derivatives, its inputs and
outputs, the cotangent and calls of the vjp at other places. No rule knows a function. A mistake is named if
its hypothesis gives the answer in all trials: several random cotangents, at several points. If none does, the
pattern is called unknown, and described.

Read in this order: words, evidence, rule; then the mistakes: rows, values, places, parts, formulas; pattern,
for what no rule explains; and the table of all rules here.
"""

import numpy as np

from minigrad.gradcheck.diagnosis import formulas, parts, places, values
from minigrad.gradcheck.diagnosis.evidence import Case, Measured
from minigrad.gradcheck.diagnosis.pattern import unknown
from minigrad.gradcheck.report import Finding

# A catalogue of the mistakes that people make. The first that explains the answers is the one that is named,
# so the special stand before the general.
RULES = [
    values.zero,                              # nothing but zeros
    values.cotangent_ignored,                 # the same whatever g is
    formulas.mask_inverted,                   # nonzero where it should be zero
    formulas.smallest_for_largest,            # argmin for argmax
    values.inputs_exchanged,                  # two gradients in each other's place
    places.not_summed,                        # g for g.sum(0)
    places.shape_not_transposed,              # g.T @ x for x.T @ g
    places.axes_permuted,                     # transpose(2, 0, 1) for transpose(1, 2, 0)
    places.summed_over_wrong_axis,            # g.sum(1) for g.sum(0)
    values.other_inputs_shape,                # the other input's, of another shape
    places.wrong_shape,                       # any other shape: below, it is always the input's
    values.sign,                              # -f'
    values.sign_of_some,                      # 1 for sign(x)
    values.constant_factor,                   # 2 f', f'/n
    parts.first_of_batch,                     # g[0]
    places.spread_along_wrong_axis,           # g[None, :] for g[:, None]
    places.result_not_transposed,             # right.T
    places.wrong_order,                       # g.reshape(...) for g.T, roll(g, 1) for roll(g, -1)
    parts.shared_quantity,                    # softmax without its sum
    parts.overwritten,                        # grad[k] = ... for np.add.at
    places.kernel_not_rotated,                # a convolution's kernel as it is
    places.jacobian_not_transposed,           # w @ g for w.T @ g
    places.operand_not_transposed,            # g @ w for g @ w.T
    places.taken_along_other_axis,            # softmax(x, 0) for softmax(x, 1)
    places.coupled_along_wrong_axis,          # softmax's sum along the wrong axis
    formulas.input_for_output,                # 1 - x^2 for 1 - y^2
    formulas.output_for_input,                # cos(y) for cos(x)
    parts.shared_part_negative,               # softmax with a plus
    parts.shared_part_scaled,                 # softmax with its sum twice
    parts.shared_quantity_by_balance,         # normalisation with a constant mean
    values.gradient_of_another_input,         # the other input's
    formulas.wrong_polynomial,                # y for y - y^2
    formulas.wrong_sign_in_polynomial,        # 1 + y^2 for 1 - y^2
    formulas.extra_factor,                    # 1/x for 1/x^2
    parts.counted_once,                       # grad[k] += ... for np.add.at
    parts.term_left_out,                      # half of the product rule
    parts.skip_left_out,                      # f(x) without the x of x + f(x)
    parts.counted_by_degree,                  # g @ x for (g + g.T) @ x
    formulas.polynomial_factor,               # without the 1 - y
    formulas.derivative_left_out,             # g for g f'
    formulas.function_for_derivative,         # f for f'
    places.factors_in_wrong_order,            # an operand or g shuffled
]


def diagnose(f, vjp, arrays, inputs, rng, *, seconds=2.0):
    """Names for what is wrong with some gradients: one Finding for each, "unknown" where no rule explains it.

    `f(*arrays)` gives an array, `vjp(g, *arrays)` a list with an array or None for each input. `inputs` are
    the indices of those whose gradients are wrong. Points near by and cotangents are drawn from `rng`.
    `seconds` is about how long the measuring may take for one input: of large inputs, or in slow functions,
    only some elements are moved.
    """
    with np.errstate(all="ignore"):
        measured = Measured(f, vjp, arrays, rng, seconds)
        return [_named(measured, i) for i in inputs]


def _named(measured, i):
    case = Case(measured, i)
    if not case.can_be_told:
        return Finding("unknown", f"The gradient of input {i} is wrong, in an unknown pattern.", input=i,
                       evidence="with other cotangents, or nearby, it is no array, or of another shape")
    return next((found for rule in RULES if (found := rule(case))), None) or unknown(case)
