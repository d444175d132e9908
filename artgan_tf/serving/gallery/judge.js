// The form for a visitor's own picture, and the verdict on it.

import { byId, latest } from "./elements.js";
import { encoded, reduced } from "./files.js";
import { judged } from "./verdict.js";

export class Judge {
  constructor(model, notice) {
    Object.assign(this, { model, notice });
    this.begin = latest();
    const there = model.has("classify");
    byId("judge").hidden = byId("to-judge").hidden = !there;
    if (!there) return;
    byId("file").addEventListener("change", ({ target }) => this.choose(target));
    byId("to-judge").addEventListener("click", () => this.come());
    this.listen();
  }

  come() {
    byId("judge").scrollIntoView();
    byId("file").focus({ preventScroll: true });
  }

  /** Accept drops anywhere on the page: otherwise the browser would leave it to open the file. */
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
    input.value = ""; // so that the same file can be chosen again
  }

  /** Show the verdict on a file; the previous one stays until it arrives. */
  async file(file) {
    const signal = this.begin();
    this.notice.clear();
    byId("detail").close();
    try {
      const found = await this.judged(file, signal);
      byId("verdict").replaceChildren(...found);
      byId("verdict").scrollIntoView({ block: "nearest" });
    } catch (error) {
      this.fail(error, file);
    }
  }

  /** The verdict on a file, or on a smaller copy if the server refuses it for its size. */
  async judged(file, signal) {
    const ask = (source) => judged(this.model, { source, words: file.name }, signal);
    const whole = await encoded(file);
    try {
      return await ask(whole);
    } catch (error) {
      const smaller = error.refused && (await reduced(file).catch(() => null));
      if (!smaller || smaller === whole) throw error;
      return ask(smaller);
    }
  }

  /** Offer another file if this one is at fault, or to try again if the server is unreachable. */
  fail(error, file) {
    const another = () => byId("file").click();
    if (error.unreachable) return this.notice.show(error, () => this.file(file));
    const words = `${file.name} is no picture that the model can read: take a JPEG or a PNG.`;
    this.notice.show(error.refused ? new Error(words) : error, another, "Choose another picture");
  }
}
