"""The README's own examples, run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```(?:\n\n```\n(.*?)```)?", README, re.DOTALL)


def test_there_are_examples():
    assert len(EXAMPLES) >= 2


@pytest.mark.parametrize("code, output", EXAMPLES)
def test_an_example_does_what_it_says(code, output, tmp_path):
    """What is printed is in the comments behind the prints, or in the block that follows."""
    script = tmp_path / "example.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run([sys.executable, "-X", "utf8", script], capture_output=True, encoding="utf-8")
    assert done.stdout.splitlines() == re.findall(r"^print\(.*\)\s+# (.*)$", code, re.MULTILINE)
    assert without_bars(done.stderr).endswith(without_bars(output))


def without_bars(text):
    """Error bars are rounding, which differs from one processor to the next."""
    return re.sub("± [0-9.e-]+", "±", text)
