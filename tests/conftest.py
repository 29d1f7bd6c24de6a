"""What all tests share: products cut into parts, and how hard hypothesis tries.

A few dozen examples a test keep the whole suite a coffee break;
`HYPOTHESIS_PROFILE=thorough pytest` tries twenty times as many.
"""

import math
import os

import pytest
from hypothesis import HealthCheck, settings

from minigrad import products

slow_is_fine = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", max_examples=25, **slow_is_fine)
settings.register_profile("ci", max_examples=25, derandomize=True, print_blob=True, **slow_is_fine)
settings.register_profile("thorough", max_examples=500, **slow_is_fine)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "quick"))


@pytest.fixture(params=[None, 5, 300])
def cut(request, monkeypatch):
    """Products as they are, and cut into parts of so few multiplications, however many parts that makes."""
    if request.param:
        monkeypatch.setattr(products, "SMALL", request.param)
        monkeypatch.setattr(products, "FEW", request.param)
        monkeypatch.setattr(products, "PARTS", math.inf)
