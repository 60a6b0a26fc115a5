// Shows one answer: the class and its probabilities, or the predicted value, and who answered.

import { byId, make, percent, short } from "./dom.js";
import { Histogram } from "./histogram.js";

const MOST_BARS = 8;
let settled = 0;

export function showAnswer(answer, { model: { target }, reference }) {
  const named = "label_name" in answer;
  byId("label").textContent = named ? answer.label_name : short(answer.value);
  byId("share").textContent = named ? percent(answer.probabilities[answer.label_name]) : target.unit ?? "";
  byId("bars").replaceChildren(...(named ? bars(answer) : value(answer.value, target, reference.target)));
  const { version, variant } = answer.model;
  byId("answered").textContent = `version ${version}${variant === "production" ? "" : `, ${variant}`}, in ${short(answer.latency_ms, 2)} ms`;
  byId("answer").classList.remove("stale");
  // Said when the hand rests, not at every step of a slider.
  clearTimeout(settled);
  settled = setTimeout(() => { byId("spoken").textContent = spoken(answer, named); }, 700);
}

/** The answer shown is not that of the values shown, and may not become so. */
export function fade() {
  byId("answer").classList.add("stale");
}

function bars(answer) {
  const shares = Object.entries(answer.probabilities);
  // In the model's order while they are few, so that bars do not change places under the eye.
  const shown = shares.length <= MOST_BARS ? shares : shares.sort((a, b) => b[1] - a[1]).slice(0, MOST_BARS);
  const lines = shown.map(([name, share]) => {
    const fill = make("i", {});
    fill.style.width = `${100 * share}%`;
    const line = make("li", {}, make("span", {}, name), make("b", {}, percent(share)), make("div", { className: "meter" }, fill));
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
  const place = `above about ${Math.round(100 * histogram.below(predicted))} % of the training rows`;
  const ends = make("div", { className: "ends" }, make("span", {}, short(target.minimum)), make("span", {}, short(target.maximum)));
  return [make("li", { className: "among" }, histogram.element, ends, make("span", { className: "place" }, place))];
}

function spoken(answer, named) {
  const warnings = answer.warnings?.length ? `, out of range: ${answer.warnings.map(({ feature }) => feature).join(", ")}` : "";
  return (named ? `${answer.label_name}, ${percent(answer.probabilities[answer.label_name])}` : short(answer.value)) + warnings;
}
