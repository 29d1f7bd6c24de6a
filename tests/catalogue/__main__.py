"""Print what minigrad's check makes of the catalogue: `python -m tests.catalogue [--all] [--markdown]`.

Beside it stands PyTorch's `gradcheck`, where PyTorch is installed. On a terminal the tables are drawn,
elsewhere they are Markdown.
"""

import argparse
import sys
from collections import Counter
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

import minigrad
from tests.catalogue import MISTAKES, RIGHT, UNCERTAIN

if find_spec("torch"):
    from tests.catalogue import pytorch
else:
    pytorch = None


class Outcome(NamedTuple):
    entry: object
    verdict: str                # minigrad's
    name: str | None            # of the mistake, says minigrad
    pytorch: str                # PyTorch's: "accepted", "rejected", or why it cannot be asked; "" without it

    @property
    def is_named(self):
        return self.verdict == "wrong" and self.name in self.entry.expected


def outcome_of(entry):
    report = minigrad.check_vjp(entry.f, entry.make_vjp(), entry.arrays(), raise_exception=False)
    return Outcome(entry, report.verdict, report.name, pytorch.judge(entry) if pytorch else "")


def outcomes_of(entries):
    progress = track(entries, f"{len(entries)} entries", console=Console(stderr=True), transient=True,
                     disable=not sys.stderr.isatty())
    return [outcome_of(entry) for entry in progress]


# --- The tables: a title, the heads of the columns, and rows of strings -------------------------------------

def summary_of_mistakes(outcomes):
    """A row for each stable name; an entry with two honest names stands under the first."""
    groups = grouped(outcomes, lambda outcome: outcome.entry.expected[0])
    rows = [[name, *counts_of_mistakes(group)] for name, group in sorted(groups.items())]
    return ("Mistakes", ["mistake", "planted", "caught", "named rightly", "caught by PyTorch"],
            [*rows, ["**all**", *counts_of_mistakes(outcomes)]])


def counts_of_mistakes(outcomes):
    return [str(len(outcomes)),
            str(sum(outcome.verdict == "wrong" for outcome in outcomes)),
            str(sum(outcome.is_named for outcome in outcomes)),
            by_pytorch(outcomes, "rejected")]


def summary_of_right(outcomes):
    groups = grouped(outcomes, lambda outcome: outcome.entry.kind)
    rows = [[kind, *counts_of_right(group)] for kind, group in groups.items()]
    return ("Right gradients", ["kind", "tried", "accepted", "accepted by PyTorch"],
            [*rows, ["**all**", *counts_of_right(outcomes)]])


def counts_of_right(outcomes):
    return [str(len(outcomes)),
            str(sum(outcome.verdict == "right" for outcome in outcomes)),
            by_pytorch(outcomes, "accepted")]


def summary_of_uncertain(outcomes):
    verdicts = Counter(outcome.verdict for outcome in outcomes)
    return ("Where nobody can tell", ["tried", "cannot tell", "right", "wrong", "accepted by PyTorch"],
            [[str(len(outcomes)), *(str(verdicts[verdict]) for verdict in ("cannot tell", "right", "wrong")),
              by_pytorch(outcomes, "accepted")]])


def by_pytorch(outcomes, answer):
    """ "3", or "3 of 4" where only four of them can be put to it."""
    put = [outcome for outcome in outcomes if outcome.pytorch in ("accepted", "rejected")]
    count = sum(outcome.pytorch == answer for outcome in put)
    return str(count) if len(put) == len(outcomes) else f"{count} of {len(put)}" if put else "-"


def grouped(outcomes, key):
    groups = {}
    for outcome in outcomes:
        groups.setdefault(key(outcome), []).append(outcome)
    return groups


def one_by_one(title, outcomes):
    rows = [[outcome.entry.name, " or ".join(outcome.entry.expected) or "-", outcome.verdict,
             f"{outcome.name or '-'}{'' if outcome.is_named or not outcome.entry.expected else ' (!)'}",
             outcome.pytorch.partition(":")[0] or "-"] for outcome in outcomes]
    return title, ["entry", "expected", "verdict", "name", "PyTorch"], rows


def notes(outcomes):
    """Why some entries do not count for PyTorch."""
    reasons = Counter(outcome.pytorch for outcome in outcomes) - Counter({"": len(outcomes)})
    return [f"{count} not counted for PyTorch ({reason})." for reason, count in reasons.items()
            if reason not in ("accepted", "rejected")]


# --- Printing -----------------------------------------------------------------------------------------------

def as_markdown(title, heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join([f"### {title}", "", *(f"| {' | '.join(line)} |" for line in lines), ""])


def as_drawing(title, heads, rows):
    table = Table(*heads, title=title, title_justify="left")
    for row in rows:
        table.add_row(*(cell.replace("**", "") for cell in row))
    return table


def main():
    parser = argparse.ArgumentParser("python -m tests.catalogue", description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="one row for each entry")
    parser.add_argument("--markdown", action="store_true", help="Markdown on a terminal too")
    options = parser.parse_args()

    with np.errstate(all="ignore"):
        mistakes, right, uncertain = map(outcomes_of, (MISTAKES, RIGHT, UNCERTAIN))
    tables = [summary_of_mistakes(mistakes), summary_of_right(right), summary_of_uncertain(uncertain)]
    if options.all:
        tables += [one_by_one("Mistakes, one by one", mistakes),
                   one_by_one("Right gradients, one by one", right),
                   one_by_one("Where nobody can tell, one by one", uncertain)]

    draw = sys.stdout.isatty() and not options.markdown
    console = Console()
    for table in tables:
        console.print(as_drawing(*table)) if draw else print(as_markdown(*table))
    print(*notes([*mistakes, *right, *uncertain]), sep="\n")


if __name__ == "__main__":
    main()
