// Links to the current view: the page's own address, and files that the server makes.

import { server } from "./address.js";
import { byId } from "./elements.js";
import { run } from "./seeds.js";

const MOST_ON_A_SHEET = 256;
const HERE_ONLY = /^(localhost|127\..*|\[::1\])$/.test(location.hostname);

/** Copy the address of this view to the clipboard. */
export async function copyLink(button) {
  const before = (button.dataset.label ??= button.textContent);
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = HERE_ONLY ? "Copied, for this computer only" : "Copied";
  } catch {
    // Browsers allow access to the clipboard only over https and on localhost.
    button.textContent = "Copy it from the address bar";
  }
  setTimeout(() => (button.textContent = before), 3000);
}

/** The URL of a file that the server makes for the gallery. */
export function fileUrl(name, parameters) {
  const url = new URL(`gallery/${name}`, server);
  url.search = new URLSearchParams(parameters);
  return url.href;
}

/** Link to the whole grid as one picture. */
export function sheetLink(model, view) {
  const link = byId("sheet");
  link.hidden = !model.files || view.labels.length * view.count > MOST_ON_A_SHEET;
  const seeds = run(view.seeds, view.count);
  link.href = fileUrl("sheet.png", { labels: view.labels.join(","), seeds: seeds.join(",") });
}
