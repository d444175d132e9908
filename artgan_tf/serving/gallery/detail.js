// The dialog with one picture, at the model's full size or part of the way to another picture.

import { byId, complain } from "./elements.js";
import { copyLink } from "./links.js";
import { Morph } from "./morph.js";
import { Neighbours } from "./neighbours.js";
import { Painting } from "./painting.js";
import { References } from "./references.js";
import { parseSeed } from "./seeds.js";
import { Sight } from "./sight.js";
import { atRest, isAtEnd } from "./state.js";
import { Way } from "./way.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
const HAVE_ARROWS_THEMSELVES = "input, select, textarea, .tile";

export class Detail {
  /**
   * @param grid the grid, for the previous and the next picture.
   * @param moved called with the picture (null when closed), its morph, and whether the change is a
   *   new step in the browser's history; on closing, also with the picture that was open.
   */
  constructor(model, grid, moved) {
    Object.assign(this, { model, grid, moved });
    this.dialog = byId("detail");
    this.sight = new Sight(model);
    this.painting = new Painting(model, grid, (source, words) => {
      if (!this.way.playing) this.sight.of(source, words);
    });
    this.morph = new Morph(model, (way) => this.slide(way));
    this.way = new Way(model, (way, source) => this.slide(way, source));
    this.neighbours = new Neighbours(model, (at, way) => this.move(at, way));
    this.references = new References(model);
    this.wire();
  }

  wire() {
    byId("close").addEventListener("click", () => this.dialog.close());
    byId("previous").addEventListener("click", () => this.step(-1));
    byId("next").addEventListener("click", () => this.step(1));
    this.dialog.addEventListener("keydown", (event) => this.key(event));
    this.dialog.addEventListener("close", () => this.closed());
    this.dialog.addEventListener("pointerdown", ({ target, clientX: x, clientY: y }) => {
      if (target !== this.dialog) return;
      const { left, right, top, bottom } = this.dialog.getBoundingClientRect();
      const inside = left <= x && x <= right && top <= y && y <= bottom; // on its scrollbar
      if (!inside) this.dialog.close();
    });
    byId("go").addEventListener("submit", (event) => {
      event.preventDefault();
      this.go();
    });
    byId("onward").addEventListener("click", () => this.onward());
    byId("link").addEventListener("click", ({ target }) => copyLink(target));
  }

  /** Open a picture, or close the dialog with null. */
  show(at, morph) {
    if (!at) return this.dialog.close();
    const another = this.at?.label !== at.label || this.at?.seed !== at.seed;
    byId("go-seed").value = at.seed;
    complain(byId("go-seed"), byId("go-error"), "");
    this.morph.show(morph);
    if (!this.dialog.open) this.dialog.showModal();
    if (another) this.references.show(at.label);
    for (const [id, steps] of [["previous", -1], ["next", 1]]) {
      const there = Boolean(this.grid.beside(at, steps));
      // A disabled button would lose the focus to the page, where arrows do nothing.
      if (!there && document.activeElement === byId(id)) byId("close").focus();
      byId(id).disabled = !there;
    }
    this.see(at, morph);
  }

  /** @param source the picture's data URI, if it is already known. */
  see(at, morph, source = null) {
    Object.assign(this, { at, morphed: morph });
    byId("onward").hidden = !isAtEnd(morph);
    this.way.show(at, morph);
    this.painting.show(at, morph, source);
    if (!this.way.playing) this.neighbours.show(at, morph);
  }

  slide(morph, source = null) {
    this.morph.show(morph);
    this.see(this.at, morph, source);
    this.moved(this.at, morph, false);
  }

  key(event) {
    const steps = STEPS[event.key];
    const plain = !(event.altKey || event.ctrlKey || event.metaKey || event.shiftKey);
    if (!steps || !plain || event.target.matches(HAVE_ARROWS_THEMSELVES)) return;
    event.preventDefault();
    this.step(steps);
  }

  /** Move to a neighbour in the grid, without adding a step to the browser's history. */
  step(steps) {
    const at = this.grid.beside(this.at, steps);
    if (at) this.move(at, atRest(this.model, at), false);
  }

  /** Move to the seed that the visitor entered, in the same class. */
  go() {
    try {
      const seed = parseSeed(byId("go-seed").value);
      this.move({ label: this.at.label, seed });
    } catch (error) {
      complain(byId("go-seed"), byId("go-error"), error.message);
    }
  }

  /** Open the picture at the end of the interpolation as a new starting point. */
  onward() {
    const { share, toLabel, t, toSeed } = this.morphed;
    const label = share === 100 ? toLabel : this.at.label;
    this.move({ label, seed: t === 100 ? toSeed : this.at.seed });
  }

  move(at, morph = atRest(this.model, at), step = true) {
    this.show(at, morph);
    this.moved(at, morph, step);
  }

  closed() {
    if (this.dialog.open) return; // it has been reopened meanwhile
    const was = this.at;
    for (const part of [this.painting, this.way, this.neighbours, this.sight]) part.stop();
    this.at = null;
    this.moved(null, null, true, was);
  }
}
