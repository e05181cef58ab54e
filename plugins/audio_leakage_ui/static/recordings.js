// The page "Call recordings". It loads the newest hour first, then hour by hour back in time.

import { Calls } from "./calls.js";
import { showCalendar } from "./calendar.js";
import {
  addCounts, closedList, colour, day, dayAndMinute, dayAndSecond, duration, el, get, link, minute, noteLeaks, onTheme, show,
  showProblem, words, zone,
} from "./page.js";

const HOUR = 3600_000, AT_ONCE = 3, RANGES = [1, 3, 7];
// Every minute the page reads the hours that still change, and every ten minutes all of them.
const RELOAD = 60_000, STILL_CHANGING = 4, ALL_EVERY = 10;
const dagId = decodeURIComponent(location.pathname.split("/").at(-2));
const asked = new URLSearchParams(location.search);
const days = RANGES.includes(Number(asked.get("days"))) ? Number(asked.get("days")) : 3;
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
const found = new Map(); // start of the hour -> the sums of its contacts
let complete = false; // whether all hours are loaded and none of them is out of date

function hoursShown() {
  const now = Math.floor(Date.now() / HOUR) * HOUR;
  const first = firstHour(now);
  const hours = [];
  for (let hour = now; hour >= first; hour -= HOUR) hours.push(hour);
  return hours;
}

async function reload(round) {
  const hours = hoursShown();
  for (const hour of found.keys()) if (!hours.includes(hour)) found.delete(hour);
  const due = round % ALL_EVERY ? hours.filter((hour, place) => place < STILL_CHANGING || !found.has(hour)) : hours;
  for (const hour of due) found.set(hour, await get(`hours?hour=${nameOf(hour)}`));
  complete = true;
  await Promise.all([showHealth(), showPopulation()]);
  draw();
  document.getElementById("problem").hidden = true;
  stamp();
}

// A page that could not be read anew is not green, whatever it showed before.
function outOfDate(error) {
  complete = false;
  showProblem(error);
  drawHealth();
}

const stamp = () => show("as-of", `As of ${dayAndSecond(Date.now())}. The page reloads by itself every minute.`);
const nameOf = (hour) => new Date(hour).toISOString().slice(0, 13);

async function showHours() {
  const hours = hoursShown();
  const total = hours.length;
  const read = async (hour) => {
    found.set(hour, await get(`hours?hour=${nameOf(hour)}`));
    complete = found.size === total;
    show("about", complete ? `Times are ${zone}. A call counts in the hour in which its recording block ran.`
      : `Loading: ${found.size} of ${total} hours done …`);
    if (complete || found.size === 1) draw(); else drawSoon();
  };
  await read(hours.shift());
  document.body.setAttribute("data-painted", "");
  const work = async () => { while (hours.length) await read(hours.shift()); };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

// Midnight of the first day in the viewer's time zone, as a full hour of UTC; never less than 24 hours ago.
function firstHour(now) {
  let hour = now - Math.max((days - 1) * 24, 23) * HOUR;
  if (days === 1) return hour;
  const date = day(hour);
  while (day(hour - HOUR) === date) hour -= HOUR;
  return hour;
}

let waiting = false;
function drawSoon() {
  if (waiting) return;
  waiting = true;
  setTimeout(() => { waiting = false; draw(); }, 250);
}

function draw() {
  drawHealth();
  drawDays();
  drawClosed();
  drawPlots();
  drawFailures();
}

// ---- day by day -----------------------------------------------------------------------------------------

const COLUMNS = ["expected", "recorded", "leaked", "waiting", "late", "short", "in progress", "not expected", "unreadable"];

// The share of leaks in the judged calls; a dash if none is judged.
const leakRate = ({ leaked, judged }) => (judged ? `${(100 * (leaked ?? 0) / judged).toFixed(2)} %` : "–");

const sumOf = (wanted = () => true) => [...found].filter(([hour]) => wanted(hour))
  .reduce((sums, [, { counts }]) => addCounts(sums, counts), {});
const isRecent = (hour) => hour > Date.now() - 24 * HOUR;

function drawDays() {
  const dates = new Set([...found.keys()].sort((one, other) => other - one).map(day));
  const rows = [...dates].map((date) => [date, sumOf((hour) => day(hour) === date)]).map(([date, sum]) => el("tr", {},
    el("th", { scope: "row" }, date === day(Date.now()) ? "Today" : date), ...populationCells(date),
    ...COLUMNS.map((name) => el("td", { class: `number ${sum[name] ? name.replace(" ", "-") : "none"}` },
      (sum[name] ?? 0).toLocaleString("en"))),
    el("td", { class: "number" }, leakRate(sum))));
  show("days", el("h2", {}, "Day by day"), el("div", { class: "scroll" }, el("table", { class: "days" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Day"),
      ...["population", "unexplained", ...COLUMNS, "leak rate"].map((name) => el("th", { scope: "col", class: "number" }, name)))),
    el("tbody", {}, ...rows))));
}

// ---- the population: what Amazon Connect counts, from the hourly DAG ---------------------------------------

const hourlyDag = dagId.replace("monitor", "reconcile");
let population = null; // start of the hour -> figures and proof; null if there is no hourly DAG to read

async function showPopulation() {
  const since = new Date(firstHour(Math.floor(Date.now() / HOUR) * HOUR)).toISOString().slice(0, 13);
  try {
    const { hours } = await get(`../${encodeURIComponent(hourlyDag)}/population?since=${since}`);
    population = new Map(Object.entries(hours).map(([name, figures]) => [Date.parse(`${name}:00:00Z`), figures]));
  } catch (error) { // such as no permission for the hourly DAG
    show("population", el("p", { class: "note" }, `Population not known. ${error.message}`));
    return;
  }
  const open = [...population].filter(([, { proof }]) => proof?.status === "INCOMPLETE");
  show("population", ...(open.length ? [el("h2", {}, "Population not proved"),
    el("p", { class: "note" }, "The counts of these hours disagree. We may not know some of their calls."),
    ...open.map(([hour, { proof }]) => el("div", { class: "gap" }, `${dayAndMinute(hour)}: ${proof.listed} listed, `
      + `${proof.total_count} in total, ${proof.handled ?? "not"} counted by the metric`))] : []));
  if (found.size) drawDays();
}

// An hour that was taken and not compared yet has a proof, and no figures.
const populationOf = (date) => [...(population ?? [])]
  .filter(([hour, figures]) => day(hour) === date && figures.population !== undefined)
  .reduce((sums, [, { population: calls, unexplained }]) => addCounts(sums, { population: calls, unexplained }), {});
function populationCells(date) {
  const sums = populationOf(date);
  return ["population", "unexplained"].map((name) => el("td", { class: `number ${sums[name] ? "" : "none"}` },
    population ? (sums[name] ?? 0).toLocaleString("en") : "–"));
}

const drawClosed = () => show("closed", ...closedList([...found.values()].reduce((sums, { closed }) => addCounts(sums, closed), {})));

// ---- hour by hour ---------------------------------------------------------------------------------------

let plots = [];

function drawPlots() {
  const hours = [...found].sort(([one], [other]) => one - other);
  const x = hours.map(([hour]) => hour / 1000);
  const of = (pick) => hours.map(([, sums]) => pick(sums) ?? null);
  const minutes = (name) => of(({ delay }) => (delay ? delay[name] / 60 : null));
  plots.forEach((plot) => plot.destroy());
  const leaks = el("div"), delays = el("div");
  const names = hours.map(([hour]) => dayAndMinute(hour));
  show("plots", figure("Leaks per hour", leaks, names, { leaked: of(({ counts }) => counts.leaked) }),
    figure("Minutes from the end of a call to its recording", delays, names,
      { median: minutes("p50"), "95 % within": minutes("p95") }));
  const bars = uPlot.paths.bars({ size: [0.7, 24] });
  plots = [
    plot(leaks, [x, of(({ counts }) => counts.leaked)], [
      { label: "leaked", stroke: colour("leaked"), fill: colour("leaked"), paths: bars, points: { show: false } }]),
    plot(delays, [x, minutes("p50"), minutes("p95")], [
      line("median", "accent"), line("95 % within", "waiting")]),
  ];
}

// A chart is hidden from those who cannot see it. They get the same figures as a table.
function figure(caption, place, names, series) {
  place.setAttribute("aria-hidden", "true");
  const heads = Object.keys(series);
  const rows = names.map((name, at) => [name, heads.map((head) => series[head][at])])
    .filter(([, values]) => values.some((value) => value !== null && value !== undefined && value !== 0));
  const shown = (value) => (value === null || value === undefined ? "–" : String(Math.round(value * 10) / 10));
  return el("figure", {}, el("figcaption", {}, caption), place, el("details", {}, el("summary", {}, "As a table"),
    rows.length ? el("table", {}, el("thead", {}, el("tr", {}, ...["hour", ...heads].map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, ...rows.map(([name, values]) => el("tr", {}, el("th", { scope: "row" }, name), ...values.map((value) => el("td", {}, shown(value)))))))
      : el("p", { class: "note" }, "Nothing in the hours shown.")));
}

const line = (label, name) => ({
  label, stroke: colour(name), width: 2, spanGaps: true, points: { show: true, size: 5, fill: colour(name) },
  value: (_, value) => (value === null || value === undefined ? "–" : duration(60 * value)),
});

function plot(place, data, series) {
  const axis = { stroke: colour("muted"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  return new uPlot({
    width: place.clientWidth || 480, height: 190, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
    cursor: { y: false }, padding: [12, 28, 0, 0],
    scales: { y: { range: (_, low, high) => [0, Math.max(high * 1.1, 1)] } },
    axes: [{ ...axis, values: (_, splits) => splits.map((split) => {
      const time = minute(split * 1000);
      return time === "00:00" ? day(split * 1000).slice(5) : time;
    }) }, { ...axis, size: 44, incrs: WHOLE }],
    series: [{ label: "hour", value: (_, time) => (time ? dayAndMinute(time * 1000) : "–") }, ...series],
  }, data, place);
}

// ---- failures -------------------------------------------------------------------------------------------

let failures, setAside;

function drawFailures() {
  const newest = [...found].sort(([one], [other]) => other - one).map(([, hour]) => hour);
  const rows = newest.flatMap((hour) => hour.failures);
  const { leaked } = sumOf();
  failures ??= new Calls("Open failures", { filters: false, empty: "No judged call leaked in the days shown." });
  const hours = [...found.keys()].sort((one, other) => one - other);
  failures.csv ??= failures.title.parentNode.appendChild(el("a", { class: "filter", download: "" }, "CSV"));
  failures.csv.href = `leaks.csv?since=${nameOf(hours[0])}&hours=${(hours.at(-1) - hours[0]) / HOUR + 1}`;
  failures.note.textContent = leaked > rows.length ? `${leaked} calls leaked. At most 100 of each hour are listed.` : "";
  replace(failures, rows);
  if (!failures.element.isConnected) show("failures", failures.element);
  const known = new Map([...(health?.set_aside ?? []), ...newest.flatMap((hour) => hour.set_aside)]
    .map((row) => [row.id, row]));
  setAside ??= new Calls("Contacts set aside", { filters: false });
  replace(setAside, [...known.values()]);
  show("set-aside", ...(known.size ? [setAside.element] : []));
}

function replace(calls, rows) {
  if (rows.length === calls.rows.length && rows.every((row, place) => row.id === calls.rows[place].id)) {
    if (calls.body.firstChild || !rows.length) { if (!rows.length) calls.draw(); return; }
  }
  calls.rows = rows;
  calls.draw();
}

// ---- leaks and health: green only if no call leaked, and nothing hides one ----------------------------------

let health = null;

async function showHealth() {
  health = await get("health");
  drawHealth();
  show("blind", el("h2", {}, "What the monitor cannot see"), el("ul", {}, ...health.blind.map((text) => el("li", {}, text))));
  show("missed", ...(health.not_read.length ? notRead(health.not_read) : []), ...(health.missed.length ? missed(health.missed) : []));
  if (found.size) drawFailures();
}

function drawHealth() {
  const all = sumOf();
  const cards = health ? healthCards() : [];
  const seesAll = cards.length && cards.every(({ classList }) => classList.contains("good"));
  noteLeaks(all.leaked ? "some" : complete && all.judged && seesAll ? "none" : "unknown");
  show("health", ...leakCards(sumOf(isRecent), all), ...cards);
  show("mutes", ...(health?.mutes.length ? mutesIn(health.mutes) : []));
}

function leakCards(today, all) {
  const kind = all.leaked ? "bad" : all.judged ? "good" : "";
  return [
    card("Leaks, last 24 hours", kind, counted(today.leaked, today),
      (today.judged ? `${leakRate(today)} of judged calls` : "no call judged yet") + inAll(all.leaked, all) + knownToday()),
    card("Short recordings, last 24 hours", all.short ? "warn" : kind && "good", counted(today.short, today),
      `shorter than the talk${inAll(all.short, all)}`),
  ];
}

function knownToday() {
  const known = total(knownIn(isRecent));
  return known ? `, ${known.toLocaleString("en")} of them known` : "";
}

const counted = (count, { judged }) => (judged ? (count ?? 0).toLocaleString("en") : "–");
const inAll = (count, sums) => (days === 1 ? "" : `, ${counted(count, sums)} in ${days} days`);

function healthCards() {
  const { oldest_due: oldest, set_aside: due } = health;
  return [
    lastSeenCard(),
    runCard("Last run", health.last_run, health.is_paused),
    runCard("Last success", health.last_success),
    card("Windows without a run", health.missed_windows ? "bad" : "good",
      health.missed_windows ? String(health.missed_windows) : "none", "in the last 24 hours"),
    card("Oldest due contact", oldest && Date.now() - Date.parse(oldest.next_check_at) > 15 * 60_000 ? "bad" : "good",
      oldest ? `${duration((Date.now() - Date.parse(oldest.next_check_at)) / 1000)}` : "none",
      oldest ? link(oldest.id, oldest.url) : "no contact waits for a run"),
    card("Set aside", due.length ? "bad" : "good", due.length ? String(due.length) : "none", "contacts whose check keeps failing"),
  ];
}

// The newest recording block that any contact has. Without one for long, either nobody calls or no line arrives.
function lastSeenCard() {
  const seen = [...found.values()].map(({ last_seen: time }) => time).filter(Boolean).sort().at(-1);
  const age = seen ? (Date.now() - Date.parse(seen)) / 1000 : Infinity;
  return card("Last line of the flow log", age > 15 * 60 ? "warn" : "good", seen ? `${duration(age)} ago` : "none",
    age > 15 * 60 ? "Either nobody calls, or no line arrives and we do not know new calls." : dayAndMinute(seen));
}

const card = (title, kind, value, note) =>
  el("div", { class: `card ${kind}` }, el("h2", {}, title), el("p", { class: "value" }, value), el("p", { class: "note" }, note));

function runCard(title, run, isPaused = false) {
  if (isPaused) return card(title, "bad", "paused", "The DAG is paused. No call is checked.");
  if (!run) return card(title, "bad", "none", "in the last 24 hours");
  const address = new URL(`run?run_id=${encodeURIComponent(run.run_id)}`, location.href).href;
  return card(title, run.state === "failed" ? "bad" : "good", words(run.state),
    link(`${dayAndMinute(run.start)} – ${minute(run.end)}`, address, "_top"));
}

// Known leaks count like all others; only their mails are quiet.
function mutesIn(mutes) {
  const leaks = knownIn(() => true);
  return [el("h2", {}, "Known leaks, without mails for now"), el("ul", {}, ...mutes.map((mute) =>
    el("li", {}, `${mute.scope}: known until ${dayAndMinute(mute.until)}: ${mute.reason} `,
      el("b", {}, `${(leaks[mute.id] ?? 0).toLocaleString("en")} leaked in the days shown`), ` (mute ${mute.id})`)))];
}

const knownIn = (wanted) => [...found].filter(([hour]) => wanted(hour)).reduce((sums, [, { known }]) => addCounts(sums, known), {});
const total = (counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);

const gapRow = (gap) => el("div", { class: "gap" }, `${dayAndSecond(gap.start)} – ${dayAndSecond(gap.end)}`, el("code", {}, gap.command));
const notRead = (gaps) => [el("h2", {}, "Flow log not read"),
  el("p", { class: "note" }, "This stretch lay more than a day back when runs went on. We do not know its calls until you backfill them, with Trigger and Backfill on the page of the DAG, or with:"),
  ...gaps.map(gapRow)];
const missed = (gaps) => [el("h2", {}, "Windows without a run"),
  el("p", { class: "note" }, "With flow_log_group set, the next scheduled run recovers these calls. To see the windows in the grid, too, backfill them, with Trigger and Backfill on the page of the DAG, or with:"),
  ...gaps.map(gapRow)];

// ---- choices --------------------------------------------------------------------------------------------

async function showChoices() {
  const ranges = RANGES.map((range) => el("a", { class: "filter", href: `?days=${range}`, "aria-current": range === days ? "true" : null },
    range === 1 ? "24 hours" : `${range} days`));
  show("choices", ...ranges);
  const { dags } = await get("../../api/v2/dags?dag_id_pattern=monitor_audio_leakage&limit=100");
  const others = dags.map((dag) => dag.dag_id).filter((id) => /^monitor_audio_leakage(__.+)?$/.test(id)).sort();
  if (others.length < 2) return;
  const choose = (event) => { location.href = `../${encodeURIComponent(event.target.value)}/?days=${days}`; };
  show("choices", ...ranges, el("select", { "aria-label": "DAG", onchange: choose },
    ...others.map((id) => el("option", { value: id, selected: id === dagId ? "" : null }, id))));
}

onTheme(() => found.size && drawPlots());
addEventListener("resize", () => found.size && drawPlots());
showCalendar(dagId.replace("monitor_audio_leakage", "audio_leakage_evidence"));
Promise.all([showHours(), showHealth(), showChoices(), showPopulation()])
  .then(() => {
    stamp();
    document.body.setAttribute("data-complete", "");
    let round = 0;
    setInterval(() => reload(round += 1).catch(outOfDate), RELOAD);
  }, showProblem);

document.getElementById("look-up").addEventListener("submit", (event) => {
  event.preventDefault();
  const id = event.target.querySelector("input").value.trim().toLowerCase();
  location.href = `contact/${encodeURIComponent(id)}`;
});
