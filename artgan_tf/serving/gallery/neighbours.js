// Pictures similar to this one: mixed in part with another seed or another class.

import { paint } from "./api.js";
import { byId, debounced, element, latest, picture } from "./elements.js";
import { rove } from "./keys.js";
import { mixed } from "./morph.js";
import { Notice } from "./notice.js";
import { described } from "./painting.js";
import { after } from "./seeds.js";
import { fromNearest } from "./state.js";

const OF_EACH = 4;
const LEAST = { t: 25, share: 40 }; // minimum percent of the other picture to make a visible change

export class Neighbours {
  /** @param gone called with the picture and the morph of the chosen neighbour. */
  constructor(model, gone) {
    Object.assign(this, { model, gone });
    this.place = byId("neighbours");
    this.notice = new Notice(byId("neighbours-notice"));
    this.begin = latest();
    this.soon = debounced(() => this.notice.guard(() => this.fill()), 250);
    byId("neighbours-section").hidden = !model.has("mix");
    rove(this.place, ".tile");
  }

  /** Show the neighbours of a morphed picture; the previous ones stay until they arrive. */
  show(at, morph) {
    if (!this.model.has("mix")) return;
    this.begin();
    this.of = around(this.model, at, morph);
    this.soon();
  }

  async fill() {
    const { at, morphs } = this.of;
    const rows = morphs.map((morph) => mixed(this.model, at, morph));
    const pictures = await paint(this.model.name, "mix", rows, this.begin());
    const tiles = morphs.map((morph, index) => this.tile(at, morph, pictures[index]));
    const focused = [...this.place.children].indexOf(document.activeElement);
    tiles[0].tabIndex = 0;
    this.place.replaceChildren(...tiles);
    tiles[focused]?.focus({ preventScroll: true });
  }

  tile(at, morph, source) {
    const tile = element("button", { type: "button", className: "tile", tabIndex: -1 });
    tile.append(picture(described(this.model, at, morph), source));
    tile.addEventListener("click", () => this.gone(at, morph));
    return tile;
  }

  stop() {
    this.begin();
    this.soon.cancel();
    this.place.replaceChildren();
  }
}

/** Choose the neighbours, each of which is at least half the picture itself. */
function around(model, at, morph) {
  const [near, way] = fromNearest(at, morph);
  const t = Math.max(way.t, LEAST.t);
  const share = Math.max(way.share, LEAST.share);
  const steps = Array.from({ length: OF_EACH }, (_, i) => i + 1);
  const seeds = steps.map((step) => ({ ...way, t, toSeed: after(way.toSeed, step) }));
  const others = model.names.map((_, i) => (near.label + 1 + i) % model.names.length);
  const labels = others
    .filter((label) => label !== near.label && label !== (way.share ? way.toLabel : null))
    .slice(0, OF_EACH)
    .map((toLabel) => ({ ...way, share, toLabel }));
  return { at: near, morphs: [...seeds, ...labels] };
}
