// Checks of a page as it stands, in the manner of axe; returns a list of what is wrong, in words.
// Sources: WCAG 2.2, success criteria 1.1.1, 1.3.1, 1.4.3, 2.4.1, 2.4.2, 3.1.1, 4.1.2.
"use strict";
const wrong = [];

function place(element) {
    const name = element.tagName.toLowerCase();
    const text = (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `<${name} class="${element.getAttribute("class") || ""}"> '${text}'`;
}

function isShown(element) {
    const box = element.getBoundingClientRect();
    return element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true }) && box.width > 0 && box.height > 0;
}

function nameOf(element) {
    const labels = [...(element.labels || [])].map((label) => label.textContent);
    const pointed = (element.getAttribute("aria-labelledby") || "").split(/\s+/).filter(Boolean)
        .map((id) => document.getElementById(id)?.textContent || "");
    const pictures = [...element.querySelectorAll("img[alt], [aria-label]")]
        .map((child) => child.getAttribute("alt") || child.getAttribute("aria-label"));
    return [element.getAttribute("aria-label"), ...pointed, ...labels, element.textContent, ...pictures]
        .filter(Boolean).join(" ").trim();
}

// Any CSS colour as red, green, blue and alpha: a canvas knows them all.
const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
const known = new Map();
function colour(text) {
    if (!known.has(text)) {
        pen.clearRect(0, 0, 1, 1);
        pen.fillStyle = text;
        pen.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
        known.set(text, [r, g, b, a / 255]);
    }
    return known.get(text);
}
function over(front, back) {
    return [0, 1, 2].map((i) => front[i] * front[3] + back[i] * (1 - front[3])).concat(1);
}
function ground(element) {
    const layers = [];
    for (let node = element; node && node.nodeType === 1; node = node.parentElement) {
        if (node instanceof SVGElement && !(node instanceof SVGSVGElement)) continue;
        const paint = colour(getComputedStyle(node).backgroundColor);
        layers.push(paint);
        if (paint[3] === 1) break;
    }
    return layers.reverse().reduce((back, front) => over(front, back), [255, 255, 255, 1]);
}
function luminance([r, g, b]) {
    const [x, y, z] = [r, g, b].map((value) => {
        const share = value / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
}
function contrast(a, b) {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light + 0.05) / (dark + 0.05);
}

if (!document.documentElement.lang) wrong.push("the page has no language");
if (!document.title.trim()) wrong.push("the page has no title");
if (document.querySelectorAll("h1").length < 1) wrong.push("the page has no h1");
if (document.querySelectorAll("main").length !== 1) wrong.push("the page has not one main");
if (!document.querySelector("a[href='#content']")) wrong.push("no link skips to the content");

const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index))) wrong.push(`the id '${id}' is there twice`);

let level = 0;
for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
    const now = Number(heading.tagName[1]);
    if (now > level + 1) wrong.push(`a heading skips a level: ${place(heading)}`);
    level = now;
}
for (const image of document.querySelectorAll("img")) if (!image.hasAttribute("alt")) wrong.push(`no alt: ${place(image)}`);
for (const picture of document.querySelectorAll("svg")) {
    const isHidden = picture.getAttribute("aria-hidden") === "true";
    if (!isHidden && !(picture.getAttribute("role") === "img" && picture.getAttribute("aria-label"))) wrong.push(`a drawing without a name: ${place(picture)}`);
}
for (const control of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    if (!nameOf(control)) wrong.push(`a control without a name: ${place(control)}`);
    if (control.tabIndex < 0) wrong.push(`the keyboard does not reach ${place(control)}`);
}
for (const element of document.querySelectorAll("[onclick], [style]")) wrong.push(`inline script or style: ${place(element)}`);
for (const head of document.querySelectorAll("th")) if (!head.textContent.trim()) wrong.push("a column without a name");
for (const element of document.querySelectorAll("div, section")) {
    const scrolls = element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(element).overflowX);
    if (scrolls && element.tabIndex < 0) wrong.push(`the keyboard cannot scroll ${place(element)}`);
}
if (document.documentElement.scrollWidth > innerWidth + 1) wrong.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${innerWidth}`);

const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const seen = new Set();
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || seen.has(element) || element.closest("title, script, .skip") || !isShown(element)) continue;
    if (element.disabled) continue;
    seen.add(element);
    const style = getComputedStyle(element);
    const back = ground(element);
    const ratio = contrast(over(colour(element instanceof SVGElement ? style.fill : style.color), back), back);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) wrong.push(`contrast ${ratio.toFixed(2)}: ${place(element)}`);
}
return wrong;
