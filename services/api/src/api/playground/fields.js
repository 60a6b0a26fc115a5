// One input per feature, made from the manifest: what it is called, what it takes, and where its value lies among the training rows.

import { make } from "./dom.js";
import { Field, Unfit } from "./field.js";
import { MomentField } from "./moment_field.js";
import { NumberField } from "./number_field.js";

// What no category is called.
const MISSING = "\u0000";

/** `id` is this field's name in the page: a feature's own may hold anything. */
export function makeField(id, feature, reference, changed) {
  const kinds = { category: feature.unknown === "other" ? OpenField : CategoryField, boolean: BooleanField, date: MomentField, datetime: MomentField };
  const Kind = kinds[feature.kind] ?? NumberField;
  return new Kind(id, feature, reference, changed);
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
