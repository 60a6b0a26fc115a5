// Shows why: a bar for each column, to the right where it speaks for the class or a higher value, to the left against it.

import { apart, byId, make, say, short, worded } from "./dom.js";

const MOST_BARS = 8;

/** Without reasons a sentence says so, with the cause where it is known. */
export function showReasons(answer, { model }) {
  const box = byId("reasons");
  if (box.hidden) box.open = true;
  box.hidden = !answer.reasons;
  say(byId("unexplained"), answer.reasons ? "" : unexplained(answer.model, model));
  if (!answer.reasons) return;
  const { base, contributions, score } = answer.reasons;
  const all = Object.entries(contributions).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const shown = all.slice(0, MOST_BARS);
  const most = Math.max(...all.map(([, value]) => Math.abs(value)), Number.MIN_VALUE);
  const total = all.reduce((sum, [, value]) => sum + value, base);
  byId("reasons-of").textContent = `${apart(answer.reasons.class ?? "The value")}: ${score} ${figure(base)} without knowing the row, ${figure(total)} with it`;
  byId("reasons-bars").replaceChildren(...shown.map(([name, value]) => bar(name, value, most)), ...rest(all, shown));
}

/** A canary may lack the reasons that the served version has. */
function unexplained({ version }, model) {
  const why = version === model.version ? model.reasons?.why : "";
  return `Version ${version} gives no reasons${why ? `: ${why}` : ""}.`;
}

/** With a minus as wide as the plus. */
const figure = (value) => short(value, 3).replace("-", "\u2212");

function bar(name, value, most) {
  const fill = make("i", { className: value < 0 ? "against" : "for" });
  fill.style.width = `${50 * Math.abs(value) / most}%`;
  return make("li", {}, make("span", {}, ...worded(name)), make("b", {}, `${value < 0 ? "" : "+"}${figure(value)}`), make("div", { className: "meter reason" }, fill));
}

function rest(all, shown) {
  if (all.length === shown.length) return [];
  const sum = all.slice(MOST_BARS).reduce((total, [, value]) => total + value, 0);
  return [make("li", { className: "quiet" }, `and ${all.length - shown.length} more, together ${figure(sum)}`)];
}
