// What the pages do without a reload: actions on alerts, times relative to now, and a word when something new came.
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
        element.title = moment.toLocaleString();
        if (element.hasAttribute("data-relative")) element.textContent = relative(moment.getTime());
    }
}

async function act(button) {
    const notice = document.querySelector("[data-notice]");
    button.disabled = true;
    try {
        const answer = await fetch(button.dataset.post, {
            method: "POST",
            headers: { "content-type": "application/json" },
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
    let alerts = 0;
    source.onopen = () => { live.dataset.state = "on"; if (!alerts) live.textContent = "Live"; };
    source.onerror = () => { live.dataset.state = "off"; if (!alerts) live.textContent = "Not connected"; };
    source.addEventListener("alert", () => {
        alerts += 1;
        const link = document.createElement("a");
        link.href = location.href;
        link.textContent = alerts === 1 ? "An alert changed: show it" : alerts + " alert changes: show them";
        live.replaceChildren(link);
    });
}

document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-post]");
    if (button) act(button);
});
showTimes();
setInterval(showTimes, 15000);
listen();
