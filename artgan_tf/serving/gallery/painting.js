// The picture in the dialog, with its caption and its download.

import { paint } from "./api.js";
import { byId, debounced, latest, picture } from "./elements.js";
import { enlarged } from "./files.js";
import { mixed } from "./morph.js";
import { Notice } from "./notice.js";
import { isAtRest } from "./state.js";

export class Painting {
  /**
   * @param grid the grid, which may have the picture already.
   * @param shown called with the picture's data URI and its description.
   */
  constructor(model, grid, shown) {
    Object.assign(this, { model, grid, shown });
    this.place = byId("shown");
    this.notice = new Notice(byId("detail-notice"));
    this.begin = latest();
    this.soon = debounced(() => this.notice.guard(() => this.paint()));
  }

  /** Show a picture as soon as it arrives; the previous one stays until then. */
  show(at, way, source) {
    Object.assign(this, { at, way });
    this.begin();
    const known = source ?? (isAtRest(way) ? this.grid.source(at) : null);
    if (known) this.hang(known);
    if (source || (known && !this.model.has("magnified"))) this.done();
    else this.soon();
  }

  /** Drop a pending request, since the picture is already known. */
  done() {
    this.soon.cancel();
    this.notice.clear();
  }

  async paint() {
    const { model, at, way } = this;
    const rest = isAtRest(way);
    const signature = !rest ? "mix" : model.has("magnified") ? "magnified" : "serving_default";
    const row = rest ? at : mixed(model, at, way);
    const [source] = await paint(model.name, signature, [row], this.begin());
    this.hang(source, signature === "magnified" ? ", magnified" : "");
  }

  hang(source, more = "") {
    const words = described(this.model, this.at, this.way);
    const image = picture(words, source);
    image.addEventListener("load", () => (byId("download").href = enlarged(image)));
    this.place.replaceChildren(image);
    byId("mini").replaceChildren(picture("", source));
    const title = this.model.alt(this.at);
    byId("detail-heading").textContent = title;
    const caption = `${words}${more}`.slice(title.length + 2).replaceAll(" %", "\u00a0%");
    byId("caption").textContent = byId("mini").dataset.words = caption;
    Object.assign(byId("download"), { href: source, download: this.fileName() });
    this.shown(source, words);
  }

  fileName() {
    const { share, toLabel, t, toSeed, truncation } = this.way;
    const parts = [this.model.names[this.at.label], this.at.seed];
    if (share) parts.push(`${share}pc`, this.model.names[toLabel]);
    if (t) parts.push(`${t}pc`, toSeed);
    if (truncation !== 100) parts.push(`truncation${truncation}pc`);
    return `${parts.join("-").replace(/[^\p{L}\p{N}_-]+/gu, "_")}.png`;
  }

  stop() {
    this.begin();
    this.soon.cancel();
    this.place.replaceChildren();
    byId("mini").replaceChildren();
    this.notice.clear();
  }
}

/** Describe a picture and its morph in words. */
export function described(model, at, { share, toLabel, t, toSeed, truncation }) {
  const parts = [model.alt(at)];
  if (share) parts.push(`${share} % ${model.kinds[toLabel]}`);
  if (t) parts.push(`${t} % towards no. ${toSeed}`);
  if (truncation !== 100) parts.push(`${truncation} % daring`);
  return parts.join(", ");
}
