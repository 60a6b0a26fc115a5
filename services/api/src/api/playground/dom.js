// Elements are made here and text is only ever set as text: nothing that comes from a model or a person is read as HTML.

export const byId = (id) => document.getElementById(id);

export function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element && key !== "list") element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

export function drawn(name, attributes = {}) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** The page's first script runs, so every file that it imports is here. */
export function arrived() {
  byId("late").remove();
}

/** The page has something to show: also the link that jumps to it. */
export function reveal() {
  byId("main").hidden = false;
  byId("skip").hidden = false;
}

/** Asks for a key where `status` says so; `heading` and `line` have nothing else to say while nothing was shown. */
export function askKey(status, heading, line) {
  const needed = status === 401 || status === 403;
  if (needed) byId("key").hidden = false;
  if (!byId("main").hidden) return;
  heading.textContent = needed ? "A key is needed" : "No answer";
  line.textContent = "";
}

export function say(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A text of the user's data inside a sentence: one that is read from right to left does not carry its neighbours along. */
export const apart = (text) => (RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : String(text));

/** A column's name, which may go on in the next line after an underscore. */
export const worded = (name) => name.split(/(?<=_)(?=[^_])/).flatMap((part, place) => (place ? [document.createElement("wbr"), part] : [part]));

/** A share of one as people read it; what is not quite none or all does not look like it. */
export function percent(share) {
  if (share > 0 && share < 0.001) return "< 0.1 %";
  if (share < 1 && share > 0.999) return "> 99.9 %";
  return `${(100 * share).toFixed(1)} %`;
}

/** At most `digits` significant digits, without the noise of binary fractions. */
export const short = (value, digits = 6) => String(Number(value.toPrecision(digits)));

/** A whole number with its thousands apart. */
export const thousands = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
