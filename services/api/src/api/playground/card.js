// What answers: name and version on top, and a card with how good it was and what it was made from.

import { byId, make, percent, short } from "./dom.js";

const NAMES = {
  accuracy: "Accuracy", precision_macro: "Precision, macro", recall_macro: "Recall, macro", f1_macro: "F1, macro",
  log_loss: "Log loss", roc_auc: "ROC AUC", rmse: "RMSE", mae: "MAE", r2: "R²",
};

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

export function showLinks({ links }) {
  byId("links").replaceChildren(...links.map(({ name, url }) => make("a", { href: url }, name)));
}

export function showHeading(page) {
  const { model } = page;
  byId("name").textContent = model.name;
  byId("served").textContent = `${estimator(model)}, version ${model.version}, in ${model.variant} since ${date(model.since)}${model.threshold ? `; ${decides(model.threshold)}` : ""}`;
  document.title = `${model.name} · playground`;
  showLinks(page);
}

export function showCard(page) {
  const { model } = page;
  const { provenance, quality } = model;
  const libraries = Object.entries(provenance.libraries).map(([name, version]) => `${name} ${version}`).join(", ");
  const facts = [
    ["Predicts", model.target.classes?.length ? `${model.target.name}: ${model.target.classes.join(", ")}` : `${model.target.name}, in ${model.target.unit || "no unit"}`],
    ["Model", inFull(model)],
    ...(model.threshold ? [["Decides", decides(model.threshold)]] : []),
    ["Answers", (model.variants ?? []).map(beside).join("; ")],
    ...notServed(page),
    ["Bundle", hash(model.bundle)], ["Training data", hash(provenance.data_sha256)],
    ["Parameters", hash(provenance.params_sha256)], ["Made with", libraries],
  ];
  byId("facts").replaceChildren(...facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  byId("scores").replaceChildren(...scores(quality));
}

function scores(quality) {
  const single = Object.entries(quality).filter(([, value]) => typeof value === "number");
  const parts = [
    table("On the hold-out, which was never trained on", ["Measure", "Value"], single.map(([name, value]) => [NAMES[name] ?? name, short(value, 4)])),
  ];
  if (quality.per_class) {
    const rows = Object.entries(quality.per_class).map(([name, of]) => [name, percent(of.precision), percent(of.recall), String(of.support)]);
    parts.push(table("By class", ["Class", "Precision", "Recall", "Rows"], rows));
  }
  return parts;
}

function table(caption, heads, rows) {
  return make("table", {}, make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
    make("tbody", {}, ...rows.map(([first, ...rest]) =>
      make("tr", {}, make("th", { scope: "row" }, first), ...rest.map((cell) => make("td", {}, cell))))));
}

/** In words where the bundle has them. */
const estimator = ({ words, estimator: name }) => (words ? words[0].toUpperCase() + words.slice(1) : name);

/** The words, and the class where they do not name it. */
const inFull = ({ words, estimator: name }) => (words && !words.includes(name) ? `${words} (${name})` : words || name);

export const decides = ({ class: name, at }) => `says ${name} from ${short(100 * at, 4)} %`;

/** A shadow is asked about everything and answers nobody. */
const beside = ({ variant, version, traffic, verdict }) =>
  `${variant} version ${version}${variant === "shadow" ? ", beside them" : `, ${percent(traffic)} of requests`}${verdict ? `, gate: ${verdict}` : ""}`;

/** The aliases that name another version than the one that serves, in words. */
export const differences = ({ unserved = [] }) => unserved.map(({ alias, version, serves, why }) =>
  `Alias ${alias} names version ${version}, ${why ? `which was refused: ${why}` : "which is on its way"}; ${serves ? `version ${serves} serves` : "nothing serves"}.`);

const notServed = (page) => (page.unserved?.length ? [["Not served", differences(page).join(" ")]] : []);

const hash = (value) => make("code", { title: value }, value.slice(0, 12));

/** By hand: a browser's own formats are slow to load. */
function date(text) {
  const at = new Date(text);
  return `${at.getDate()} ${MONTHS[at.getMonth()]} ${at.getFullYear()}, ${at.getHours()}:${String(at.getMinutes()).padStart(2, "0")}`;
}
