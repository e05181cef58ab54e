// The tab "Calls" of an hourly run: the figures of its hour, and whether the hour is complete.

import { addCounts, el, get, show, showProblem, words } from "./page.js";

const runId = new URLSearchParams(location.search).get("run_id") ?? "";
const CLASSES = ["population", "watched", "entered_by_policy", "entered_by_call", "unexplained", "excluded"];
const COUNTS = ["status", "listed", "total_count", "handled", "outside_standard_queues", "unreadable", "handled_missing"];

async function showHour() {
  const { hour, hours, proofs, entered } = await get(`hour?run_id=${encodeURIComponent(runId)}`);
  show("about", hour ? `Voice contacts that an agent took in the hour from ${hour}:00 UTC. This run entered ${entered ?? 0}.`
    : "This run has taken no hour yet.");
  show("figures", ...table("Hour by hour", ["hour (UTC)", ...CLASSES], Object.entries(hours).map(([name, figures]) =>
    [figures.is_whole ? name : `${name} (not whole)`, ...CLASSES.map((kind) => figures[kind] ?? 0)])));
  show("proofs", ...table("Proof of completeness", ["hour (UTC)", ...COUNTS],
    proofs.map((proof) => [proof.hour, ...COUNTS.map((name) => proof[name] ?? "–")])));
  const all = Object.values(hours);
  show("reasons",
    ...table("Unexplained by queue", ["queue", "contacts"], sums(all, "unexplained_by_queue")),
    ...table("Excluded by rule", ["reason or rule", "contacts"], sums(all, "excluded_by_reason")));
  document.body.setAttribute("data-complete", "");
}

const sums = (hours, name) => Object.entries(hours.reduce((whole, figures) => addCounts(whole, figures[name]), {}))
  .sort(([, one], [, other]) => other - one);

function table(title, heads, rows) {
  if (!rows.length) return [];
  return [el("h2", {}, title), el("div", { class: "scroll" }, el("table", { class: "days" },
    el("thead", {}, el("tr", {}, ...heads.map((head, place) => el("th", { scope: "col", class: place ? "number" : null }, words(head))))),
    el("tbody", {}, ...rows.map(([head, ...cells]) => el("tr", {}, el("th", { scope: "row" }, head),
      ...cells.map((cell) => el("td", { class: "number" }, typeof cell === "number" ? cell.toLocaleString("en") : cell)))))))];
}

showHour().catch(showProblem);
