// The status page: asks for the numbers every two seconds and changes only the texts that differ.

import { ask, useKey } from "./api.js";
import { apart, arrived, askKey, byId, make, percent, reveal, say, short, thousands } from "./dom.js";

const EVERY = 2000;
const MOST_FEATURES = 20;
const MOST_SEGMENTS = 20;
let timer = 0;
let spoken = null;

const unknown = "not known";
const number = (value) => (value === null ? unknown : thousands(value));
const index = (value) => (value === null ? unknown : value.toFixed(2));
const figure = (value, unit = "") => (value === null ? unknown : `${short(value, 3)}${unit}`);

async function look() {
  clearTimeout(timer);
  try {
    show(await (await ask("/status.json")).json());
    say(byId("notice"), "");
    timer = setTimeout(look, EVERY);
  } catch (refusal) {
    say(byId("notice"), refusal.message ?? "This page has a fault; reload it.");
    if (byId("main").hidden === false) gone();
    askKey(refusal.status, byId("state"), byId("why"));
    speak("The api does not answer");
    if (refusal.again) timer = setTimeout(look, refusal.again);
  }
}

function gone() {
  put(byId("state"), "No answer", true);
  put(byId("why"), "These are the last numbers that came.");
  byId("next").hidden = true;
}

function show(now) {
  put(byId("state"), now.state, !now.ok);
  put(byId("why"), `${now.next.why}.`);
  put(byId("verb"), now.next.verb);
  byId("next").hidden = false;
  speak(`${byId("state").textContent}. ${now.next.why}`);
  links(now.links);
  rows(byId("alerts"), now.alerts.map((one) => [one.name, [one.firing ? "firing" : "quiet", one.firing], words(one.state), words(one.limit)]));
  rows(byId("versions"), now.versions.map(version));
  put(byId("unserved"), now.unserved.map((one) => `The registry's ${one.alias} is version ${one.version}: ${one.why ?? "on its way"}.`).join(" "));
  facts(byId("hour"), hour(now.hour));
  facts(byId("audit"), audit(now.courier));
  drift(now.drift);
  rows(byId("segments"), now.segments.slice(0, MOST_SEGMENTS).map(segment));
  put(byId("segments-rest"), now.segments.length > MOST_SEGMENTS ? `${now.segments.length - MOST_SEGMENTS} more segments drift less or have too few rows. /status.json has all of them.` : "");
  rows(byId("moves"), (now.courier?.moves ?? []).map((one) => [when(one.at), one.variant, one.previous ?? "none", one.version ?? "none", words(one.reason ?? "")]));
  rows(byId("past"), now.past_alerts.map((one) => [one.name, when(one.began), one.ended ? when(one.ended) : ["still firing", true], one.source, words(one.state)]));
  rows(byId("trainings"), (now.courier?.trainings ?? []).map(training));
  reveal();
  if (!performance.getEntriesByName("answered").length) performance.mark("answered");
}

function training(one) {
  const verdict = one.verdict ?? "not judged";
  return [one.version, when(one.at), one.quality ?? unknown, [verdict, verdict === "failed"], words(`${one.adopted ? "Made elsewhere. " : ""}${one.why ?? ""}`)];
}

function version(one) {
  const holdout = one.holdout ? `${percent(one.holdout.accuracy)} of ${number(one.holdout.rows)}` : "not a classification";
  return [one.version, one.variant, percent(one.traffic), number(one.rows), ...live(one.accuracy), share(one.estimated_accuracy), holdout];
}

/** Of many features those alone that are judged, the worst of them: the others are a sentence. */
function drift(all) {
  const shown = all.length > MOST_FEATURES ? all.filter((one) => one.psi !== null).slice(0, MOST_FEATURES) : all;
  rows(byId("drift"), shown.map(feature));
  if (all.length && !shown.length) byId("drift").closest(".wide").nextElementSibling.hidden = true;
  const few = all.filter((one) => one.psi === null).length;
  const less = all.length - few - shown.length;
  const rest = [less > 0 ? `${less} more features drift less.` : "", few > 0 ? `${few} features have too few rows to be judged.` : ""];
  put(byId("drift-rest"), shown.length < all.length ? `${rest.join(" ")} /status.json has all of them.`.trim() : "");
}

function segment(one) {
  const name = `${apart(one.feature)} ${apart(one.segment)}`;
  const [found, labels] = live(one.accuracy);
  return [name, one.held_out ? state(one, "like the hold-out") : "no hold-out rows", index(one.psi), index(one.limit), number(one.rows), percent(one.share), [one.below ? `${found}, below the others` : found, one.below, "words"], labels, share(one.estimated_accuracy)];
}

/** Live accuracy with its interval, and the number of labels that it is from. */
const live = (one) => (one ? [`${percent(one.value)} (${percent(one.low)} to ${percent(one.high)})`, number(one.judged)] : ["no label", "0"]);

const share = (value) => (value === null ? unknown : percent(value));

const state = (one, like) => [one.psi === null ? "too few rows" : one.drifted ? "drifted" : like, one.drifted];

function feature(one) {
  return [one.feature, state(one, "like training"), index(one.psi), index(one.floor), index(one.limit), number(one.rows)];
}

function hour(one) {
  const minutes = Math.round(one.seconds / 60);
  const span = minutes < 2 ? `${one.seconds} s` : minutes < 60 ? `${minutes} min` : "the last hour";
  return [
    ["Measured over", span],
    ["Requests", number(one.requests)],
    ["Errors (5xx)", number(one.errors), one.errors > 0],
    ["Refused (4xx)", number(one.refused)],
    ["Shed by overload", number(one.shed)],
    ["Latency p50", figure(one.p50_ms, " ms")],
    ["Latency p99", figure(one.p99_ms, " ms")],
  ];
}

function audit(one) {
  if (one === null) return [["Courier", "has not written its status"]];
  const late = one.age_seconds > 60;
  return [
    ["Courier", late ? `silent for ${Math.round(one.age_seconds)} s` : "running", late],
    ["Registry", one.registry_up ? "answers" : "does not answer", !one.registry_up],
    ["Store", `${one.store_name.split(":")[0]}, ${one.store_up ? "answers" : "does not answer"}`, !one.store_up],
    ["Audit size", one.store_bytes === null ? unknown : `${short(one.store_bytes / 1e6, 3)} MB`],
    ["Records that wait", number(one.pending_records)],
    ["Oldest of them", figure(one.oldest_pending_seconds, " s")],
  ];
}

// Where the window is too narrow for a table, its parts are blocks, and would lose what they are.
const ROLES = { table: "table", "thead, tbody": "rowgroup", "thead tr": "row", "thead th": "columnheader" };

function keepRoles() {
  for (const [parts, role] of Object.entries(ROLES)) {
    for (const part of document.querySelectorAll(parts)) part.setAttribute("role", role);
  }
  for (const head of document.querySelectorAll("thead th")) head.scope = "col";
}

const words = (text) => [text, false, "words"];
const when = (at) => at.slice(0, 16).replace("T", " ");

/** A text node is written only when it differs, so that nothing flickers and a selection stays. */
function put(element, text, bad = false, kind = "") {
  const wanted = String(text);
  if (element.textContent !== wanted) element.textContent = wanted;
  element.classList.toggle("bad", Boolean(bad));
  if (kind) element.classList.add(kind);
}

function rows(body, wanted) {
  const box = body.closest(".wide");
  const heads = body.closest("table").tHead.rows[0].cells;
  box.hidden = !wanted.length;
  if (box.nextElementSibling?.classList.contains("none")) box.nextElementSibling.hidden = !box.hidden;
  while (body.rows.length > wanted.length) body.deleteRow(-1);
  wanted.forEach((cells, place) => {
    const row = body.rows[place] ?? body.appendChild(make("tr", { role: "row" }, ...cells.map((_, column) => emptyCell(heads[column].textContent, column))));
    cells.forEach((cell, column) => put(row.cells[column], ...(Array.isArray(cell) ? cell : [cell])));
  });
}

/** With its column's heading, which stands before it where the window is too narrow for a table. */
function emptyCell(heading, column) {
  return column ? make("td", { role: "cell", "data-heading": heading }) : make("th", { role: "rowheader", scope: "row", "data-heading": heading });
}

function facts(list, wanted) {
  while (list.children.length > 2 * wanted.length) list.lastElementChild.remove();
  while (list.children.length < 2 * wanted.length) list.append(make("dt", {}), make("dd", {}));
  wanted.forEach(([name, value, bad], place) => {
    put(list.children[2 * place], name);
    put(list.children[2 * place + 1], value, bad);
  });
}

function links(wanted) {
  const bar = byId("links");
  const missing = Object.entries(wanted).filter(([name]) => ![...bar.children].some((link) => link.textContent === name));
  bar.append(...missing.map(([name, href]) => make("a", { href, rel: "noreferrer" }, name)));
  // the card is that of the version that serves now
  for (const link of bar.children) if (Object.hasOwn(wanted, link.textContent)) link.href = wanted[link.textContent];
}

/** A screen reader hears changes of state, and not every number. */
function speak(text) {
  if (text === spoken) return;
  if (spoken !== null) byId("changed").textContent = text;
  spoken = text;
}

byId("key").addEventListener("submit", (event) => {
  event.preventDefault();
  useKey(byId("key-value").value);
  byId("key").hidden = true;
  look();
});
arrived();
keepRoles();
look();
