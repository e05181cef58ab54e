// The tab "Calls" of a run.

import { Calls } from "./calls.js";
import { addCounts, closedList, dayAndMinute, dayAndSecond, el, get, minute, noteLeaks, show, showProblem, words, zone } from "./page.js";

const TASKS = ["poll_initialised", "purge_ivr", "poll_in_progress", "check_recordings"];
const dagId = decodeURIComponent(location.pathname.split("/").at(-2));
const runId = new URLSearchParams(location.search).get("run_id") ?? "";
const question = `run_id=${encodeURIComponent(runId)}`;
const airflow = `../../api/v2/dags/${encodeURIComponent(dagId)}/dagRuns/${encodeURIComponent(runId)}/taskInstances`;

async function showRun() {
  const about = await get(`window?${question}`); // fails if the run does not belong to the monitor
  await Promise.all([showTasks(), showCalls(about).catch(sayWhereElse)]);
}

async function showCalls(about) {
  show("about", `The present state of contacts whose recording block ran from ${dayAndMinute(about.start)} to `
    + `${minute(about.end)} (${zone}), as of ${dayAndSecond(Date.now())}. A ${about.run_type} run.`);
  const calls = new Calls("Contacts", { empty: "No recording block ran in this window." });
  const closed = {};
  let leftOut = 0;
  for (const hour of about.hours) {
    const part = await get(`calls?${question}&hour=${hour}`);
    leftOut += part.left_out;
    calls.add(part.rows, part.counts);
    if (about.named) calls.note.textContent = `A person named ${about.named} contacts for this run.`;
    if (leftOut) calls.note.textContent = `${leftOut} contacts are counted, but not listed.`;
    if (!calls.element.isConnected) show("calls", calls.element);
    show("closed", ...closedList(addCounts(closed, part.closed)));
  }
  noteLeaks(calls.counts.leaked ? "some" : "none");
}

// Airflow keeps the counts and the logs, so they are there when the web server cannot read the table.
function sayWhereElse(error) {
  throw new Error(`${error.message} The counts below are from Airflow, and the log of check_recordings names each contact.`);
}

async function showTasks() {
  const { task_instances: found } = await get(airflow);
  const states = Object.fromEntries(found.map((task) => [task.task_id, task.state]));
  show("tasks", ...await Promise.all(TASKS.map(async (task) => taskCard(task, states[task], await said(task, states[task])))));
}

// A task that went well has returned its counts, and one that failed has kept its reason.
async function said(task, state) {
  const key = state === "success" ? "return_value" : "task_failure";
  try {
    const { value } = await get(`${airflow}/${task}/xcomEntries/${key}?deserialize=true`);
    return value !== null && typeof value === "object" ? value : {};
  } catch {
    return {}; // such as a task that has not run
  }
}

function taskCard(task, state, { reason, ...counts }) {
  const lines = Object.entries(counts).filter(([name, count]) => name !== "window" && count && state === "success")
    .map(([name, count]) => el("li", {}, el("b", {}, String(count)), ` ${words(name)}`));
  return el("div", { class: `card task ${state ?? ""}` },
    el("h2", {}, task), el("p", { class: "state" }, words(state) || "not run"),
    reason ? el("p", { class: "reason" }, reason) : null,
    lines.length ? el("ul", {}, ...lines) : el("p", { class: "note" }, state === "success" ? "Nothing was due." : ""));
}

showRun().then(() => document.body.setAttribute("data-complete", ""), showProblem);
