// What is unlike the training rows in a row that was answered. Doubts say that the answer can't be relied on; notes only say what is rare.

import { Histogram } from "./histogram.js";
import { apart, percent, short } from "./dom.js";

const RARE = 0.01;

/** `warnings` are the api's: it alone knows every text that training knew. Each remark names its field's place in the form. */
export function remarksOf(row, warnings = [], { model: { features }, reference }) {
  const doubts = [], notes = [];
  for (const [place, feature] of features.entries()) {
    const value = row[feature.name] ?? null;
    const known = reference.features[feature.name];
    const warned = warnings.find((warning) => warning.feature === feature.name);
    const share = value === null ? missing(known) : 1;
    if (warned) doubts.push({ place, name: feature.name, text: unlike(warned) });
    else if (share === 0) doubts.push({ place, name: feature.name, text: "is missing, which it was in no training row" });
    else if (value === null) notes.push({ place, name: feature.name, text: `is missing, as in ${percent(share)} of the training rows` });
    else if (rare(value, feature, known)) notes.push({ place, name: feature.name, text: rare(value, feature, known) });
  }
  return { doubts, notes };
}

function unlike({ value, categories, levels, minimum, maximum }) {
  const shown = typeof value === "number" ? short(value, 9) : apart(String(value).slice(0, 40));
  if (categories) return `${shown} is none of the ${categories.length} values of the training rows`;
  if (levels) return `${shown} is none of the ${levels} values of the training rows`;
  return `${shown} is outside ${minimum} to ${maximum}`;
}

function missing(known) {
  const place = known?.labels?.indexOf("missing") ?? -1;
  return place < 0 ? 0 : known.share[place];
}

function rare(value, feature, known) {
  if (typeof value === "number" && known?.edges?.length) {
    const below = new Histogram(known, feature.minimum, feature.maximum).below(value);
    if (below <= RARE) return `${short(value)} is among the lowest ${percent(RARE)} of the training rows`;
    return below >= 1 - RARE ? `${short(value)} is among the highest ${percent(RARE)} of the training rows` : "";
  }
  const place = known?.labels?.indexOf(String(value)) ?? -1;
  return place >= 0 && known.share[place] < RARE ? `${apart(String(value).slice(0, 40))} is the value of ${percent(known.share[place])} of the training rows` : "";
}
