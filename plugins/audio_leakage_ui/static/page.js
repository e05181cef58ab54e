// Shared by both pages: elements, times, theme, requests. Data from outside becomes text, never markup.

const SVG = "http://www.w3.org/2000/svg";

export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null));
  return element;
}

export const show = (id, ...children) => document.getElementById(id).replaceChildren(...children);

// The AWS consoles refuse to open in a frame, and this frame may not open windows. The page around it may.
export function link(text, address, target = "_blank") {
  if (!address) return el("span", {}, text);
  return el("a", { href: address, target, rel: "noopener", onclick: openOutside }, text);
}

function openOutside(event) {
  if (window.parent === window) return;
  event.preventDefault();
  const { href, target } = event.currentTarget;
  const outside = window.parent.document.createElement("a");
  Object.assign(outside, { href, target, rel: "noopener" });
  outside.click();
}

export async function get(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (answer.ok) return answer.json();
  if (answer.status === 401) throw new Error("You are no longer logged in. Reload the page.");
  if (answer.status === 403) throw new Error("You lack permission to read the runs of this DAG.");
  const { detail } = (await answer.json().catch(() => null)) ?? {};
  throw new Error(typeof detail === "string" ? detail : `Airflow answered with status ${answer.status}.`);
}

export function showProblem(error) {
  const problem = document.getElementById("problem");
  problem.textContent = error.message;
  problem.hidden = false;
  show("about");
}

// Green shows only once we know that there are no leaks: see the style sheet.
export const noteLeaks = (leaks) => document.body.setAttribute("data-leaks", leaks);

// The contacts that were closed without a verdict, counted by reason.
export function closedList(closed) {
  const reasons = Object.entries(closed).sort(([, one], [, other]) => other - one);
  if (!reasons.length) return [];
  return [el("h2", {}, "Closed without a verdict"), el("ul", { class: "reasons" }, ...reasons.map(([reason, count]) =>
    el("li", {}, el("b", {}, count.toLocaleString("en")), ` ${words(reason)}`)))];
}

export function addCounts(sums, counts) {
  for (const [name, count] of Object.entries(counts ?? {})) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

// Airflow keeps the user's time zone in the browser.
function chosenZone() {
  try {
    const zone = JSON.parse(localStorage.getItem("timezone"));
    new Intl.DateTimeFormat("sv", { timeZone: zone });
    return zone ?? undefined;
  } catch {
    return undefined;
  }
}

export const zone = chosenZone() ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
const format = (parts) => {
  const written = new Intl.DateTimeFormat("sv", { timeZone: zone, ...parts });
  return (time) => (time ? written.format(new Date(time)) : "");
};
export const day = format({ dateStyle: "short" });
export const minute = format({ hour: "2-digit", minute: "2-digit" });
export const second = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const dayAndMinute = (time) => (time ? `${day(time)} ${minute(time)}` : "");
export const soon = (time) => (day(time) === day(Date.now()) ? minute(time) : dayAndMinute(time));
export const dayAndSecond = (time) => (time ? `${day(time)} ${second(time)}` : "");

export function duration(seconds) {
  if (seconds === undefined || seconds === null) return "";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  const minutes = Math.round(whole / 60);
  return minutes < 2880
    ? `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`
    : `${Math.round(minutes / 1440)} days`;
}

export const words = (text) => String(text ?? "").replaceAll("_", " ");
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// The theme is Airflow's if this page is in Airflow's frame, else the system's.
const themed = [];
export const onTheme = (redraw) => themed.push(redraw);

function followTheme() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const root = window.parent === window ? null : window.parent.document.documentElement;
  const apply = () => {
    const known = root && /\b(dark|light)\b/.exec(`${root.className} ${root.style.colorScheme}`);
    document.documentElement.dataset.theme = known ? known[1] : system.matches ? "dark" : "light";
    themed.forEach((redraw) => redraw());
  };
  apply();
  system.addEventListener("change", apply);
  if (root) new MutationObserver(apply).observe(root, { attributes: true, attributeFilter: ["class", "style"] });
}

followTheme();
