// One input per feature, made from the manifest: what it is called, what it takes, and where its value lies among the training rows.

import { make, percent, say, short, worded } from "./dom.js";
import { Histogram } from "./histogram.js";

// What no category is called.
const MISSING = "\u0000";

export class Unfit extends Error {}

/** `id` is this field's name in the page: a feature's own may hold anything. */
export function makeField(id, feature, reference, changed) {
  const kinds = { category: feature.unknown === "other" ? OpenField : CategoryField, boolean: BooleanField, date: MomentField, datetime: MomentField };
  const Kind = kinds[feature.kind] ?? NumberField;
  return new Kind(id, feature, reference, changed);
}

class Field {
  constructor(id, feature, reference, changed) {
    Object.assign(this, { id, feature, reference, changed });
    this.place = make("p", { className: "place", id: `${this.id}-place` });
    this.error = make("p", { className: "error", id: `${this.id}-error`, hidden: true });
    this.element = make("div", { className: "field" });
  }

  get name() { return this.feature.name; }

  labelled(input) {
    input.id = this.id;
    input.setAttribute("aria-describedby", `${this.place.id} ${this.error.id}`);
    const unit = this.feature.unit ? make("span", { className: "unit" }, ` ${this.feature.unit}`) : "";
    const label = make("label", { htmlFor: this.id, title: this.feature.description }, ...worded(this.name), unit);
    return make("div", { className: "row" }, label, input);
  }

  /** The field comes into sight: what is large and only looked at is made now. */
  unfold() {}

  fail(message) {
    say(this.error, message);
    this.input.setAttribute("aria-invalid", message ? "true" : "false");
    this.element.classList.toggle("wrong", Boolean(message));
  }

  warn(text) {
    this.element.classList.toggle("outside", Boolean(text));
    if (text) this.place.textContent = text;
  }

  /** How common a value is, for features whose bins are values. */
  among(value) {
    const labels = this.reference?.labels ?? [];
    const index = labels.indexOf(value === null ? "missing" : String(value));
    this.place.textContent = index < 0 ? "" : `${percent(this.reference.share[index])} of the training rows`;
  }
}

class NumberField extends Field {
  constructor(...parts) {
    super(...parts);
    const { feature, reference } = this;
    const { minimum, maximum, dtype } = feature;
    const whole = dtype === "int64";
    this.step = whole ? 1 : 10 ** Math.floor(Math.log10((maximum - minimum || 1) / 50));
    this.input = make("input", { type: "number", step: this.step, inputMode: whole ? "numeric" : "decimal" });
    this.slider = null;
    this.histogram = reference?.edges?.length ? new Histogram(reference, minimum, maximum) : null;
    this.element.append(this.labelled(this.input), this.place, this.error);
    this.input.addEventListener("input", () => { this.describe(); this.changed(); });
  }

  unfold() {
    if (this.slider) return;
    const { name, minimum, maximum } = this.feature;
    this.slider = make("input", { type: "range", min: minimum, max: maximum, step: this.step, className: "slider", "aria-label": `${name}, slider` });
    this.slider.addEventListener("input", () => { this.input.value = short(Number(this.slider.value)); this.describe(); this.changed(); });
    const ends = make("div", { className: "ends", "aria-hidden": "true" }, make("span", {}, short(minimum)), make("span", {}, short(maximum)));
    this.place.before(make("div", { className: "track" }, ...(this.histogram ? [this.histogram.draw()] : []), this.slider, ends));
    if (this.input.value !== "") this.describe();
  }

  describe() {
    const value = this.input.value === "" ? null : Number(this.input.value);
    const { minimum, maximum } = this.feature;
    this.histogram?.mark(value);
    if (value !== null && this.slider) this.slider.value = this.input.value;
    this.slider?.setAttribute("aria-valuetext", value === null ? "nothing" : `${short(value)} ${this.feature.unit ?? ""}`.trim());
    if (value === null) this.place.textContent = this.feature.nullable ? "missing" : "";
    else this.place.textContent = this.histogram ? `above about ${Math.round(100 * this.histogram.below(value))} % of the training rows` : "";
    const outside = value !== null && (value < minimum || value > maximum);
    this.warn(outside ? `outside ${short(minimum)} to ${short(maximum)}: answered, with a warning` : "");
  }

  read() {
    if (this.input.validity.badInput) throw new Unfit("This is not a number.");
    if (this.input.value === "") {
      if (this.feature.nullable) return null;
      throw new Unfit("A number is needed here.");
    }
    return Number(this.input.value);
  }

  write(value) {
    this.input.value = value === null ? "" : short(value, 9);
    this.describe();
  }
}

class CategoryField extends Field {
  constructor(...parts) {
    super(...parts);
    const { feature } = this;
    this.input = make("select", {}, ...feature.categories.map((name) => make("option", { value: name }, name)));
    if (feature.nullable) this.input.append(make("option", { value: MISSING }, "missing"));
    this.element.append(this.labelled(this.input), this.place, this.error);
    this.input.addEventListener("change", () => { this.among(this.read()); this.changed(); });
  }

  read() { return this.input.value === MISSING ? null : this.input.value; }

  write(value) {
    this.input.value = value ?? MISSING;
    this.among(value);
  }
}

/** A category that may also be none of those the model knows. Learned levels are too many to list: the most frequent are offered. */
class OpenField extends Field {
  constructor(...parts) {
    super(...parts);
    const { categories } = this.feature;
    this.known = categories ?? (this.reference?.labels ?? []).filter((name) => name !== "other" && name !== "missing");
    const list = make("datalist", { id: `${this.id}-known` }, ...this.known.map((name) => make("option", { value: name })));
    this.input = make("input", { type: "text", list: list.id, autocomplete: "off" });
    this.element.append(this.labelled(this.input), list, this.place, this.error);
    this.input.addEventListener("input", () => { this.describe(); this.changed(); });
  }

  describe() {
    const value = this.input.value || null;
    this.among(value);
    this.warn(value !== null && this.feature.categories?.includes(value) === false ? "none of those it was trained on: answered, with a warning" : "");
  }

  read() {
    if (this.input.value) return this.input.value;
    if (this.feature.nullable) return null;
    throw new Unfit("A value is needed here.");
  }

  write(value) {
    this.input.value = value ?? "";
    this.describe();
  }
}

/** A date, or a time in ISO text; one without a zone is in UTC. */
class MomentField extends Field {
  constructor(...parts) {
    super(...parts);
    const { kind } = this.feature;
    this.input = make("input", kind === "date" ? { type: "date" } : { type: "text", placeholder: "2026-11-28T14:05:00Z", autocomplete: "off" });
    this.element.append(this.labelled(this.input), this.place, this.error);
    this.input.addEventListener("input", () => { this.describe(); this.changed(); });
  }

  describe() {
    const { minimum, maximum, nullable } = this.feature;
    const at = instant(this.input.value);
    this.place.textContent = this.input.value === "" && nullable ? "missing" : `usually ${minimum} to ${maximum}`;
    this.warn(at < instant(minimum) || at > instant(maximum) ? `outside ${minimum} to ${maximum}: answered, with a warning` : "");
  }

  read() {
    if (Number.isNaN(instant(this.input.value)) && this.input.value) throw new Unfit("Write it as 2026-11-28T14:05:00Z.");
    if (this.input.value) return this.input.value;
    if (this.feature.nullable) return null;
    throw new Unfit(this.feature.kind === "date" ? "A date is needed here." : "A date and time is needed here.");
  }

  write(value) {
    this.input.value = value ?? "";
    this.describe();
  }
}

/** Milliseconds since 1970; not a number for what is no moment. */
function instant(text) {
  const zoned = text.length <= 10 || /(z|[+-]\d\d:\d\d)$/i.test(text);
  return Date.parse(zoned ? text : `${text}Z`);
}

class BooleanField extends Field {
  constructor(...parts) {
    super(...parts);
    const { feature } = this;
    const choices = [["false", "no"], ["true", "yes"], ["null", "missing"]];
    this.input = feature.nullable
      ? make("select", {}, ...choices.map(([value, text]) => make("option", { value }, text)))
      : make("input", { type: "checkbox" });
    this.element.append(this.labelled(this.input), this.place, this.error);
    this.input.addEventListener("change", () => { this.among(this.read()); this.changed(); });
  }

  read() { return this.feature.nullable ? JSON.parse(this.input.value) : this.input.checked; }

  write(value) {
    if (this.feature.nullable) this.input.value = String(value);
    else this.input.checked = Boolean(value);
    this.among(value);
  }
}
