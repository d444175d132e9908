// The page: finds the model, and keeps its parts and the address in the same view.

import { server } from "./address.js";
import { Controls } from "./controls.js";
import { Detail } from "./detail.js";
import { byId } from "./elements.js";
import { copyLink, sheetLink } from "./links.js";
import { Grid } from "./grid.js";
import { Judge } from "./judge.js";
import { findModel } from "./model.js";
import { Notice } from "./notice.js";
import { described } from "./painting.js";
import { atRest, read, write } from "./state.js";

const notice = new Notice(byId("notice"));
const told = [new Notice(byId("address")), new Notice(byId("detail-address"))];

const AGAIN = 2000; // milliseconds until an address that the browser refused is tried again

class Page {
  constructor(model) {
    this.model = model;
    this.controls = new Controls(model, (asked) => this.change({ ...asked, at: null }));
    this.grid = new Grid(model, notice, (at) => this.open(at));
    this.detail = new Detail(model, this.grid, (...moved) => this.moved(...moved));
    new Judge(model, new Notice(byId("judge-notice")));
    byId("link-view").addEventListener("click", ({ target }) => copyLink(target));
    addEventListener("popstate", () => this.restore());
    this.restore();
  }

  /** Show the view in the address. */
  restore() {
    clearTimeout(this.later);
    const { strange, ...view } = read(this.model);
    this.view = view;
    this.show();
    this.tell(strange);
  }

  /** Tell the visitor which parts of the address were ignored, and what is shown instead. */
  tell(strange) {
    for (const place of told) place.clear();
    if (!strange.length) return;
    const { labels, seeds, count, at, morph } = this.view;
    const { length } = labels;
    const kinds = length > 1 ? `each of ${length} kinds` : this.model.kinds[labels[0]];
    const pictures = count > 1 ? `${count} pictures` : "a picture";
    const wall = `${pictures} of ${kinds}, from number ${seeds[0]} on,`;
    const seen = at ? described(this.model, at, morph) : wall;
    const asked = `This address asks for what is not here (${strange.join(", ")})`;
    told[at ? 1 : 0].show(new Error(`${asked}: you see ${seen} instead.`));
  }

  show() {
    this.controls.show(this.view);
    this.grid.show(this.view);
    this.detail.show(this.view.at, this.view.morph);
    sheetLink(this.model, this.view);
  }

  /** Show a view and add it to the browser's history. */
  change(view) {
    this.view = { ...this.view, ...view };
    this.remember(true);
    this.show();
  }

  open(at) {
    this.change({ at, morph: atRest(this.model, at) });
  }

  /** Follow a change in the dialog; moving a slider adds no step to the browser's history. */
  moved(at, morph, step, was = null) {
    if (was) this.grid.focus(was);
    if (!at && !this.view.at) return; // the browser's Back button closed the dialog
    this.view = { ...this.view, at, morph };
    this.remember(step);
  }

  remember(step) {
    clearTimeout(this.later);
    const hash = write(this.model, this.view);
    if (hash === location.hash) return;
    for (const place of told) place.clear();
    try {
      history[step ? "pushState" : "replaceState"](null, "", hash);
    } catch {
      // Browsers refuse too many changes in a short time, as of a slider that is dragged.
      this.later = setTimeout(() => this.remember(step), AGAIN);
    }
  }
}

async function start() {
  const model = await findModel();
  document.title = `${model.title} – gallery`;
  byId("title").textContent = `Painted by ${model.title}`;
  byId("about").textContent = model.about();
  byId("model").textContent = `Model ${model.name}${model.version && `, version ${model.version}`},\
 served by ${server.origin}.`;
  byId("main").hidden = false;
  new Page(model);
}

notice.guard(start);
