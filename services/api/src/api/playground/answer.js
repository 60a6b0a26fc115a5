// Shows one answer: the class and its probabilities, or the predicted value, and who answered.

import { apart, byId, make, percent, say, short, worded } from "./dom.js";
import { decides } from "./card.js";
import { Histogram } from "./histogram.js";

const MOST_BARS = 8;
const MOST_REMARKS = 5;
const UNRELIABLE = "unreliable here";
let settled = 0;

/** `remarks` say what of the row is unlike the training rows: an answer to such a row never stands without them. */
export function showAnswer(answer, { model: { target, threshold }, reference }, remarks) {
  const named = "label_name" in answer;
  const doubtful = remarks.doubts.length > 0;
  const share = [named ? percent(answer.probabilities[answer.label_name]) : target.unit ?? "", doubtful ? UNRELIABLE : ""].filter(Boolean).join(", ");
  byId("label").textContent = named ? answer.label_name : short(answer.value);
  byId("share").textContent = share;
  byId("brief").replaceChildren(make("b", {}, byId("label").textContent), ` ${share}`);
  byId("answer").classList.toggle("doubtful", doubtful);
  byId("brief").classList.toggle("doubtful", doubtful);
  showRemarks(remarks);
  byId("bars").replaceChildren(...(named ? bars(answer, threshold) : value(answer.value, target, reference.target)));
  const { version, variant } = answer.model;
  byId("answered").textContent = `version ${version}${variant === "production" ? "" : `, ${variant}`}, in ${short(answer.latency_ms, 2)} ms`;
  stale(false);
  // Announced when the hand rests, not at every step of a slider.
  clearTimeout(settled);
  settled = setTimeout(() => { byId("spoken").textContent = spoken(share, remarks); }, 700);
}

/** The terms that an answer stands on: its threshold, its set or interval, its segment, and the versions beside it. */
export function showTerms(row, answer, { model, coverage, segments }, beside) {
  const share = coverage ? `${Math.round(100 * coverage)} %` : "";
  const unit = model.target.unit ? ` ${model.target.unit}` : "";
  const lines = [
    model.threshold ? `The model ${decides(model.threshold)}` : "",
    answer.set ? `${share} set: ${answer.set.map(apart).join(", ") || `none, it is less certain than ${share} of the held-out rows`}` : "",
    answer.interval ? `${share} interval: ${short(answer.interval[0], 4)} to ${short(answer.interval[1], 4)}${unit}` : "",
    ...segments.map((name) => `Segment: ${apart(name)} ${apart(row[name] ?? "missing")}`),
    ...beside.map(({ variant, version, answer: other, why }) => `${variant} version ${version}: ${other ? inWords(other, unit) : why ?? "answers no client"}`),
  ];
  byId("terms").replaceChildren(...lines.filter(Boolean).map((line) => make("li", {}, line)));
}

/** An answer in one line. */
export function inWords(answer, unit = "") {
  return "label_name" in answer ? `${apart(answer.label_name)} ${percent(answer.probabilities[answer.label_name])}` : `${short(answer.value)}${unit}`;
}

function showRemarks({ doubts, notes }) {
  const count = doubts.length === 1 ? "A value is" : `${doubts.length} values are`;
  say(byId("doubts-title"), doubts.length ? `${count} outside of what the model was trained for. It answers all the same.` : "");
  byId("doubts").hidden = !doubts.length && !notes.length;
  byId("doubts").classList.toggle("notes", !doubts.length);
  const all = [...doubts, ...notes];
  const lines = all.slice(0, MOST_REMARKS).map(({ place, name, text }) => make("li", {}, make("a", { href: `#field-${place}` }, ...worded(name)), ` ${text}`));
  if (all.length > lines.length) lines.push(make("li", {}, `and ${all.length - lines.length} more`));
  byId("doubts-list").replaceChildren(...lines);
}

/** The answer shown is not that of the values shown, and may not become so. */
export const fade = () => stale(true);

function stale(old) {
  for (const id of ["answer", "brief"]) byId(id).classList.toggle("stale", old);
}

/** `threshold`, where the model has one, is marked on its class's bar: the longest bar may not be the answer. */
function bars(answer, threshold) {
  const shares = Object.entries(answer.probabilities);
  // In the model's order while they are few, so that bars do not change places under the eye.
  const shown = shares.length <= MOST_BARS ? shares : shares.sort((a, b) => b[1] - a[1]).slice(0, MOST_BARS);
  const lines = shown.map(([name, share]) => {
    const fill = make("i", {});
    fill.style.width = `${100 * share}%`;
    const meter = make("div", { className: "meter" }, fill);
    if (threshold?.class === name) {
      const mark = make("s", {});
      mark.style.left = `${100 * threshold.at}%`;
      meter.append(mark);
    }
    const line = make("li", {}, make("span", {}, ...worded(name)), make("b", {}, percent(share)), meter);
    line.classList.toggle("first", name === answer.label_name);
    return line;
  });
  if (shares.length > shown.length) lines.push(make("li", { className: "quiet" }, `and ${shares.length - shown.length} more`));
  return lines;
}

/** A predicted value among those of the training rows. */
function value(predicted, target, reference) {
  const histogram = new Histogram(reference, target.minimum, target.maximum);
  histogram.mark(predicted);
  const ends = make("div", { className: "ends" }, make("span", {}, short(target.minimum)), make("span", {}, short(target.maximum)));
  return [make("li", { className: "among" }, histogram.draw(), ends, make("span", { className: "place" }, histogram.place(predicted)))];
}

function spoken(share, { doubts }) {
  const why = doubts.map(({ name, text }) => `. ${name}: ${text}`).slice(0, MOST_REMARKS).join("");
  return `${byId("label").textContent}, ${share}${why}`;
}
