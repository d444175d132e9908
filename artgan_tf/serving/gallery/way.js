// The interpolation to another class and another seed: eight frames, an animation, and its files.

import { paint } from "./api.js";
import { byId, debounced, element, latest, picture } from "./elements.js";
import { rove } from "./keys.js";
import { fileUrl } from "./links.js";
import { mixed } from "./morph.js";
import { Notice } from "./notice.js";
import { described } from "./painting.js";
import { isAtRest } from "./state.js";

const FRAMES = 8;
const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const [QUICK, SLOW] = [200, 700]; // milliseconds per frame; browsers limit address changes

export class Way {
  /** @param gone called with the morph of the frame to show, and its picture. */
  constructor(model, gone) {
    Object.assign(this, { model, gone });
    this.place = byId("frames");
    this.notice = new Notice(byId("way-notice"));
    this.begin = latest();
    this.soon = debounced(() => this.notice.guard(() => this.fill()));
    byId("way").hidden = !model.has("mix");
    byId("play").addEventListener("click", () => (this.playing ? this.settle() : this.play()));
    rove(this.place, ".tile");
  }

  show(at, morph) {
    if (!this.model.has("mix")) return;
    if (morph !== this.played) this.rest(); // the change does not come from the animation
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
    this.begin(); // whatever is being painted is for other tiles
    byId("play").disabled = true;
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
    tile.addEventListener("click", () => {
      this.gone(morph, isAtRest(morph) ? null : tile.firstChild.src);
    });
    return tile;
  }

  /** Mark the frame that is shown. */
  mark({ share, t }) {
    const here = this.morphs.findIndex((morph) => morph.share === share && morph.t === t);
    this.here = Math.max(here, 0);
    for (const [index, tile] of this.tiles.entries()) {
      if (index === here) tile.setAttribute("aria-current", "step");
      else tile.removeAttribute("aria-current");
      tile.tabIndex = index === this.here ? 0 : -1;
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
    const rows = this.morphs.map((morph) => mixed(this.model, this.at, morph));
    const pictures = await paint(this.model.name, "mix", rows, this.begin());
    this.tiles.forEach((tile, index) => (tile.firstChild.src = pictures[index]));
    byId("play").disabled = false;
  }

  /** Play forwards and backwards until stopped or until another picture is shown. */
  play() {
    const round = [...this.tiles.keys(), ...[...this.tiles.keys()].slice(1, -1).reverse()];
    let turn = this.here;
    const next = () => {
      const frame = round[turn++ % round.length];
      this.played = this.morphs[frame];
      this.gone(this.played, this.tiles[frame].firstChild.src);
    };
    this.playing = setInterval(next, CALM.matches ? SLOW : QUICK);
    byId("play").textContent = "Stop";
    byId("caption").ariaLive = "off";
    next();
  }

  /** Stop the animation at the current frame. */
  settle() {
    this.rest();
    this.gone(this.played);
  }

  rest() {
    if (!this.playing) return;
    clearInterval(this.playing);
    this.playing = 0;
    byId("play").textContent = "Play";
    byId("caption").ariaLive = null;
  }

  stop() {
    this.rest();
    this.begin();
    this.soon.cancel();
    this.wanted = "";
  }
}
