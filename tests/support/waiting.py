"""Waiting for what a page shows in a browser."""


def waited(chromium, condition):
    """Wait until a condition holds, even if the page replaces elements meanwhile."""
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


def type_keys(chromium, keys):
    """Type keys into the focused element, even if the page replaces it meanwhile."""
    from selenium.webdriver import ActionChains

    ActionChains(chromium).send_keys(keys).perform()
