// The paintings: a row of seeds for each class, asked for a few at a time so that they appear.

import { paint } from "./api.js";
import { byId, element, latest, picture } from "./elements.js";
import { rove } from "./keys.js";
import { run } from "./seeds.js";

const CHUNK = 16; // pictures a request

export class Grid {
  /** @param opened is called with { label, seed }. */
  constructor(model, notice, opened) {
    Object.assign(this, { model, notice, opened });
    this.place = byId("grid");
    this.begin = latest();
    this.shown = "";
    rove(this.place, ".tile");
  }

  /** Paint a view, unless it is there already. */
  show({ labels, seeds, count }) {
    const wanted = JSON.stringify([labels, seeds, count]);
    if (wanted === this.shown && this.filling) return;
    if (wanted !== this.shown) this.lay(labels, run(seeds, count));
    this.shown = wanted;
    this.notice.guard(() => this.fill());
  }

  lay(labels, seeds) {
    this.place.replaceChildren(...labels.map((label) => this.row(label, seeds)));
    this.tiles = [...this.place.querySelectorAll(".tile")];
    this.tiles[0].tabIndex = 0;
  }

  row(label, seeds) {
    const tiles = seeds.map((seed) => this.tile({ label, seed }));
    const heading = element("h3", {}, this.model.names[label]);
    const line = element("div", { className: "tiles" }, ...tiles);
    return element("div", { className: "row" }, heading, line);
  }

  tile(at) {
    const caption = element("span", { className: "seed", "aria-hidden": "true" }, String(at.seed));
    const tile = element("button", { type: "button", className: "tile", tabIndex: -1 });
    tile.append(picture(this.model.alt(at)), caption);
    tile.at = at;
    tile.addEventListener("click", () => this.opened(at));
    return tile;
  }

  /** Ask for what is still missing, which after a failure is not everything. */
  async fill() {
    const signal = this.begin();
    const missing = this.tiles.filter((tile) => !tile.firstChild.src);
    this.filling = true;
    try {
      for (let i = 0; i < missing.length; i += CHUNK) {
        this.tell();
        await this.some(missing.slice(i, i + CHUNK), signal);
      }
    } finally {
      if (!signal.aborted) this.filling = false;
    }
    this.tell();
  }

  async some(tiles, signal) {
    const rows = tiles.map((tile) => tile.at);
    const pictures = await paint(this.model.name, "serving_default", rows, signal);
    tiles.forEach((tile, index) => (tile.firstChild.src = pictures[index]));
  }

  tell() {
    const done = this.tiles.filter((tile) => tile.firstChild.src).length;
    const all = this.tiles.length;
    const noun = all === 1 ? "painting" : "paintings";
    byId("status").textContent = done < all ? `${done} of ${all} ${noun}…` : `${all} ${noun}`;
  }

  /** Where the focus belongs when a picture is closed that a link opened. */
  focus(at) {
    const same = ({ label, seed }) => label === at.label && seed === at.seed;
    const tile = this.tiles.find((one) => same(one.at));
    if (document.activeElement === document.body) tile?.focus({ preventScroll: true });
  }
}
