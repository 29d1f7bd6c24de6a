"""How hard hypothesis tries: a few dozen examples a test, so that the whole suite stays a coffee break.

`HYPOTHESIS_PROFILE=thorough pytest` tries twenty times as many.
"""

import os

from hypothesis import HealthCheck, settings

slow_is_fine = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", max_examples=25, **slow_is_fine)
settings.register_profile("ci", max_examples=25, derandomize=True, print_blob=True, **slow_is_fine)
settings.register_profile("thorough", max_examples=500, **slow_is_fine)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "quick"))
