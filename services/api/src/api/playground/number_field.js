// The input of a number, with a slider over the histogram of the training rows.

import { make, short } from "./dom.js";
import { Field, Unfit } from "./field.js";
import { Histogram } from "./histogram.js";

export class NumberField extends Field {
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
    else this.place.textContent = this.histogram?.place(value) ?? "";
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
