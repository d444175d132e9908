// Real pictures of a class, cut out of the export's sheet, which has one row per class.

import { byId, element } from "./elements.js";

export class References {
  constructor(model) {
    this.model = model;
    this.sheet = null;
  }

  async show(label) {
    const { references, kinds } = this.model;
    byId("references-section").hidden = !references;
    if (!references) return;
    this.sheet ??= load(references.url);
    const source = await this.sheet;
    byId("references-section").hidden = !source;
    byId("references-heading").textContent = `Real ones of this kind: ${kinds[label]}`;
    const columns = [...Array(references.count).keys()];
    const tiles = columns.map((column) => this.tile(source, label, column));
    byId("references").replaceChildren(...tiles);
  }

  tile(source, label, column) {
    const { references, kinds } = this.model;
    const words = `real ${kinds[label]}, ${column + 1} of ${references.count}`;
    const tile = element("div", { role: "img", className: "tile", "aria-label": words });
    tile.style.backgroundImage = `url("${source}")`;
    tile.style.backgroundSize = `${references.count * 100}% ${kinds.length * 100}%`;
    tile.style.backgroundPosition = `${place(column, references.count)} ${place(label, kinds.length)}`;
    return tile;
  }
}

/** A CSS background position, whose percents refer to the part of the image outside the tile. */
function place(index, count) {
  return `${count > 1 ? (100 * index) / (count - 1) : 0}%`;
}

/** Load the sheet from its server as an object URL of this page; null if there is none. */
async function load(url) {
  const response = await fetch(url).catch(() => null);
  return response?.ok ? URL.createObjectURL(await response.blob()) : null;
}
