// An input of the form: the part that is the same for every kind of feature.

import { make, percent, say, worded } from "./dom.js";

/** A field's value can not be sent; the message says which one can. */
export class Unfit extends Error {}

/** `id` is this field's name in the page: a feature's own may hold anything. */
export function makeField(id, feature, reference, changed) {
  const kinds = { category: feature.unknown === "other" ? OpenField : CategoryField, boolean: BooleanField, date: MomentField, datetime: MomentField };
  const Kind = kinds[feature.kind] ?? NumberField;
  return new Kind(id, feature, reference, changed);
}

/** What every input has: a label, a line about the value's place among the training rows, and room for an error. */
export class Field {
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
