// A picture of the visitor's own: what D says of it, and what the autoencoder makes of it.

import { paint, predict } from "./api.js";
import { byId, element, latest, picture } from "./elements.js";
import { encoded } from "./files.js";

const BARS = 10;

export class Judge {
  constructor(model, notice) {
    Object.assign(this, { model, notice });
    this.section = byId("judge");
    this.section.hidden = !model.has("classify");
    this.begin = latest();
    byId("file").addEventListener("change", ({ target }) => this.choose(target));
    if (!this.section.hidden) this.listen();
  }

  /** A picture may be dropped anywhere: beside the frame the browser would leave the page. */
  listen() {
    const mark = (on) => byId("drop").classList.toggle("over", on);
    addEventListener("dragover", (event) => {
      event.preventDefault();
      mark(true);
    });
    addEventListener("dragleave", ({ relatedTarget }) => mark(relatedTarget !== null));
    addEventListener("drop", (event) => {
      event.preventDefault();
      mark(false);
      const [file] = event.dataTransfer.files;
      if (file) this.file(file);
    });
  }

  choose(input) {
    const [file] = input.files;
    if (file) this.file(file);
    input.value = ""; // the same file may be chosen again
  }

  file(file) {
    this.notice.guard(async () => {
      const signal = this.begin();
      this.wait();
      const source = await encoded(file);
      if (!signal.aborted) await this.judge(source, file.name, signal);
    });
  }

  /** Judge a picture of the gallery. */
  show(source, words) {
    this.section.scrollIntoView();
    byId("file").focus({ preventScroll: true });
    this.wait();
    this.notice.guard(() => this.judge(source, words, this.begin()));
  }

  wait() {
    byId("verdict").replaceChildren();
  }

  async judge(source, words, signal) {
    const rows = [{ image_bytes: { b64: source.split(",")[1] } }];
    const [[found], decoded] = await Promise.all([
      predict(this.model.name, "classify", rows, signal),
      this.model.has("reconstruct") ? paint(this.model.name, "reconstruct", rows, signal) : [],
    ]);
    const pictures = [figure(words, source, words)];
    const alt = `${words}, reconstructed`;
    if (decoded.length) pictures.push(figure(alt, decoded[0], "Reconstructed"));
    byId("verdict").replaceChildren(
      element("div", { className: "pair" }, ...pictures),
      this.scores(found),
    );
    byId("verdict").scrollIntoView({ block: "nearest" });
  }

  /** The likeliest classes first, and last whether D takes the picture for a real one. */
  scores({ class_name: name, scores, realness }) {
    const order = scores.map((score, label) => [score, label]).sort((a, b) => b[0] - a[0]);
    const bars = order.slice(0, BARS).map(([score, label]) => bar(this.model.names[label], score));
    const rest = scores.length - bars.length;
    const note = rest > 0 ? [element("p", { className: "quiet" }, `And ${rest} less likely.`)] : [];
    const sentence = element("p", {}, "It sees: ", element("strong", {}, name));
    const real = bar("real", realness);
    return element("div", { className: "scores" }, sentence, ...bars, ...note, real);
  }
}

function figure(alt, source, caption) {
  return element("figure", {}, picture(alt, source), element("figcaption", {}, caption));
}

function bar(name, value) {
  const percent = Math.round(value * 100);
  const filled = element("span");
  filled.style.width = `${value * 100}%`;
  const range = { "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": percent };
  const meter = element("div", { role: "meter", "aria-label": name, ...range }, filled);
  const figures = element("span", { className: "percent" }, `${percent} %`);
  return element("div", { className: "score" }, element("span", {}, name), meter, figures);
}
