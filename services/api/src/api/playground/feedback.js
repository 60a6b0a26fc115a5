// "Was this right?": one press says yes, two say what it really was. It goes where every client's feedback goes.

import { ask } from "./api.js";
import { byId, make } from "./dom.js";

export function askFeedback(answer, target, refused) {
  const box = byId("feedback");
  // A question that has an answer under way is not replaced under the hand.
  if (box.contains(document.activeElement) && box.dataset.id) return;
  box.dataset.id = "";
  const yes = make("button", { type: "button" }, "Yes");
  const no = make("button", { type: "button" }, "No");
  box.replaceChildren(make("span", {}, "Was this right?"), yes, no);
  yes.addEventListener("click", () => send(box, answer, answer.label_name ?? answer.value, refused));
  no.addEventListener("click", () => correct(box, answer, target, refused));
}

function correct(box, answer, target, refused) {
  const classes = target.classes?.filter((name) => name !== answer.label_name);
  const truth = classes
    ? make("select", { id: "truth" }, ...classes.map((name) => make("option", {}, name)))
    : make("input", { id: "truth", type: "number", step: "any", required: true });
  const button = make("button", {}, "Send");
  const form = make("form", {}, make("label", { htmlFor: "truth" }, "It was"), truth, button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(box, answer, classes ? truth.value : Number(truth.value), refused);
  });
  box.dataset.id = answer.prediction_id;
  box.replaceChildren(form);
  truth.focus();
}

async function send(box, answer, truth, refused) {
  const body = JSON.stringify({ prediction_id: answer.prediction_id, label: truth, source: "playground" });
  try {
    await ask("/feedback", { body });
  } catch (refusal) {
    refused(refusal);
    return;
  }
  box.dataset.id = "";
  const thanks = make("span", { tabindex: "-1", role: "status" }, `Noted for prediction ${answer.prediction_id.slice(0, 13)}…`);
  const held = box.contains(document.activeElement);
  box.replaceChildren(thanks);
  if (held) thanks.focus();
}
