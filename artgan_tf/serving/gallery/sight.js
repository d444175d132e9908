// The panel with the model's verdict on the open picture, updated with the picture while unfolded.

import { byId, debounced, latest } from "./elements.js";
import { Notice } from "./notice.js";
import { judged } from "./verdict.js";

export class Sight {
  constructor(model) {
    this.model = model;
    this.place = byId("see");
    this.place.hidden = !model.has("classify");
    this.notice = new Notice(byId("see-notice"));
    this.begin = latest();
    this.soon = debounced(() => this.notice.guard(() => this.look()), 250);
    this.place.addEventListener("toggle", () => this.soon());
  }

  /** Switch to another picture. */
  of(source, words) {
    Object.assign(this, { source, words });
    this.soon();
  }

  async look() {
    if (!this.place.open || !this.source) return;
    const { source, words } = this;
    if (!byId("seen").firstChild) byId("seen").textContent = "Looking…";
    const found = await judged(this.model, { source, words, inSight: true }, this.begin());
    byId("seen").replaceChildren(...found);
    byId("seen").scrollIntoView({ block: "nearest" });
  }

  stop() {
    this.begin();
    this.soon.cancel();
    this.source = null;
    byId("seen").replaceChildren();
  }
}
