// The last answers, and the values they were given to: to go back to, and to pass on as a link.

import { apart, byId, make } from "./dom.js";

const MOST = 10;
const REST = 700;
const MARK = "#row=";
let past = [];
let timer = 0;

/** Keep an answer once the hand rests. `answer` is the answer in words. */
export function remember(row, answer) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (past.length && JSON.stringify(past[0].row) === JSON.stringify(row)) return;
    past = [{ row, answer, changes: changes(row, past[0]?.row) }, ...past].slice(0, MOST);
    show();
  }, REST);
}

export function startHistory(write, current) {
  byId("past").addEventListener("click", (event) => {
    const place = event.target.closest("button")?.dataset.place;
    if (place !== undefined) write(past[Number(place)].row);
  });
  byId("undo").addEventListener("click", () => {
    clearTimeout(timer);
    // what was changed since the last kept answer is taken back first
    if (JSON.stringify(current()) === JSON.stringify(past[0].row)) past.shift();
    write(past[0].row);
    show();
  });
  byId("link").addEventListener("click", () => copyLink(current()));
}

/** The values that the page's address carries, or none. */
export function linked() {
  if (!location.hash.startsWith(MARK)) return {};
  try {
    const row = JSON.parse(decodeURIComponent(location.hash.slice(MARK.length)));
    return row !== null && typeof row === "object" ? row : {};
  } catch {
    return {};
  }
}

async function copyLink(row) {
  history.replaceState(null, "", MARK + encodeURIComponent(JSON.stringify(row)));
  const button = byId("link");
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = "Copied";
  } catch {
    // no clipboard without TLS except on this machine
    button.textContent = "It is the address of this page";
  }
  setTimeout(() => { button.textContent = "Copy link"; }, 2000);
}

function changes(row, before) {
  if (!before) return "";
  const changed = Object.entries(row).filter(([name, value]) => value !== before[name]);
  const shown = changed.slice(0, 2).map(([name, value]) => `${apart(name)} ${apart(value ?? "missing")}`);
  return shown.join(", ") + (changed.length > 2 ? ` and ${changed.length - 2} more` : "");
}

function show() {
  byId("undo").disabled = past.length < 2;
  byId("history").hidden = past.length < 2;
  byId("past").replaceChildren(...past.map(({ answer, changes: what }, place) =>
    make("li", {}, make("button", { type: "button", "data-place": place }, answer), what ? ` ${what}` : "")));
}
