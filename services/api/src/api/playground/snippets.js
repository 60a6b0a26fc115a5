// The question on the page as a command and as a program, both to be run as they are.

import { byId } from "./dom.js";
import { API, hasKey } from "./api.js";

let language = "curl";
let row = {};

export function showSnippet(values = row) {
  row = values;
  byId("snippet").textContent = language === "curl" ? curl(row) : python(row);
}

export function startSnippets() {
  const buttons = [...document.querySelectorAll("[data-language]")];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      language = button.dataset.language;
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      showSnippet();
    });
  }
  byId("copy").addEventListener("click", copy);
}

function curl(values) {
  const quoted = JSON.stringify(values).replaceAll("'", "'\\''");
  const key = hasKey() ? " \\\n  -H \"Authorization: Bearer $API_KEY\"" : "";
  return `curl -s ${API}/predict -H 'Content-Type: application/json'${key} \\\n  -d '${quoted}'`;
}

function python(values) {
  const lines = Object.entries(values).map(([name, value]) => `    ${JSON.stringify(name)}: ${literal(value)},`);
  const key = hasKey() ? ', "Authorization": f"Bearer {os.environ[\'API_KEY\']}"' : "";
  return [
    `import json${hasKey() ? ", os" : ""}, urllib.request`, "",
    "row = {", ...lines, "}",
    `request = urllib.request.Request("${API}/predict", json.dumps(row).encode(),`,
    `                                 {"Content-Type": "application/json"${key}})`,
    "print(json.load(urllib.request.urlopen(request)))",
  ].join("\n");
}

function literal(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return JSON.stringify(value);
}

async function copy() {
  const button = byId("copy");
  try {
    await navigator.clipboard.writeText(byId("snippet").textContent);
    button.textContent = "Copied";
  } catch {
    // No clipboard without TLS except on this machine: mark it, so that the keyboard's own copy works.
    getSelection().selectAllChildren(byId("snippet"));
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}
