// One proved day: its figures, and its exceptions by class, queue and initiation method. The address keeps the choice.

import { coverage } from "./evidence.js";
import { dayAndMinute, dayAndSecond, el, get, link, noteLeaks, show, showProblem, words, zone } from "./page.js";

const parts = location.pathname.split("/");
const name = decodeURIComponent(parts.at(-1)), dagId = decodeURIComponent(parts.at(-3));
const monitor = `../../${encodeURIComponent(dagId.replace("audio_leakage_evidence", "monitor_audio_leakage"))}`;
const chosen = new URLSearchParams(location.search);
const MOST = 30; // queues that can be chosen; more are in summary.csv
const NAMES = { class: "class", queue: "queue_id", method: "initiation_method" };
const number = (value) => (value ?? 0).toLocaleString("en");
let day;

const card = (title, kind, value, note = "") =>
  el("div", { class: `card ${kind}` }, el("h2", {}, title), el("p", { class: "value" }, value), el("p", { class: "note" }, note));

function figures() {
  const said = day.acknowledged === undefined ? [] : [card("After acknowledgement", "",
    day.coverage_after_acknowledgement ? `${day.coverage_after_acknowledgement} %` : "–", `${number(day.acknowledged)} acknowledged. The coverage stays as measured.`)];
  return [
    card("Status", day.status === "COMPLETE" || day.status === "NO_CALLS" ? "good" : "warn", day.status, `revision ${day.revision} (${day.kind})`),
    card("Coverage, as measured", day.lost ? "bad" : "", coverage(day), `${number(day.proven)} of ${number(day.required)} proven`),
    ...said,
    card("Lost", day.lost ? "bad" : "good", number(day.lost), "had to be recorded, and were not"),
    card("Undecided", day.undecided ? "warn" : "good", number(day.undecided), "not judged yet, or contradicted"),
    card("Blind", day.blind ? "warn" : "good", number(day.blind), "no flow told us of them"),
    el("div", { class: "card" }, el("h2", {}, "Files"), el("p", {}, link("Open the folder", day.folder)),
      el("p", { class: "note" }, `link ${day.link}, ${day.signed ? "signed" : "not signed"}`)),
  ];
}

const choice = (kind, value, text, total) => el("button", {
  class: "filter", "aria-pressed": String((chosen.get(kind) ?? "") === value), onclick: () => choose(kind, value),
}, `${text} `, total === undefined ? "" : el("b", {}, number(total)));

function choices() {
  const groups = { class: ["Class", Object.entries(day.classes)], queue: ["Queue", share("queue_id")], method: ["Initiation method", share("initiation_method")] };
  return Object.entries(groups).map(([kind, [title, values]]) => el("div", { class: "bar" }, el("h2", {}, title),
    el("div", { class: "filters", role: "group", "aria-label": title }, choice(kind, "", "all"),
      ...values.map(([value, total]) => (typeof total === "object" ? choice(kind, value, `${value} ${coverage(total)}, lost`, total.lost) : choice(kind, value, words(value), total))))));
}

// Queues and methods show their coverage and their lost calls, the worst first. Contacts without one cannot be chosen.
const share = (group) => Object.entries(day.by[group]).filter(([value]) => value)
  .sort(([, one], [, other]) => other.lost - one.lost).slice(0, MOST);

function choose(kind, value) {
  if (value) chosen.set(kind, value); else chosen.delete(kind);
  history.replaceState(null, "", chosen.size ? `?${chosen}` : location.pathname);
  show("choices-of-day", ...choices());
  document.querySelector(`#choices-of-day [aria-label="${{ class: "Class", queue: "Queue", method: "Initiation method" }[kind]}"] [aria-pressed=true]`)?.focus();
  return showExceptions().catch(showProblem);
}

const said = ({ at, cause, ticket }) => `acknowledged ${dayAndMinute(at)}: ${words(cause)}${ticket ? ` (${ticket})` : ""}`;

function rowOf(row) {
  return el("tr", { class: row.counts_as === "lost" ? "leaked" : "" },
    el("td", {}, el("a", { class: "id", href: `${monitor}/contact/${encodeURIComponent(row.contact_id)}` }, row.contact_id)),
    el("td", {}, el("span", { class: "badge" }, words(row.class)), row.detail ? el("small", {}, words(row.detail)) : null,
      row.acknowledged ? el("small", { class: "known" }, said(row.acknowledged)) : null),
    el("td", { class: "number", title: row.connected_at ?? "" }, dayAndSecond(row.connected_at) || "–"),
    el("td", { class: "id" }, row.queue_id ?? "–"), el("td", {}, words(row.initiation_method ?? "–")), el("td", {}, row.policy_rule ?? "–"));
}

async function showExceptions() {
  const query = new URLSearchParams([...chosen].filter(([kind]) => NAMES[kind]));
  const { rows, left_out: left } = await get(`${encodeURIComponent(name)}/exceptions?${query}`);
  const heads = ["Contact", "Class", "Agent connected", "Queue", "Initiation method", "Rule"];
  const note = left ? `${number(rows.length)} are shown, ${number(left)} more are in the CSV.` : "";
  show("exceptions", el("div", { class: "bar" }, el("h2", {}, `Exceptions: ${number(rows.length + left)}`),
    el("a", { class: "filter", download: "", href: `${encodeURIComponent(name)}/exceptions.csv` }, "All of the day as CSV")), el("p", { class: "note" }, note),
    rows.length ? el("div", { class: "scroll" }, el("table", { class: "calls" }, el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, ...rows.map(rowOf)))) : el("p", { class: "note" }, chosen.size ? "No exception matches. Contacts that are well are in the files of the folder." : "No exceptions: every contact that had to be recorded is proven."));
}

async function showDay() {
  day = await get(`${encodeURIComponent(name)}/figures`);
  document.querySelector("h1").textContent = `Evidence of ${name} (UTC)`;
  document.getElementById("back").href = `${monitor}/`;
  show("about", `Times are ${zone}, and UTC if you point at them. As of ${dayAndSecond(Date.now())}.`);
  show("figures", ...figures());
  show("reasons", ...(day.reasons.length ? [el("h2", {}, "Why it is incomplete"), el("ul", {}, ...day.reasons.map((reason) => el("li", {}, reason)))] : []));
  show("choices-of-day", ...choices());
  noteLeaks(day.lost ? "some" : day.status === "COMPLETE" ? "none" : "unknown");
  await showExceptions();
}

showDay().then(() => document.body.setAttribute("data-complete", ""), showProblem);
