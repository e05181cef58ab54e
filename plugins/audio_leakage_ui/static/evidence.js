// The tab "Calls" of a daily run: what it has proved.

import { el, get, link, show, showProblem, words } from "./page.js";

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

async function showRun() {
  const { tasks, days: found } = await get(`day?run_id=${encodeURIComponent(runId)}`);
  const written = tasks.write_evidence;
  show("about", written ? `What can be proved about ${written.window} (UTC), and about earlier days that were compared again.`
    : "This run has written no evidence.");
  show("days", ...days(found));
  show("classes", ...table("Contacts by class", ["class", "contacts"], Object.entries(tasks.reconcile?.classes ?? {})));
  show("chain", ...(written ? [el("h2", {}, "Verification"), el("p", {}, `Link ${written.link} of the chain is `
    + `${written.signed ? "signed, and its signature and its manifest were verified" : "not signed, and its manifest was verified"}. `
    + `The head is ${written.head}.`), el("p", { class: "note" }, "make verify-evidence verifies every link and every file.")] : []));
  document.body.setAttribute("data-complete", "");
}

if (document.getElementById("chain")) showRun().catch(showProblem);
