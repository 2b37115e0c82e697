// What the pages do without a reload: actions, times in the reader's zone, and what is new.
"use strict";

function relative(milliseconds) {
    const seconds = Math.round((Date.now() - milliseconds) / 1000);
    if (seconds < 0) return "just now";
    const steps = [[60, "s"], [60, "min"], [24, "h"], [Infinity, "d"]];
    let value = seconds;
    for (const [size, unit] of steps) {
        if (value < size) return value + " " + unit + " ago";
        value = Math.floor(value / size);
    }
    return "";
}

function showTimes() {
    for (const element of document.querySelectorAll("time[datetime]")) {
        const moment = new Date(element.getAttribute("datetime"));
        if (isNaN(moment)) continue;
        // Year first, as the pages write it, in the zone of the reader.
        const local = moment.toLocaleString("sv-SE");
        element.title = element.getAttribute("datetime");
        element.textContent = element.hasAttribute("data-relative") ? relative(moment.getTime()) : local;
    }
    const zone = document.querySelector("[data-zone]");
    if (zone) zone.textContent = "Times are in " + Intl.DateTimeFormat().resolvedOptions().timeZone + ", in sentences and charts in UTC.";
}

// Brings the page up to date without moving the reader: what is open stays open, what is chosen stays chosen.
let isDue = false;
let isBusy = false;
async function refresh() {
    const main = document.querySelector("main[data-refresh]");
    const active = document.activeElement;
    if (!main || isBusy || document.hidden || (active && active.matches("main input, main select"))) return;
    isBusy = true;
    isDue = false;
    try {
        const answer = await fetch(location.href, { headers: { accept: "text/html" } });
        if (answer.ok) {
            const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
            const links = [...main.querySelectorAll("a, button, summary, [tabindex]")];
            const place = links.indexOf(document.activeElement);
            main.querySelectorAll("details").forEach((old, index) => {
                const twin = fresh.querySelectorAll("details")[index];
                if (twin) twin.open = old.open;
            });
            main.replaceChildren(...fresh.childNodes);
            if (place >= 0) main.querySelectorAll("a, button, summary, [tabindex]")[place]?.focus({ preventScroll: true });
            showTimes();
        }
    } catch (error) {
        isDue = true;
    }
    isBusy = false;
}

async function act(button) {
    const notice = document.querySelector("[data-notice]");
    button.disabled = true;
    try {
        // No other site can read what proves that a page of ours asks.
        const session = await (await fetch("/v1/session")).json();
        const answer = await fetch(button.dataset.post, {
            method: "POST",
            headers: { "content-type": "application/json", "vedette-csrf": session.page_token || "" },
            body: button.dataset.body || "{}",
        });
        if (answer.ok) return location.reload();
        const problem = await answer.json().catch(() => ({}));
        if (notice) notice.textContent = (problem.error || "The logger answered " + answer.status) + ". " + (problem.remedy || "");
    } catch (error) {
        if (notice) notice.textContent = "The logger cannot be reached. Is it running?";
    }
    button.disabled = false;
}

function listen() {
    const live = document.querySelector("[data-live]");
    if (!live || !window.EventSource) return;
    const source = new EventSource("/v1/stream");
    source.onopen = () => { live.dataset.state = "on"; live.textContent = "Live"; };
    source.onerror = () => { live.dataset.state = "off"; live.textContent = "Not connected"; };
    for (const kind of ["alert", "verdict", "explanation", "label", "outcome"]) {
        source.addEventListener(kind, () => { isDue = true; });
    }
    // However much comes, a page is drawn again at most every three seconds.
    setInterval(() => { if (isDue) refresh(); }, 3000);
    // Traffic alone announces nothing; counts are brought up to date now and then.
    setInterval(() => { isDue = true; }, 15000);
}

// Says who signed in, and lets them out; where nobody is asked who they are there is nothing to say.
async function showPerson() {
    const place = document.querySelector("[data-person]");
    if (!place || location.pathname === "/login") return;
    const session = await fetch("/v1/session").then((answer) => answer.ok ? answer.json() : {}).catch(() => ({}));
    if (session.way !== "session") return;
    const out = document.createElement("button");
    out.className = "plain";
    out.dataset.post = "/logout";
    out.textContent = "Sign out";
    place.replaceChildren((session.name || "Signed in") + " · ", out);
    place.hidden = false;
}

document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-post]");
    if (button) act(button);
});
showTimes();
setInterval(showTimes, 15000);
listen();
showPerson();
