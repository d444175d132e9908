// An error message, with a button to try again.

import { element } from "./elements.js";

export class Notice {
  /** @param place an element with role="alert". */
  constructor(place) {
    this.place = place;
  }

  clear() {
    this.place.replaceChildren();
  }

  /** Show an error, unless it only says that a request was aborted on purpose. */
  show(error, retry = null, words = "Try again") {
    if (error.name === "AbortError") return;
    const box = element("div", { className: "notice" }, element("p", {}, error.message));
    if (retry) {
      const again = element("button", { type: "button" }, words);
      again.addEventListener("click", () => {
        this.clear();
        retry();
      });
      box.append(again);
    }
    this.place.replaceChildren(box);
  }

  /** Run an action, and offer to run it again if it fails. */
  async guard(action) {
    this.clear();
    try {
      await action();
    } catch (error) {
      this.show(error, () => this.guard(action));
    }
  }
}
