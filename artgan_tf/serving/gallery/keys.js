// Arrow keys in a grid that is a single Tab stop.

const ALONG = { ArrowLeft: -1, ArrowRight: 1 };
const ACROSS = { ArrowUp: -1, ArrowDown: 1 };

/** Let arrows, Home and End move the focus among matching elements, by their place on screen. */
export function rove(place, selector) {
  place.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return; // the browser's
    const all = [...place.querySelectorAll(selector)];
    const next = goal(all, all.indexOf(event.target), event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  place.addEventListener("focusin", ({ target }) => {
    for (const other of place.querySelectorAll(selector)) {
      other.tabIndex = other === target ? 0 : -1;
    }
  });
}

function goal(all, index, key) {
  if (index < 0) return null;
  if (key in ALONG) return all[index + ALONG[key]];
  if (key in ACROSS) return across(all, all[index], ACROSS[key]);
  return { Home: all[0], End: all.at(-1) }[key];
}

/** The nearest element in the next line up or down. */
function across(all, from, direction) {
  const here = from.getBoundingClientRect();
  const beyond = all
    .map((one) => [one, one.getBoundingClientRect()])
    .filter(([, box]) => (box.top - here.top) * direction > here.height / 2);
  const line = Math.min(...beyond.map(([, box]) => Math.abs(box.top - here.top)));
  const distance = ([, box]) => Math.abs(box.left - here.left);
  const near = beyond.filter(([, box]) => Math.abs(box.top - here.top) < line + here.height / 2);
  return near.sort((a, b) => distance(a) - distance(b))[0]?.[0];
}
