// A CSV in, the same api's CSV out, line for line; nothing of it is kept in the page.

import { ask } from "./api.js";
import { byId, make, thousands } from "./dom.js";

const PATIENCE = 60000;

export function describeTable(page) {
  const names = page.model.features.map((feature) => feature.name).join(",");
  const mebibytes = Math.round((page.limits.body_bytes / 1048576) * 10) / 10;
  byId("columns").replaceChildren(
    "First line: ", make("code", {}, names), `. At most ${thousands(page.limits.rows)} rows, ${mebibytes} MiB.`,
  );
}

export function startTable() {
  const drop = byId("drop");
  const input = byId("file");
  input.addEventListener("change", () => { if (input.files.length) answerFile(input.files[0]).finally(() => { input.value = ""; }); });
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files.length) answerFile(event.dataTransfer.files[0]);
  });
}

async function answerFile(file) {
  const result = byId("table-result");
  result.className = "";
  result.textContent = `Asking about ${file.name}.`;
  try {
    const response = await ask("/predict/batch", { body: file, type: "text/csv", accept: "text/csv", patience: PATIENCE });
    const answers = await response.text();
    // A row begins with its prediction's id; a further column of the file may hold line breaks.
    const rows = answers.match(/^[0-9a-f]{8}-[0-9a-f-]{27},/gm)?.length ?? 0;
    result.replaceChildren(`${rows} ${rows === 1 ? "row" : "rows"} answered. `, download(file.name, answers));
  } catch (refusal) {
    result.className = "error";
    const where = (refusal.errors ?? []).map((error) => `${error.field}: ${error.message}`);
    result.textContent = where.length ? `${file.name}, ${where.join("; ")}` : refusal.message;
  }
}

let address = "";

function download(name, text) {
  URL.revokeObjectURL(address);
  address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const file = `${name.replace(/\.csv$/i, "")}-predictions.csv`;
  const link = make("a", { href: address, download: file }, `Download ${file}`);
  setTimeout(() => link.click());
  return link;
}
