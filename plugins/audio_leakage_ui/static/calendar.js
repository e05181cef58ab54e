// What can be proved, day by day, as a calendar: one cell for each UTC day, with a link to the page of the day.

import { coverage } from "./evidence.js";
import { el, get, show } from "./page.js";

const DAY = 86_400_000, RANGES = [35, 91, 364];
const nameOf = (time) => new Date(time).toISOString().slice(0, 10);
const count = (number, word) => (number ? `${number.toLocaleString("en")} ${word}` : null);

// Colour repeats what the words say: lost calls, or a day that is not proved, are never green.
function kindOf(row) {
  if (row.status === "INCOMPLETE") return "incomplete";
  if (row.lost) return "lost";
  return row.undecided ? "undecided" : row.status === "NO_CALLS" ? "quiet" : "proven";
}

function wordsOf(row) {
  const after = row.acknowledged ? `${row.acknowledged} acknowledged, ${row.coverage_after_acknowledgement ?? "–"} % after that` : null;
  return [row.status, coverage(row), ...[count(row.lost, "lost"), count(row.undecided, "undecided"), count(row.blind, "blind"), after].filter(Boolean)];
}

// A screen reader says the whole date. A person who looks has the month above.
const dateOf = (name, text) => [el("span", { class: "unseen" }, text), el("b", { "aria-hidden": "true" }, name.slice(8))];

function cellOf(name, row, address) {
  if (!row) return el("li", { class: "day none" }, ...dateOf(name, name), el("small", {}, "–"));
  const [status, share, ...rest] = wordsOf(row);
  return el("li", { class: `day ${kindOf(row)}` }, el("a", { href: address },
    ...dateOf(name, `${name}:`), el("span", { class: "status" }, status), el("span", { class: "share" }, share),
    ...rest.map((text) => el("small", {}, text))));
}

function monthsOf(days, range, dagId) {
  const cells = [], today = Math.floor(Date.now() / DAY) * DAY;
  let month = null;
  for (let time = today - range * DAY; time < today; time += DAY) {
    const name = nameOf(time);
    if (name.slice(0, 7) !== month) {
      month = name.slice(0, 7);
      cells.push(el("li", { class: "month" }, el("h3", {}, month)));
      const weekday = (new Date(time).getUTCDay() + 6) % 7;
      cells.push(...Array.from({ length: weekday }, () => el("li", { class: "day blank", "aria-hidden": "true" })));
    }
    cells.push(cellOf(name, days[name], `../${encodeURIComponent(dagId)}/days/${name}`));
  }
  return cells;
}

export async function showCalendar(dagId, range = RANGES[0]) {
  const choice = (each) => el("button", { class: "filter", "aria-pressed": String(each === range),
    onclick: () => showCalendar(dagId, each) }, `${each / 7} weeks`);
  const bar = el("div", { class: "bar" }, el("h2", {}, "Evidence, day by day (UTC)"), el("div", { class: "filters", role: "group", "aria-label": "Days shown" }, ...RANGES.map(choice)));
  try {
    const { days, is_wanted: isWanted } = await get(`../${encodeURIComponent(dagId)}/calendar?days=${range}`);
    if (!isWanted) return show("evidence");
    const body = Object.keys(days).length ? el("ol", { class: "calendar" }, ...monthsOf(days, range, dagId))
      : el("p", { class: "note" }, `No day is proved yet. The daily DAG runs at 06:40 UTC. To prove a day now, trigger ${dagId} with the param day.`);
    show("evidence", bar, body);
  } catch (error) { // such as no permission for the daily DAG, or for the bucket
    show("evidence", bar, el("p", { class: "note" }, `Evidence not known. ${error.message}`));
  }
  return document.getElementById("evidence").setAttribute("data-complete", "");
}
