// The tab "Calls" of a daily run: what it has proved.

import { el, get, link, show, showProblem, words } from "./page.js";

const CHECKED = ["ok", "changed", "wrong", "not_checked"];
const FIGURES = ["required", "proven", "lost", "undecided"];
const runId = new URLSearchParams(location.search).get("run_id");

function table(title, heads, rows) {
  if (!rows.length) return [];
  return [el("h2", {}, title), el("div", { class: "scroll" }, el("table", { class: "days" },
    el("thead", {}, el("tr", {}, ...heads.map((head, place) => el("th", { scope: "col", class: place ? "number" : null }, words(head))))),
    el("tbody", {}, ...rows.map(([head, ...cells]) => el("tr", {}, el("th", { scope: "row" }, head),
      ...cells.map((cell) => el("td", { class: "number" }, cell?.tagName ? cell : (cell ?? "–").toLocaleString("en"))))))))];
}

// Coverage is a range while contacts are undecided, and there is none for a day that is not proved.
export function coverage({ coverage_percent: least, coverage_at_most: most }) {
  if (least === null || least === undefined) return "–";
  return least === most ? `${least} %` : `${least} % to ${most} %`;
}

const days = (found) => table("Evidence, day by day (UTC)", ["day", "status", "coverage", ...FIGURES, "revision", "folder"],
  Object.entries(found).reverse().map(([day, row]) => [day, row.status, coverage(row), ...FIGURES.map((name) => row[name]),
    `${row.revision} (${row.kind})`, row.folder ? link("open", row.folder) : null]));

// What AWS is configured like: how many objects are fine, and each one that is not.
function configuration(checked) {
  if (!checked) return [el("h2", {}, "Configuration"), el("p", {}, "Not checked. The task check_configuration says why.")];
  return [el("h2", {}, "Configuration"), el("p", {}, CHECKED.filter((name) => checked[name]).map((name) => `${checked[name]} ${words(name)}`).join(", ")),
    ...checked.findings.map(({ object: name, result, reason }) => el("p", { class: "finding" }, `${words(result)}: ${words(name)}: ${reason}`))];
}

// What the flows will do: the entries whose calls may go unrecorded, each with the way that explains it.
function flows(audited) {
  const head = el("h2", {}, "Flows");
  if (!audited) return [head, el("p", {}, "Not checked. The task audit_flows says why.")];
  if (audited.not_checked) return [head, el("p", {}, `Not checked: ${audited.not_checked}`)];
  const counts = Object.entries(audited.results).filter(([, count]) => count);
  return [head, el("p", {}, `${counts.map(([result, count]) => `${count} ${result}`).join(", ") || "no entry"}. `
    + `${audited.read} of ${audited.flows} flows and modules were read, because they are new or have changed.`),
    ...audited.findings.map((found, place) => el("details", { class: "finding" }, el("summary", {}, `${found.result}: ${found.entry}`),
      ...found.sentences.map((sentence) => el("p", {}, sentence)), found.way.length
        ? el("img", { src: `picture?run_id=${encodeURIComponent(runId)}&place=${place}`, loading: "lazy", alt: `The way of such a call through ${found.way.map(([flow]) => flow).join(", then ")}` }) : null))];
}

// Queues whose calls nobody asked to record, with the entries that lead to them.
const queues = (found) => Object.entries(found ?? {}).map(([queue, { entries, ...counts }]) => el("p", { class: "finding" },
  `Queue ${queue}: ${Object.entries(counts).map(([name, count]) => `${count} ${name}`).join(", ")}. `
  + (entries.length ? `Calls come to it from ${entries.join(", ")}.` : "No flow sets it by its ID.")));

async function showRun() {
  const { tasks, days: found } = await get(`day?run_id=${encodeURIComponent(runId)}`);
  const written = tasks.write_evidence;
  show("about", written ? `What can be proved about ${written.window} (UTC), and about earlier days that were compared again.`
    : "This run has written no evidence.");
  show("days", ...days(found));
  show("classes", ...table("Contacts by class", ["class", "contacts"], Object.entries(tasks.reconcile?.classes ?? {})));
  show("configuration", ...configuration(tasks.check_configuration));
  show("flows", ...flows(tasks.audit_flows), ...queues(written?.queues));
  show("chain", ...(written ? [el("h2", {}, "Verification"), el("p", {}, `Link ${written.link} of the chain is `
    + `${written.signed ? "signed, and its signature and its manifest were verified" : "not signed, and its manifest was verified"}. `
    + `The head is ${written.head}.`), el("p", { class: "note" }, "make verify-evidence verifies every link and every file.")] : []));
  document.body.setAttribute("data-complete", "");
}

if (document.getElementById("chain")) showRun().catch(showProblem);
