"""Chromium without a window, by its own driver: no download, no network but the mesh's."""

import contextlib
import json
import pathlib
import shutil
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ACCESSIBILITY = (pathlib.Path(__file__).parent / "accessibility.js").read_text()


class Browser:
    """A browser at one logger: pages by path, what they complain of, pictures of them."""

    def __init__(self, driver, base):
        self.driver = driver
        self.base = base

    def open(self, path):
        """Loads a page and returns its status; its script has run."""
        self.driver.get(self.base + path)
        return self.script("return performance.getEntriesByType('navigation')[0].responseStatus")

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def complaints(self):
        """What the console has said since the last call: errors and warnings, what the security policy refused included."""
        # A page that answers 404 on purpose says so in the console.
        return [e["message"] for e in self.driver.get_log("browser") if "Failed to load resource" not in e["message"] or "/assets/" in e["message"]]

    def faults(self):
        """What is wrong with the page for those who read it by keyboard, ear, or in poor light."""
        return self.script(ACCESSIBILITY)

    def appearance(self, scheme):
        """Light or dark, as the reader's system would ask for it."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def width(self, width, height=900):
        settings = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", settings)

    def zone(self, name):
        self.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": name})

    def picture(self, path):
        """The whole page as a PNG file."""
        import base64

        answer = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(answer["data"]))


@contextlib.contextmanager
def browser(base):
    """A browser inside a `with`; its profile is thrown away."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    with tempfile.TemporaryDirectory() as profile:
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={profile}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        try:
            yield Browser(driver, base)
        finally:
            driver.quit()
