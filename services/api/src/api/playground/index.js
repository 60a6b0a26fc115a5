// Puts the page together: what is served, the form made from it, and an answer that follows the hand.

import { fade, inWords, showAnswer, showTerms } from "./answer.js";
import { ask, countRequests, useKey } from "./api.js";
import { differences, showCard, showHeading, showLinks } from "./card.js";
import { arrived, askKey, byId, reveal, say } from "./dom.js";
import { askFeedback, holdFeedback } from "./feedback.js";
import { Unfit } from "./field.js";
import { makeField } from "./fields.js";
import { arrange, startSearch } from "./groups.js";
import { linked, remember, startHistory } from "./history.js";
import { askAll, askBeside } from "./question.js";
import { showReasons } from "./reasons.js";
import { remarksOf } from "./remarks.js";
import { fillSamples, startSamples } from "./samples.js";
import { showSnippet, startSnippets } from "./snippets.js";
import { describeTable, startTable } from "./table.js";

const PAUSE = 120;
let page = null;
let fields = [];
let pending = 0;
let retry = 0;
let running = new AbortController();

async function load() {
  clearTimeout(retry);
  let found;
  try {
    found = await (await ask("/playground/model.json")).json();
  } catch (refusal) {
    trouble(refusal, load);
    return;
  }
  if (found.model === null) {
    showLinks(found);
    say(byId("name"), "No model yet");
    say(byId("served"), ["The api is up and follows the registry.", ...differences(found)].join(" "));
    trouble({ message: "No model is served yet. This page looks again every two seconds.", again: 2000 }, load);
    return;
  }
  const kept = Object.fromEntries(fields.map((field) => [field.name, peek(field)]));
  page = found;
  calm();
  showHeading(page);
  fields = page.model.features.map((feature, place) => makeField(`field-${place}`, feature, page.reference.features[feature.name], later));
  arrange(fields);
  fillSamples(page.samples, write);
  reveal();
  write({ ...page.samples[0]?.values, ...linked(), ...Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)) });
  // while the answer is on its way
  showCard(page);
  describeTable(page);
}

function write(values) {
  for (const field of fields) {
    // a link may carry a value that its field does not take
    if (field.name in values) try { field.write(values[field.name]); } catch { field.write(null); }
  }
  predict();
}

const peek = (field) => { try { return field.read(); } catch { return undefined; } };

function later() {
  clearTimeout(pending);
  pending = setTimeout(predict, PAUSE);
}

/** All values as a row, or null when one does not fit; each field says what is wrong with it. */
function readRow() {
  const row = {};
  let whole = true;
  for (const field of fields) {
    try {
      row[field.name] = field.read();
      field.fail("");
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      field.fail(error.message);
      whole = false;
    }
  }
  return whole ? row : null;
}

async function predict() {
  clearTimeout(pending);
  clearTimeout(retry);
  running.abort();
  running = new AbortController();
  const { signal } = running;
  const row = readRow();
  if (row === null) {
    fade();
    return;
  }
  showSnippet(row);
  const slow = setTimeout(fade, 400);
  try {
    const answer = await askAll(row, page, signal);
    if (signal.aborted) return;
    calm();
    showAnswer(answer, page, remarksOf(row, answer.warnings, page));
    showReasons(answer, page);
    showTerms(row, answer, page, []);
    remember(row, inWords(answer));
    performance.mark("answered");
    askFeedback(answer, page.model.target, (refusal) => trouble(refusal));
    const beside = await askBeside(row, answer, page.model, signal);
    showTerms(row, answer, page, beside);
    if (answer.model.variant === "production" && answer.model.bundle !== page.model.bundle) await load();
  } catch (refusal) {
    if (signal.aborted) return;
    fade();
    if (refusal.status === 0) holdFeedback();
    blame(refusal);
    trouble(refusal, predict);
  } finally {
    clearTimeout(slow);
  }
}

function blame({ errors = [] }) {
  for (const { field, message } of errors) fields.find((each) => each.name === field)?.fail(message);
}

function trouble({ status, message, again }, retried = null) {
  say(byId("notice"), message ?? "This page has a fault; reload it.");
  if (status !== undefined) askKey(status, byId("name"), byId("served"));
  if (retried && again) retry = setTimeout(retried, again);
}

function calm() {
  say(byId("notice"), "");
}

byId("key").addEventListener("submit", (event) => {
  event.preventDefault();
  useKey(byId("key-value").value);
  byId("key").hidden = true;
  if (page) predict();
  else load();
});
byId("fields").addEventListener("submit", (event) => event.preventDefault());
byId("counted").addEventListener("change", () => { countRequests(byId("counted").checked); if (page) predict(); });
arrived();
startHistory(write, readRow);
startSamples();
startSearch();
startSnippets();
startTable();
load();
