// "Was this right?": one press says yes, two say what it really was. It goes where every client's feedback goes.

import { ask, isTrial } from "./api.js";
import { byId, make } from "./dom.js";

let asked = null;

/** Ask about an answer. What a person is about to press or is filling in stays where it is. */
export function askFeedback(answer, target, refused) {
  const box = byId("feedback");
  const held = box.contains(document.activeElement);
  letGo(false);
  if (held && box.dataset.state === "correcting") return;
  asked = { answer, target, refused, trial: isTrial() };
  if (box.dataset.state === "asking") return;
  const yes = make("button", { type: "button" }, "Yes");
  const no = make("button", { type: "button" }, "No");
  yes.addEventListener("click", () => send(asked.answer.label_name ?? asked.answer.value));
  no.addEventListener("click", correct);
  show("asking", make("span", {}, "Was this right?"), yes, no);
}

/** The api does not answer: a verdict could not be sent. */
export function holdFeedback() {
  letGo(true);
}

function letGo(held) {
  for (const control of byId("feedback").querySelectorAll("button, select, input")) control.disabled = held;
}

function correct() {
  const { answer, target } = asked;
  const classes = target.classes?.filter((name) => name !== answer.label_name) ?? [];
  const truth = classes.length
    ? make("select", { id: "truth" }, ...classes.map((name) => make("option", {}, name)))
    : make("input", { id: "truth", type: "number", step: "any", required: true });
  const form = make("form", {}, make("label", { htmlFor: "truth" }, "It was"), truth, make("button", {}, "Send"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(classes.length ? truth.value : Number(truth.value));
  });
  show("correcting", form);
  truth.focus();
}

async function send(truth) {
  const { answer, refused } = asked;
  const name = typeof truth === "number" ? "value" : "label";
  try {
    await ask("/feedback", { body: JSON.stringify({ prediction_id: answer.prediction_id, [name]: truth, source: "playground" }) });
  } catch (refusal) {
    refused(refusal);
    return;
  }
  const held = byId("feedback").contains(document.activeElement);
  const thanks = make("span", { tabindex: "-1", role: "status" }, `Noted for prediction ${answer.prediction_id.slice(0, 13)}…${asked.trial ? ", which is not counted" : ""}`);
  show("noted", thanks);
  if (held) thanks.focus();
}

function show(state, ...children) {
  byId("feedback").dataset.state = state;
  byId("feedback").replaceChildren(...children);
}
