"""What a user of minigrad would miss if it broke, asserted. `samples` is the table that drives most of it."""
