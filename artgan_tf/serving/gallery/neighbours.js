// Pictures near this one in latent space: from its seed a part of the way to other seeds.

import { paint } from "./api.js";
import { byId, element, latest, picture } from "./elements.js";
import { rove } from "./keys.js";
import { mixed } from "./morph.js";
import { after } from "./seeds.js";
import { atRest } from "./state.js";

const COUNT = 10;
const STEP = 25; // percent of the way

export class Neighbours {
  /** @param gone is called with the morph of the neighbour that was chosen. */
  constructor(model, notice, gone) {
    Object.assign(this, { model, notice, gone });
    this.place = byId("neighbours");
    this.begin = latest();
    rove(this.place, ".tile");
  }

  show(at) {
    const rest = atRest(this.model, at);
    const steps = Array.from({ length: COUNT }, (_, i) => i + 1);
    const morphs = steps.map((step) => ({ ...rest, toSeed: after(at.seed, step), t: STEP }));
    const tiles = morphs.map((morph) => this.tile(at, morph));
    tiles[0].tabIndex = 0;
    this.place.replaceChildren(...tiles);
    this.notice.guard(() => this.fill(at, morphs, tiles));
  }

  tile(at, morph) {
    const alt = `${this.model.alt(at)}, towards seed ${morph.toSeed}`;
    const tile = element("button", { type: "button", className: "tile", tabIndex: -1 });
    tile.append(picture(alt));
    tile.addEventListener("click", () => this.gone(morph));
    return tile;
  }

  async fill(at, morphs, tiles) {
    const rows = morphs.map((morph) => mixed(this.model, at, morph));
    const pictures = await paint(this.model.name, "mix", rows, this.begin());
    tiles.forEach((tile, index) => (tile.firstChild.src = pictures[index]));
  }

  stop() {
    this.begin();
  }
}
