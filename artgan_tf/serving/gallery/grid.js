// The grid of pictures: all classes for each seed, requested a few at a time to appear gradually.

import { paint } from "./api.js";
import { byId, element, latest, picture } from "./elements.js";
import { rove } from "./keys.js";
import { MOST, run } from "./seeds.js";

const CHUNK = 16; // pictures per request
const HINT = "One number (a “seed”) paints one picture of each kind, the same every time.";

export class Grid {
  /** @param opened called with the { label, seed } of a picture that the visitor opens. */
  constructor(model, notice, opened) {
    Object.assign(this, { model, notice, opened });
    this.place = byId("grid");
    this.begin = latest();
    this.wanted = "";
    this.tiles = []; // of the wanted view; put into the page once the first pictures have arrived
    rove(this.place, ".tile");
  }

  /** Show a view, unless it is already loading; until it arrives, the previous pictures stay. */
  show({ labels, seeds, count }) {
    const wanted = JSON.stringify([labels, seeds, count]);
    if (wanted === this.wanted && this.filling) return;
    if (wanted !== this.wanted) this.lay(labels, run(seeds, count));
    this.wanted = wanted;
    this.notice.guard(() => this.fill());
  }

  lay(labels, seeds) {
    const alone = labels.length === 1;
    const groups = alone
      ? [this.group(this.model.kinds[labels[0]], seeds.map((seed) => ({ label: labels[0], seed })))]
      : seeds.map((seed) => this.group(`Number ${seed}`, labels.map((label) => ({ label, seed }))));
    if (!alone) groups[0].querySelector("h3").append(element("small", {}, HINT));
    this.tiles = groups.flatMap((group) => [...group.querySelectorAll(".tile")]);
    this.tiles[0].tabIndex = 0;
    this.hang = () => {
      this.place.replaceChildren(...groups);
      this.hung = this.tiles;
    };
    if (!this.place.firstChild) this.hang(); // empty frames, if there are no previous pictures
  }

  group(title, pictures) {
    const tiles = pictures.map((at) => this.tile(at));
    const heading = element("h3", {}, title);
    const wall = element("div", { className: "tiles" }, ...tiles);
    return element("div", { className: "group" }, heading, wall);
  }

  tile(at) {
    const words = this.model.alt(at);
    const caption = element("span", { className: "caption", "aria-hidden": "true" }, words);
    const tile = element("button", { type: "button", className: "tile", tabIndex: -1 });
    tile.append(picture(words), caption);
    tile.at = at;
    tile.addEventListener("click", () => this.opened(at));
    return tile;
  }

  /** Request the missing pictures; after a failure, some are already there. */
  async fill() {
    const signal = this.begin();
    const missing = this.tiles.filter((tile) => !tile.firstChild.src);
    this.filling = true;
    try {
      for (let i = 0; i < missing.length; i += CHUNK) {
        this.tell();
        await this.some(missing.slice(i, i + CHUNK), signal);
        if (!this.tiles[0].isConnected) this.hang();
      }
    } finally {
      if (!signal.aborted) this.filling = false;
      if (!signal.aborted) this.tell();
    }
  }

  async some(tiles, signal) {
    const rows = tiles.map((tile) => tile.at);
    const pictures = await paint(this.model.name, "serving_default", rows, signal);
    tiles.forEach((tile, index) => (tile.firstChild.src = pictures[index]));
  }

  tell() {
    const done = this.tiles.filter((tile) => tile.firstChild.src).length;
    const all = this.tiles.length;
    const kinds = new Set(this.tiles.map((tile) => tile.at.label)).size;
    const of = kinds > 1 ? ` of ${kinds} kinds` : "";
    const words = `${all} ${all === 1 ? "picture" : "pictures"}${of}`;
    const waiting = this.filling ? "Painting others…" : "The others could not be painted";
    const progress = this.tiles[0].isConnected
      ? `${done} of ${words}${this.filling ? "…" : " painted"}`
      : `${waiting}; these are the ones before`;
    byId("status").textContent = done < all ? progress : words;
  }

  /** The data URI of a picture in the grid, or null if it is not there. */
  source(at) {
    return this.find(at)?.firstChild.src || null;
  }

  /** The picture some steps further in the grid, or null; outside the grid, steps count seeds. */
  beside({ label, seed }, steps) {
    const index = this.hung.indexOf(this.find({ label, seed }));
    if (index >= 0) return this.hung[index + steps]?.at ?? null;
    const other = seed + steps;
    return other >= 0 && other <= MOST ? { label, seed: other } : null;
  }

  find({ label, seed }) {
    return this.hung.find(({ at }) => at.label === label && at.seed === seed);
  }

  /** Focus a picture's tile after the picture is closed, or the first tile. */
  focus(at) {
    (this.find(at) ?? this.hung[0]).focus();
  }
}
