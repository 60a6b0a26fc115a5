// Asks about a row: whatever the version that answers has to say about it, and the other versions beside it.

import { ask } from "./api.js";

/** The answer, with reasons and a set or an interval where the served version has them. A canary may have neither. */
export async function askAll(row, { model, coverage }, signal) {
  const body = JSON.stringify(row);
  const kind = model.task === "regression" ? "interval" : "set";
  const more = [model.reasons?.score ? "explain=true" : "", coverage ? `${kind}=true` : ""].filter(Boolean).join("&");
  if (more) {
    try {
      return await (await ask(`/predict?${more}`, { body, signal })).json();
    } catch (refusal) {
      if (refusal.status !== 422 || refusal.errors?.length) throw refusal;
    }
  }
  return (await ask("/predict", { body, signal })).json();
}

/** Of each other version that is served what it says, in words and by name; a shadow answers no client. */
export function askBeside(row, answer, { variants = [] }, signal) {
  const others = variants.filter(({ version }) => version !== answer.model.version);
  return Promise.all(others.map(async ({ variant, version }) => {
    if (variant === "shadow") return { variant, version, answer: null };
    try {
      return { variant, version, answer: await (await ask("/predict", { body: JSON.stringify(row), version, signal })).json() };
    } catch (refusal) {
      if (signal.aborted) throw refusal;
      return { variant, version, answer: null, why: refusal.message };
    }
  }));
}
