// The way from a picture to another class and another seed: eight frames, played, and as a file.

import { paint } from "./api.js";
import { byId, debounced, element, latest, picture } from "./elements.js";
import { rove } from "./keys.js";
import { fileUrl } from "./links.js";
import { mixed } from "./morph.js";
import { Notice } from "./notice.js";
import { described } from "./painting.js";

const FRAMES = 8;
const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const [QUICK, SLOW] = [140, 700]; // milliseconds a frame

export class Way {
  /** @param gone is called with the morph of the frame that was chosen. */
  constructor(model, painting, gone) {
    Object.assign(this, { model, painting, gone });
    this.place = byId("frames");
    this.notice = new Notice(byId("way-notice"));
    this.begin = latest();
    this.soon = debounced(() => this.notice.guard(() => this.fill()));
    byId("way").hidden = !model.has("mix");
    byId("play").addEventListener("click", () => (this.playing ? this.rest() : this.play()));
    rove(this.place, ".tile");
  }

  show(at, morph) {
    if (!this.model.has("mix")) return;
    this.rest();
    const { toLabel, toSeed, truncation } = morph;
    const wanted = JSON.stringify([at, toLabel, toSeed, truncation]);
    if (wanted !== this.wanted) this.lay(at, morph);
    this.wanted = wanted;
    this.mark(morph);
  }

  lay(at, morph) {
    const percents = Array.from({ length: FRAMES }, (_, i) => Math.round((100 * i) / (FRAMES - 1)));
    this.morphs = percents.map((percent) => ({ ...morph, share: percent, t: percent }));
    this.at = at;
    this.tiles = this.morphs.map((step) => this.tile(at, step));
    this.place.replaceChildren(...this.tiles);
    const { kinds } = this.model;
    byId("way-heading").textContent = `The way to ${kinds[morph.toLabel]}, no. ${morph.toSeed}`;
    this.link(morph);
    this.soon();
  }

  tile(at, morph) {
    const tile = element("button", { type: "button", className: "tile", tabIndex: -1 });
    tile.append(picture(described(this.model, at, morph)));
    tile.addEventListener("click", () => this.gone(morph));
    return tile;
  }

  /** Which frame the picture is. */
  mark({ share, t }) {
    const here = this.morphs.findIndex((morph) => morph.share === share && morph.t === t);
    for (const [index, tile] of this.tiles.entries()) {
      if (index === here) tile.setAttribute("aria-current", "step");
      else tile.removeAttribute("aria-current");
      tile.tabIndex = index === Math.max(here, 0) ? 0 : -1;
    }
  }

  link({ toLabel, toSeed, truncation }) {
    const { label, seed } = this.at;
    const parameters = { label, seed, to_label: toLabel, to_seed: toSeed, truncation };
    const [from, to] = [label, toLabel].map((each) => this.model.names[each]);
    const name = `${from}-${seed}-to-${to}-${toSeed}`.replace(/[^\p{L}\p{N}_-]+/gu, "_");
    for (const kind of ["gif", "webp"]) {
      const href = fileUrl(`way.${kind}`, parameters);
      Object.assign(byId(kind), { hidden: !this.model.files, href, download: `${name}.${kind}` });
    }
  }

  async fill() {
    byId("play").disabled = true;
    const rows = this.morphs.map((morph) => mixed(this.model, this.at, morph));
    const pictures = await paint(this.model.name, "mix", rows, this.begin());
    this.tiles.forEach((tile, index) => (tile.firstChild.src = pictures[index]));
    byId("play").disabled = false;
  }

  /** There and back again, until it is told to stop or another picture comes. */
  play() {
    const sources = this.tiles.map((tile) => tile.firstChild.src);
    const round = [...sources, ...sources.slice(1, -1).reverse()];
    let index = 0;
    const next = () => this.painting.lend(round[index++ % round.length]);
    this.playing = setInterval(next, CALM.matches ? SLOW : QUICK);
    byId("play").textContent = "Stop";
    next();
  }

  rest() {
    if (!this.playing) return;
    clearInterval(this.playing);
    this.playing = 0;
    byId("play").textContent = "Play";
    this.painting.lend(null);
  }

  stop() {
    this.rest();
    this.begin();
    this.soon.cancel();
    this.wanted = "";
  }
}
