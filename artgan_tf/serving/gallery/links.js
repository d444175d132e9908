// Links to what is seen: the page's own address, and files that the server makes.

import { server } from "./address.js";
import { byId } from "./elements.js";
import { run } from "./seeds.js";

const MOST_ON_A_SHEET = 256;
const HERE_ONLY = /^(localhost|127\..*|\[::1\])$/.test(location.hostname);

/** The address of this view, on the clipboard. */
export async function copyLink(button) {
  const before = (button.dataset.label ??= button.textContent);
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = HERE_ONLY ? "Copied, for this computer only" : "Copied";
  } catch {
    // Browsers give the clipboard to this machine's own pages and over https only.
    button.textContent = "Copy it from the address bar";
  }
  setTimeout(() => (button.textContent = before), 3000);
}

/** Where the server has a file of the gallery's. */
export function fileUrl(name, parameters) {
  const url = new URL(`gallery/${name}`, server);
  url.search = new URLSearchParams(parameters);
  return url.href;
}

/** The whole grid as one picture. */
export function sheetLink(model, view) {
  const link = byId("sheet");
  link.hidden = !model.files || view.labels.length * view.count > MOST_ON_A_SHEET;
  const seeds = run(view.seeds, view.count);
  link.href = fileUrl("sheet.png", { labels: view.labels.join(","), seeds: seeds.join(",") });
}
