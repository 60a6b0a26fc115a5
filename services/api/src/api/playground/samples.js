// Rows to begin with. They are one stop of the Tab key; the arrows move among them.

import { byId, make, short } from "./dom.js";

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export function fillSamples(samples, write) {
  byId("samples").replaceChildren(...samples.map((sample, index) => {
    const button = make("button", { type: "button", tabIndex: index ? -1 : 0, title: Object.entries(sample.values).map(([name, value]) => `${name} ${value}`).join(", ") },
      make("span", { className: "number" }, String(index + 1)), ` ${typeof sample.answer === "number" ? short(sample.answer, 4) : sample.answer}`);
    button.addEventListener("click", () => { stopAt(button); write(sample.values); });
    return button;
  }));
}

export function startSamples() {
  byId("samples").addEventListener("keydown", (event) => {
    const buttons = [...byId("samples").children];
    const at = buttons.indexOf(document.activeElement);
    const ends = { Home: 0, End: buttons.length - 1 };
    const next = ends[event.key] ?? (at + STEPS[event.key] + buttons.length) % buttons.length;
    if (at < 0 || !(next >= 0)) return;
    event.preventDefault();
    stopAt(buttons[next]);
    buttons[next].focus();
  });
}

function stopAt(button) {
  for (const other of byId("samples").children) other.tabIndex = other === button ? 0 : -1;
}
