"""The profile of a run: `dev`, `ci` or `thorough`, by the variable TEST_PROFILE.

`thorough` takes more examples for most properties, and runs every behaviour test through every
door and the tests of dropspool on every storage. The default is `ci` where the variable CI is set,
otherwise `dev`.

The variable TEST_DOORS limits the doors of behaviour tests, for example to `direct,sdk`.
"""

import os

PROFILE = os.environ.get("TEST_PROFILE", "ci" if "CI" in os.environ else "dev")
THOROUGH = PROFILE == "thorough"
ALL_DOORS = ("direct", "sdk", "compact", "https")
DOORS = tuple(os.environ.get("TEST_DOORS", ",".join(ALL_DOORS)).split(","))
if not set(ALL_DOORS).issuperset(DOORS):
    raise ValueError(f"TEST_DOORS: expected some of {','.join(ALL_DOORS)}, got {','.join(DOORS)}")
