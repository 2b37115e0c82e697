#!/usr/bin/env python3
"""The pages of request-logger in Chromium, over a mesh that watches digits and has raised alerts.

    .venv-test/bin/python scripts/browser-test.py [DIRECTORY]

DIRECTORY is one that `vedette demo --directory` prepared; without it one is made and thrown away. A line a check; exits 1
when one failed. Pictures of every page at three widths, light and dark, are left under .build/screenshots.
"""

import json
import pathlib
import sys
import tempfile
import time
import urllib.parse
import uuid

import requests

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts" / "interop"), str(ROOT / "Tests" / "Browser")]

from browser import browser
from checks import Checks
from mesh import Mesh, eventually, vedette

FIRST_PORT = 19480
PICTURES = ROOT / ".build" / "screenshots"
WIDTHS = {"phone": 390, "tablet": 820, "desktop": 1280}
HOSTILE = "</td><script>alert(1)</script><img src=x onerror=alert(1)>\"' {{{x}}}"


def event(kind, data, **attributes):
    """One CloudEvent of ours, structured."""
    head = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "/vedette/default/browser-test", "type": f"io.vedette.{kind}"}
    return head | {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "datacontenttype": "application/json"} | attributes | {"data": data}


def send(base, *events):
    answer = requests.post(base, headers={"content-type": "application/cloudevents-batch+json"}, data=json.dumps(events), timeout=10)
    assert answer.status_code == 202, f"{answer.status_code} {answer.text}"


def drift(monitor, model, feature="p0", status="alarm"):
    """A verdict about a window."""
    data = {"monitor": monitor, "method": "KSDrift", "config_hash": "0", "is_drift": int(status == "alarm"), "p_val": 1e-9, "distance": 0.4,
            "threshold": 0.05, "status": status, "window": {"count": 200}, "features": [{"name": feature, "statistic": 0.4, "p_val": 0.001}]}
    return event("verdict.drift", {"data": data, "meta": {"owner": "vision-team"}}, model=model, namespace="default", endpoint="default")


def exchange(identifier, model, inputs, outputs, version="1"):
    """A request and its answer."""
    named = {"model": model, "requestid": identifier, "namespace": "default", "endpoint": "default"}
    trace = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
    return [event("inference.request", {"inputs": inputs}, **named, **trace),
            event("inference.response", {"model_name": model, "outputs": outputs}, **named, statuscode="200", latencyms="3.5", modelversion=version)]


def tensor(name, values, datatype="FP32"):
    return {"name": name, "shape": [1, len(values)], "datatype": datatype, "data": values}


def fill(base):
    """What the demonstration has none of: a table, a series, text, hostile names."""
    for number in range(30):
        inputs = [tensor("age", [30 + number % 7]), tensor("income", [1000.0 + 10 * (number % 5) if number < 29 else 90000.0])]
        send(base, *exchange(f"table-{number}", "credit", inputs, [tensor("score", [0.2 + number / 100])], version="1" if number % 3 else "2"))
    send(base, *exchange("series-1", "heart", [tensor("ecg", [((i * 7) % 25) / 25 for i in range(120)])], [tensor("p", [0.1, 0.9])]))
    send(base, *exchange("text-1", "mood", [tensor("text", ["What a fine day it is."], "BYTES")], [tensor("p", [0.1, 0.9])]))
    send(base, *exchange("hostile-1", HOSTILE, [tensor(HOSTILE, [1.0, 2.0])], [tensor(HOSTILE, [0.1, 0.9])]), drift(HOSTILE, HOSTILE, HOSTILE))
    send(base, drift("credit-ks", "credit", "income"))
    eventually(lambda: requests.get(f"{base}/v1/alerts?model=credit", timeout=10).json()["items"])


def paths(base):
    """A name and a path of every kind of page."""
    alerts = requests.get(f"{base}/v1/alerts?limit=1000", timeout=10).json()["items"]
    flagged = requests.get(f"{base}/v1/exchanges?model=digits&verdict=adversarial&limit=1", timeout=10).json()["items"]
    hostile = next(alert for alert in alerts if alert["model"] == HOSTILE)
    digits = next(alert for alert in alerts if alert["model"] == "digits")
    quote = lambda text: urllib.parse.quote(text, safe="")
    return {
        "overview": "/", "overview-search": "/?search=dig&group=namespace&range=24h", "overview-none": "/?search=nothing-like-it",
        "model": "/models/default/digits?range=24h", "model-table": "/models/default/credit", "model-year": "/models/default/credit?range=365d", "model-hostile": f"/models/default/{quote(HOSTILE)}",
        "alerts": "/alerts", "alerts-all": "/alerts?state=all", "alert": f"/alerts/{digits['id']}", "alert-hostile": f"/alerts/{hostile['id']}",
        "exchanges": "/exchanges", "exchanges-search": "/exchanges?model=digits&verdict=flagged&range=24h",
        "exchanges-said": "/exchanges?model=credit&feature=income%3E50000", "exchanges-none": "/exchanges?text=nothing-like-it",
        "request-image": f"/requests/{quote(flagged[0]['requestid'])}", "request-table": "/requests/table-29", "request-series": "/requests/series-1",
        "request-text": "/requests/text-1", "request-hostile": "/requests/hostile-1", "request-none": "/requests/nothing",
        "models": "/models", "health": "/health", "audit": "/audit", "login": "/login",
    }


def test_pages(checks, page, pages):
    for name, path in pages.items():
        with checks(f"{name}: loads without a complaint, escapes what it shows, can be read and reached"):
            page.appearance("light")
            page.width(WIDTHS["desktop"])
            status = page.open(path)
            assert status == (404 if name == "request-none" else 200), status
            for scheme in ("light", "dark"):
                page.appearance(scheme)
                faults = page.faults()
                assert not faults, f"{scheme}: {faults[:6]} and {len(faults)} in all"
            page.appearance("light")
            for width_name, width in WIDTHS.items():
                page.width(width)
                page.picture(PICTURES / f"{name}-{width_name}.png")
                faults = page.faults()
                assert not faults, f"{width_name}: {faults[:6]}"
            page.appearance("dark")
            page.picture(PICTURES / f"{name}-dark.png")
            elsewhere = page.script("return performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith(location.origin) && !n.startsWith('data:'))")
            assert not elsewhere, elsewhere
            assert page.script("return document.querySelectorAll('img[src=x], main script').length") == 0
            complaints = page.complaints()
            assert not complaints, complaints


def test_zone(checks, page):
    with checks("times are in the reader's zone, and say which"):
        page.zone("America/New_York")
        page.open("/requests/table-1")
        shown = page.script("const t = document.querySelector('time[datetime]'); return [t.getAttribute('datetime'), t.textContent]")
        there = page.script("return new Date(arguments[0]).toLocaleTimeString('sv-SE')", shown[0])
        assert there in shown[1], shown
        assert "New_York" in page.script("return document.querySelector('footer').textContent")
        page.zone("")


def test_keyboard(checks, page, pages):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    for name in ("overview", "alert", "exchanges", "request-image", "health"):
        with checks(f"{name}: Tab reaches every control, in order, and shows where it is"):
            page.open(pages[name])
            query = "a[href], button:not([disabled]), input, select, summary, [tabindex='0']"
            shown = f"[...document.querySelectorAll({query!r})].filter(e => e.type !== 'hidden' && e.checkVisibility() && !e.closest('details:not([open]) > :not(summary)'))"
            wanted = page.script(f"const all = {shown}; all.forEach((e, i) => e.dataset.number = i); return all.length")
            reached = []
            for _ in range(min(wanted, 60)):
                ActionChains(page.driver).send_keys(Keys.TAB).perform()
                reached.append(page.script("return Number(document.activeElement.dataset.number)"))
                outline = page.script("const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0")
                assert outline, f"control {reached[-1]} does not show that it is reached"
            assert reached == list(range(len(reached))), reached


def test_search(checks, page):
    def fields():
        return page.script("return Object.fromEntries([...document.querySelectorAll('.fields input')].map(i => [i.name, i.value]))")

    def found():
        return page.script("return [...document.querySelectorAll('tbody a.mono')].map(a => a.textContent)")

    with checks("what is typed into the fields of a search finds it, and stays there"):
        page.open("/exchanges")
        assert page.script("return !document.querySelector('.filter details').open")
        page.script("document.querySelector('.filter summary').click()")
        page.script("document.querySelector('input[name=feature]').value = 'income>50000'")
        page.script("[...document.querySelectorAll('button')].find(b => b.textContent === 'Show').click()")
        eventually(lambda: found() == ["table-29"])
        assert fields()["feature"] == "income>50000" and page.script("return document.querySelector('.filter details').open")
        page.open("/exchanges?trace=4bf92f3577b34da6a3ce929d0e0e4736&model=mood")
        assert found() == ["text-1"], found()
    with checks("a model of two versions shows them side by side, each line with a key"):
        page.open("/models/default/credit")
        titles = page.script("return [...document.querySelectorAll('h3')].map(h => h.textContent)")
        assert {"Latency, 95 % within", "Errors"} <= set(titles), titles
        keys = page.script("return [...document.querySelectorAll('.legend')].map(l => [...l.querySelectorAll('span')].map(s => s.textContent.trim())).filter(k => k.length)")
        assert ["1", "2"] in keys and ["median", "95 % within", "99 % within"] in keys, keys


def test_live(checks, page, base):
    with checks("a new alert shows itself on an open page, without a reload by hand"):
        page.open("/alerts")
        eventually(lambda: page.script("return document.querySelector('[data-live]').dataset.state") == "on")
        send(base, drift("live-ks", "live"))
        eventually(lambda: page.script("return document.querySelector('main').textContent.includes('live-ks')"))
    with checks("the overview counts traffic that comes while it is open"):
        page.open("/")
        eventually(lambda: page.script("return document.querySelector('[data-live]').dataset.state") == "on")
        send(base, *exchange("live-1", "newcomer", [tensor("x", [1.0])], [tensor("p", [0.5])]), drift("live-ks", "live"))
        eventually(lambda: page.script("return document.querySelector('main').textContent.includes('newcomer')"), 20)


def test_actions(checks, page, base):
    click = lambda text: page.script("[...document.querySelectorAll('button')].find(b => b.textContent.includes(arguments[0])).click()", text)
    alert = requests.get(f"{base}/v1/alerts?model=credit", timeout=10).json()["items"][0]
    state = lambda: requests.get(f"{base}/v1/alerts/{alert['id']}", timeout=10).json()
    with checks("a person acknowledges, silences and closes an alert"):
        page.open(f"/alerts/{alert['id']}")
        click("Acknowledge")
        eventually(lambda: state()["state"] == "acknowledged")
        eventually(lambda: page.script("return ![...document.querySelectorAll('button')].some(b => b.textContent.includes('Acknowledge'))"))
        click("Silence")
        eventually(lambda: page.script("return document.querySelector('main').textContent.includes('silenced')"))
        click("Close")
        eventually(lambda: state()["state"] == "closed")
    with checks("another site cannot act for a reader"):
        other = requests.get(f"{base}/v1/alerts?model=live", timeout=10).json()["items"][0]["id"]
        for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
            answer = requests.post(f"{base}/v1/alerts/{other}/close", headers=headers, timeout=10)
            assert answer.status_code == 403, (headers, answer.status_code)
    with checks("'explain this' asks the explainer, and the page draws what it says"):
        identifier = next(e["requestid"] for e in requests.get(f"{base}/v1/exchanges?model=digits&limit=200", timeout=10).json()["items"]
                          if not e["explanations"] and e["response"])
        page.open(f"/requests/{urllib.parse.quote(identifier, safe='')}")
        click("Explain")
        eventually(lambda: page.script("return [...document.querySelectorAll('img')].some(i => i.alt.includes('explanation'))"), 30)
        page.picture(PICTURES / "request-explained.png")


def main(directory):
    checks = Checks()
    with Mesh(directory) as mesh:
        base = mesh.url("request-logger")
        fill(base)
        with browser(base) as page:
            pages = paths(base)
            test_pages(checks, page, pages)
            test_zone(checks, page)
            test_keyboard(checks, page, pages)
            test_search(checks, page)
            test_live(checks, page, base)
            test_actions(checks, page, base)
    return checks.close()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(main(sys.argv[1]))
    with tempfile.TemporaryDirectory() as made:
        vedette("demo", "--directory", pathlib.Path(made) / "demo", "--first-port", FIRST_PORT)
        sys.exit(main(pathlib.Path(made) / "demo"))
