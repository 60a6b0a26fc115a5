// The training rows of one feature as the drift metrics count them: unequal bins, so a bar's area is its share.

import { drawn } from "./dom.js";

const WIDTH = 240;
const HEIGHT = 34;

export class Histogram {
  /** `reference` has k edges and k+1 shares; the outer bins end where the contract's range does. */
  constructor(reference, minimum, maximum) {
    this.edges = reference.edges;
    // Where values may be missing, a last share says how many are.
    this.share = reference.share.slice(0, this.edges.length + 1);
    this.there = this.share.reduce((sum, share) => sum + share, 0) || 1;
    this.low = Math.min(minimum, this.edges[0]);
    this.high = Math.max(maximum, this.edges.at(-1));
    this.marked = -1;
    this.bars = [];
  }

  /** Its picture, once: most histograms are only asked where a value lies. */
  draw() {
    const element = drawn("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "histogram", "aria-hidden": "true" });
    const ends = [this.low, ...this.edges, this.high];
    const widths = this.share.map((_, index) => ends[index + 1] - ends[index]);
    const densities = this.share.map((share, index) => (widths[index] > 0 ? share / widths[index] : 0));
    const tallest = Math.max(...densities) || 1;
    const scale = WIDTH / (this.high - this.low || 1);
    this.bars = densities.map((density, index) => {
      const height = (density / tallest) * HEIGHT;
      const x = (ends[index] - this.low) * scale;
      return drawn("rect", { x, y: HEIGHT - height, width: Math.max(widths[index] * scale - 0.8, 0.4), height });
    });
    this.bars[this.marked]?.classList.add("here");
    element.append(...this.bars);
    return element;
  }

  mark(value) {
    this.bars[this.marked]?.classList.remove("here");
    this.marked = value === null ? -1 : this.bin(value);
    this.bars[this.marked]?.classList.add("here");
  }

  /** A bin is closed on the right, as in the metrics. */
  bin(value) {
    const index = this.edges.findIndex((edge) => value <= edge);
    return index < 0 ? this.edges.length : index;
  }

  /** Where a value lies, in words. */
  place(value) {
    const share = Math.round(100 * this.below(value));
    if (share === 0) return "below nearly all of the training rows";
    return share === 100 ? "above nearly all of the training rows" : `above about ${share} % of the training rows`;
  }

  /** The share of the training rows below a value, as far as the bins tell: even within a bin. */
  below(value) {
    const ends = [this.low, ...this.edges, this.high];
    const bin = this.bin(value);
    const before = this.share.slice(0, bin).reduce((sum, share) => sum + share, 0);
    const width = ends[bin + 1] - ends[bin];
    const part = width > 0 ? Math.min(Math.max((value - ends[bin]) / width, 0), 1) : 1;
    return Math.min((before + part * this.share[bin]) / this.there, 1);
  }
}
