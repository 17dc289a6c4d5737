"""Headless Chromium, for tests of pages: its start, and waiting for what a page shows."""

import shutil
from contextlib import contextmanager
from importlib.util import find_spec


@contextmanager
def chromium_in(folder, missing, *arguments):
    """Start the browser with an empty profile in a folder; call ``missing`` if it is not there."""
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
        *arguments,
        f"user-data-dir={folder}",
    ):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(paths[1]))
    browser.implicitly_wait(10)
    yield browser
    browser.quit()


def waited(chromium, condition):
    """Wait until a condition holds; look an element up again that the page has replaced."""
    from selenium.common.exceptions import StaleElementReferenceException
    from selenium.webdriver.support.wait import WebDriverWait

    replaced = [StaleElementReferenceException]
    wait = WebDriverWait(chromium, 10, poll_frequency=0.05, ignored_exceptions=replaced)
    return wait.until(condition)


def first_paint(chromium, url):
    """Return the milliseconds until a page shows its first content."""
    chromium.get(url)
    script = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    return waited(chromium, lambda each: each.execute_script(script))
