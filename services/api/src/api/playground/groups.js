// Many fields: a search, and groups that open one by one.

import { byId, make } from "./dom.js";

const SEARCHED = 12;
const GROUPED = 40;
const SIZE = 20;
let shown = [];

export function arrange(fields) {
  shown = fields;
  byId("search").hidden = fields.length <= SEARCHED;
  byId("fields").replaceChildren(...(fields.length <= GROUPED ? unfold(fields) : groups(fields)));
  search("");
}

export function startSearch() {
  byId("search-text").addEventListener("input", () => search(byId("search-text").value));
  // a remark beside the answer leads to its field, which may be hidden by the search
  byId("doubts-list").addEventListener("click", () => { byId("search-text").value = ""; search(""); });
}

function unfold(fields) {
  for (const field of fields) field.unfold();
  return fields.map(({ element }) => element);
}

function groups(fields) {
  return Array.from({ length: Math.ceil(fields.length / SIZE) }, (_, index) => {
    const part = fields.slice(index * SIZE, (index + 1) * SIZE);
    const title = `${index * SIZE + 1} to ${index * SIZE + part.length}: ${part[0].name} to ${part.at(-1).name}`;
    const group = make("details", { className: "group", open: index === 0 }, make("summary", {}, title), make("div", { className: "fields" }, ...part.map(({ element }) => element)));
    if (group.open) unfold(part);
    else group.addEventListener("toggle", () => unfold(part), { once: true });
    return group;
  });
}

function search(text) {
  const wanted = text.trim().toLowerCase();
  for (const { element, name } of shown) element.hidden = !name.toLowerCase().includes(wanted);
  for (const group of document.querySelectorAll(".group")) {
    group.hidden = !group.querySelector(".field:not([hidden])");
    if (wanted) group.open = true;
  }
  const found = shown.filter(({ element }) => !element.hidden).length;
  byId("found").textContent = wanted ? `${found} of ${shown.length} features` : `${shown.length} features`;
}
