// One picture in a dialog: as large as the model paints it, or on the way to another one.

import { paint } from "./api.js";
import { byId, complain, debounced, latest, picture } from "./elements.js";
import { Morph, mixed } from "./morph.js";
import { Neighbours } from "./neighbours.js";
import { Notice } from "./notice.js";
import { parseSeed } from "./seeds.js";
import { atRest, isAtEnd, isAtRest } from "./state.js";

export class Detail {
  /**
   * @param moved is called with the picture (null when closed), its morph, whether it is another.
   * @param judged is called with the picture's data URI and words for it.
   */
  constructor(model, moved, judged) {
    Object.assign(this, { model, moved, judged });
    this.dialog = byId("detail");
    this.notice = new Notice(byId("detail-notice"));
    this.begin = latest();
    this.soon = debounced(() => this.notice.guard(() => this.paint()));
    this.morph = new Morph(model, (morph) => this.slide(morph));
    this.neighbours = new Neighbours(model, new Notice(byId("neighbours-notice")), (morph) => {
      this.morph.show(morph);
      this.slide(morph);
    });
    this.wire();
    this.hide();
  }

  wire() {
    byId("close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => this.closed());
    this.dialog.addEventListener("pointerdown", ({ target }) => {
      if (target === this.dialog) this.dialog.close(); // beside it, on the backdrop
    });
    byId("go").addEventListener("submit", (event) => {
      event.preventDefault();
      this.go();
    });
    byId("onward").addEventListener("click", () => this.onward());
    byId("link").addEventListener("click", () => copyLink());
    byId("ask").addEventListener("click", () => this.ask());
  }

  /** Parts that this model has no signature for are not there. */
  hide() {
    for (const id of ["morph", "neighbours-section"]) byId(id).hidden = !this.model.has("mix");
    byId("ask").hidden = !this.model.has("classify");
  }

  /** Open a picture, or close the dialog with null. */
  show(at, morph) {
    if (!at) return this.dialog.close();
    const another = this.at?.label !== at.label || this.at?.seed !== at.seed;
    Object.assign(this, { at, way: morph });
    byId("go-seed").value = at.seed;
    complain(byId("go-seed"), byId("go-error"), "");
    this.morph.show(morph);
    if (!this.dialog.open) this.dialog.showModal();
    if (another) this.blank();
    this.tell();
    this.notice.guard(() => this.paint());
  }

  /** Another picture: the one before is gone at once. */
  blank() {
    byId("detail-heading").textContent = this.model.names[this.at.label];
    byId("shown").replaceChildren();
    if (this.model.has("mix")) this.neighbours.show(this.at);
  }

  slide(morph) {
    this.way = morph;
    this.moved(this.at, morph, false);
    this.tell();
    this.soon();
  }

  async paint() {
    const { model, at, way } = this;
    const rest = isAtRest(way);
    const signature = !rest ? "mix" : model.has("magnified") ? "magnified" : "serving_default";
    const row = rest ? at : mixed(model, at, way);
    const [words, download] = [this.words(), this.fileName()]; // of what is asked for now
    const [source] = await paint(model.name, signature, [row], this.begin());
    const image = picture(words, source);
    byId("shown").replaceChildren(image);
    Object.assign(byId("download"), { href: source, download });
  }

  /** Where on the way the picture is. */
  words() {
    const { share, toLabel, t, toSeed, truncation } = this.way;
    const parts = [this.model.alt(this.at)];
    if (share) parts.push(`${share} % ${this.model.names[toLabel]}`);
    if (t) parts.push(`${t} % towards seed ${toSeed}`);
    if (truncation !== 100) parts.push(`truncation ${truncation} %`);
    return parts.join(", ");
  }

  tell() {
    const magnified = isAtRest(this.way) && this.model.has("magnified");
    byId("caption").textContent = `${this.words()}${magnified ? ", magnified" : ""}`;
    byId("onward").hidden = !isAtEnd(this.way);
  }

  fileName() {
    const { share, toLabel, t, toSeed, truncation } = this.way;
    const parts = [this.model.names[this.at.label], this.at.seed];
    if (share) parts.push(`${share}pc`, this.model.names[toLabel]);
    if (t) parts.push(`${t}pc`, toSeed);
    if (truncation !== 100) parts.push(`truncation${truncation}pc`);
    return `${parts.join("-").replace(/[^\p{L}\p{N}_-]+/gu, "_")}.png`;
  }

  /** Another seed of the same class. */
  go() {
    try {
      const seed = parseSeed(byId("go-seed").value);
      this.move({ label: this.at.label, seed });
    } catch (error) {
      complain(byId("go-seed"), byId("go-error"), error.message);
    }
  }

  /** The end of a way is the beginning of others. */
  onward() {
    const { share, toLabel, t, toSeed } = this.way;
    const label = share === 100 ? toLabel : this.at.label;
    this.move({ label, seed: t === 100 ? toSeed : this.at.seed });
  }

  move(at) {
    const morph = atRest(this.model, at);
    this.show(at, morph);
    this.moved(at, morph, true);
  }

  ask() {
    const image = byId("shown").querySelector("img");
    if (!image) return;
    this.dialog.close();
    this.judged(image.src, image.alt);
  }

  closed() {
    if (this.dialog.open) return; // again, by now
    const was = this.at;
    this.begin();
    this.neighbours.stop();
    this.at = null;
    this.moved(null, null, true, was);
  }
}

async function copyLink() {
  const button = byId("link");
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = "Copied";
  } catch {
    // Browsers give the clipboard to this machine's own pages and over https only.
    button.textContent = "Copy it from the address bar";
  }
  setTimeout(() => (button.textContent = "Copy link"), 3000);
}
