"""Headless Chromium for tests of the page of a server.

It needs `selenium`, and Chromium with its driver (Debian's `chromium` and `chromium-driver`).
"""

import shutil
from contextlib import contextmanager
from importlib.util import find_spec


@contextmanager
def direct_chromium(folder, missing, *further_arguments):
    """Start a browser without a proxy, for which ``evil.example`` is this machine.

    Its profile is in ``folder``. ``missing`` is called with the name of a program that is not
    installed.
    """
    paths = [shutil.which(name) or missing(name) for name in ("chromium", "chromedriver")]
    if find_spec("selenium") is None:
        missing("selenium")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = paths[0]
    for argument in (
        "headless=new",
        "no-sandbox",
        "disable-dev-shm-usage",
        "disable-background-networking",
        "no-proxy-server",
        "host-resolver-rules=MAP evil.example 127.0.0.1",
        f"user-data-dir={folder}",
        *further_arguments,
    ):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chromium = webdriver.Chrome(options=options, service=webdriver.ChromeService(paths[1]))
    chromium.implicitly_wait(10)
    yield chromium
    chromium.quit()
