// The table of contacts, with filters and search. Each row has a timeline, and unfolds to show its evidence.

import { dayAndMinute, dayAndSecond, duration, el, link, second, soon, svg, words } from "./page.js";

export const GROUPS = ["leaked", "unreadable", "waiting", "in progress", "recorded", "not expected"];
const ROWS_AT_ONCE = 200;

// The columns of the table: heading, class of the cell, and what the cell of a row shows.
const COLUMNS = [
  { head: "Contact", cell: (row) => el("div", { class: "contact" }, toggleOf(row), idOf(row)) },
  { head: "Verdict", cell: (row) => [badge(row), reasonOf(row), knownOf(row), acknowledgedOf(row), ...warningsOf(row)] },
  { head: "Talk / recording", class: "number", cell: (row) => [durationOf(row.talk_seconds), el("small", {}, durationOf(row.recording_seconds))] },
  { head: "Course of the call", cell: (row) => courseOf(row) },
  { head: "Evidence", class: "where", cell: (row) => whereOf(row) },
  { head: "Next check", class: "moment", cell: (row) => soon(row.next_check_at) || "–" },
];

export class Calls {
  constructor(title, { counts = {}, note = "", empty = "No contacts.", filters = true } = {}) {
    this.rows = [];
    this.counts = counts;
    this.group = null;
    this.shown = ROWS_AT_ONCE;
    this.empty = empty;
    this.title = el("h2", {}, title);
    this.note = el("p", { class: "note" }, note);
    this.filters = el("div", { class: "filters", role: "group", "aria-label": "Show only" });
    this.search = el("input", {
      type: "search", placeholder: "Search id, queue, agent, cause …", "aria-label": "Search contacts",
      oninput: () => this.draw(),
    });
    this.body = el("tbody");
    this.more = el("button", { class: "more", onclick: () => { this.shown += ROWS_AT_ONCE; this.draw(); } });
    this.status = el("p", { class: "note", "aria-live": "polite" });
    this.element = el("div", {},
      el("div", { class: "bar" }, this.title, filters ? this.filters : null, this.search), this.note,
      el("div", { class: "scroll" }, el("table", { class: "calls" },
        el("thead", {}, el("tr", {}, ...COLUMNS.map(({ head }) => el("th", { scope: "col" }, head)))), this.body)),
      this.status, this.more);
  }

  add(rows, counts = {}) {
    this.rows.push(...rows);
    for (const [group, count] of Object.entries(counts)) this.counts[group] = (this.counts[group] ?? 0) + count;
    this.rows.sort((one, other) => GROUPS.indexOf(one.group) - GROUPS.indexOf(other.group));
    this.draw();
  }

  draw() {
    const wanted = this.search.value.trim().toLowerCase();
    const found = this.rows.filter((row) =>
      (!this.group || row.group === this.group) && (!wanted || haystack(row).includes(wanted)));
    this.body.replaceChildren(...found.slice(0, this.shown).flatMap(rowOf));
    this.more.hidden = found.length <= this.shown;
    this.more.textContent = `Show ${Math.min(ROWS_AT_ONCE, found.length - this.shown)} more`;
    this.status.textContent = found.length ? "" : this.rows.length ? "Nothing matches." : this.empty;
    const all = Object.values(this.counts).reduce((sum, count) => sum + count, 0);
    this.filters.replaceChildren(this.filter(null, "all", all),
      ...GROUPS.filter((group) => this.counts[group]).map((group) => this.filter(group, group, this.counts[group])));
  }

  filter(group, name, count) {
    return el("button", {
      class: `filter ${name.replace(" ", "-")}`, "aria-pressed": String(this.group === group),
      onclick: () => {
        this.group = group;
        this.shown = ROWS_AT_ONCE;
        this.draw();
        this.filters.querySelector("[aria-pressed=true]").focus();
      },
    }, `${name} `, el("b", {}, String(count)));
  }
}

const haystack = (row) => JSON.stringify(Object.values(row)).toLowerCase();

const rowOf = (row) => [
  el("tr", { class: row.group.replace(" ", "-") },
    ...COLUMNS.map((column) => el("td", { class: column.class }, ...[column.cell(row)].flat()))),
  el("tr", { class: "evidence", hidden: "" }),
];

function toggleOf(row) {
  return el("button", {
    class: "toggle", "aria-expanded": "false", "aria-label": `Evidence of ${row.id}`,
    onclick: ({ currentTarget: toggle }) => {
      const evidence = toggle.closest("tr").nextSibling;
      if (!evidence.firstChild) evidence.append(el("td", { colspan: COLUMNS.length }, evidenceOf(row)));
      evidence.hidden = !evidence.hidden;
      toggle.setAttribute("aria-expanded", String(!evidence.hidden));
    },
  });
}

const idOf = (row) => el("span", { class: "id" }, link(row.id, row.url));
// Connect's contact ids are UUIDs. Nothing else can be looked up, so nothing else gets into an address.
const hasPage = (row) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(row.id);
// The pages lie at <dag>/ and <dag>/contact/, so the DAG's own address tells where a call's page is.
const pageOf = (row) => new URL(`${location.pathname.split("/").slice(0, location.pathname.split("/").indexOf("audio-leakage") + 2).join("/")}/contact/${row.id}`, location.href).href;
const durationOf = (seconds) => duration(seconds) || "–";

function reasonOf(row) {
  const reason = row.failure_cause && row.group === "leaked" ? row.failure_cause : row.closed_reason;
  return reason ? el("small", {}, words(reason)) : null;
}

// A leak that somebody knows of, and wants no mail about. It is a leak all the same.
const known = ({ until, reason }) => `known until ${dayAndMinute(until)}: ${reason}`;
const knownOf = (row) => (row.known ? el("small", { class: "known" }, known(row.known)) : null);
// What somebody has done about it, beside the verdict, which stays.
const acknowledged = ({ cause, ticket }) => `${words(cause ?? "")}${ticket ? ` (${ticket})` : ""}`;
const acknowledgedOf = (row) => (row.acknowledged ? el("small", { class: "known" }, `acknowledged: ${acknowledged(row.acknowledged)}`) : null);
const warningsOf = (row) => (row.warnings ?? []).map((warning) => el("small", { class: "warning" }, warning));

function badge(row) {
  const state = row.verdict ?? row.state ?? "unreadable";
  return el("span", { class: "badge", title: state }, row.group);
}

function whereOf(row) {
  const places = (row.searched ?? []).length;
  if (row.group === "leaked") return el("span", {}, `${places} place${places === 1 ? "" : "s"} searched`);
  if (row.recording) return link(nameOf(row), row.recording.url);
  return el("span", {}, row.last_error ?? "");
}

const nameOf = ({ id, recording }) => recording.text.split("/").at(-1).replace(`${id}_`, "") || recording.text;

// ---- the course of a call ---------------------------------------------------------------------------------

const WIDTH = 230, CALL = 140, FOUND = 164, MIDDLE = 10;

function courseOf(row) {
  const begin = at(row.initiated ?? row.initialised);
  const over = at(row.ended ?? row.agent_left ?? row.agent_connected) ?? begin;
  if (!begin || over < begin) return el("span", {}, "");
  const place = (time) => ((at(time) - begin) / Math.max(over - begin, 1)) * CALL;
  const parts = [part("before-agent", 0, row.agent_connected ? place(row.agent_connected) : CALL)];
  if (row.agent_connected) parts.push(part("with-agent", place(row.agent_connected), row.agent_left ? place(row.agent_left) : CALL));
  if (row.agent_left && row.agent_connected) parts.push(part("after-work", place(row.agent_left), CALL));
  const text = steps(row).map(([name, time]) => `${name} ${second(time)}`).join(", ");
  return svg("svg", { class: "course", viewBox: `0 0 ${WIDTH} 20`, role: "img", "aria-label": text },
    svg("title", {}, text), ...parts, ...outcome(row));
}

const at = (time) => (time ? Date.parse(time) : null);
const part = (kind, from, to) =>
  svg("rect", { class: kind, x: from.toFixed(1), y: MIDDLE - 4, height: 8, rx: 1.5, width: Math.max(to - from, 1).toFixed(1) });

function outcome(row) {
  if (!row.ended || row.group === "not expected") return [];
  const wait = svg("line", { class: "wait", x1: CALL + 2, x2: FOUND - 6, y1: MIDDLE, y2: MIDDLE });
  const x = FOUND;
  if (row.recorded) {
    const late = (at(row.recorded) - at(row.ended)) / 1000;
    return [wait, svg("circle", { class: "found", cx: x, cy: MIDDLE, r: 4 }),
      svg("text", { x: x + 8, y: MIDDLE + 4 }, `+${rough(late)}`)];
  }
  if (row.group === "leaked") return [wait, svg("path", { class: "lost", d: `M${x - 4} 6 l8 8 m0 -8 l-8 8` })];
  return [wait, svg("circle", { class: "awaited", cx: x, cy: MIDDLE, r: 3.5 })];
}

const rough = (seconds) => (Math.abs(seconds) < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);

const STEPS = {
  initiated: "initiated", initialised: "recording block ran", agent_connected: "agent connected",
  agent_left: "agent left", ended: "ended", end_assumed: "end assumed", recorded: "recording stored",
  judged: "judged", failed: "first judged as not recorded",
};
const isRepeated = (name, row) => name === "failed" && row.failed === row.judged;
const steps = (row) => Object.entries(STEPS).filter(([name]) => row[name] && !isRepeated(name, row))
  .map(([name, text]) => [text, row[name]]).sort((one, other) => at(one[1]) - at(other[1]));

// ---- the evidence ---------------------------------------------------------------------------------------

const FACTS = {
  state: "State", verdict: "Verdict", closed_reason: "No recording expected", failure_cause: "Cause",
  channel: "Channel", initiation_method: "Initiation method", queue_id: "Queue", agent_id: "Agent",
  attempts: "Failed attempts", last_error: "Last error",
};

function evidenceOf(row) {
  const list = el("dl");
  const fact = (name, ...values) => list.append(el("dt", {}, name), el("dd", {}, ...values));
  if (hasPage(row)) fact("Page of this call", link(row.id, pageOf(row)));
  for (const [name, text] of steps(row)) fact(name[0].toUpperCase() + name.slice(1), dayAndSecond(text));
  for (const [name, text] of Object.entries(FACTS)) if (row[name]) fact(text, String(row[name]));
  if (row.known) fact("Known", known(row.known).replace("known ", ""));
  if (row.acknowledged) fact("Acknowledged", `${dayAndMinute(row.acknowledged.at)}, as ${row.acknowledged.class}: ${acknowledged(row.acknowledged)}`);
  if (row.warnings) fact("Warnings", row.warnings.join(", "));
  if (row.next_check_at) fact("Next check", dayAndSecond(row.next_check_at));
  if (row.recording) fact(row.recorded ? "Recording" : "Connect's pointer", link(row.recording.text, row.recording.url));
  if (row.searched?.length) fact("Searched", ...row.searched.map((place) => el("div", {}, link(place.text, place.url))));
  return list;
}
