// The input of a date, or of a date and time.

import { make } from "./dom.js";
import { Field, Unfit } from "./field.js";

/** A date, or a time in ISO text; one without a zone is in UTC. */
export class MomentField extends Field {
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
