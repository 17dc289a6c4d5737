"""The profile of a run: `dev`, `ci` or `thorough`, by the variable TEST_PROFILE.

`thorough` takes more examples for each property, and runs every behaviour test through
every door. The default is `ci` where the variable CI is set, otherwise `dev`.
"""

import os

PROFILE = os.environ.get("TEST_PROFILE", "ci" if "CI" in os.environ else "dev")
THOROUGH = PROFILE == "thorough"
