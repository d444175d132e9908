// Files as the server takes them.

const MOST_BYTES = 4 * 2 ** 20;
const LONGEST_SIDE = 1024; // of what is decoded here; models see far less

/**
 * A data URI of a PNG: a PNG's own bytes, or what the browser makes of any other image. It turns
 * photographs upright and knows formats that the server does not.
 */
export async function encoded(file) {
  const kept = file.type === "image/png" && file.size <= MOST_BYTES;
  return asDataUri(kept ? file : await redrawn(file));
}

async function redrawn(file) {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name} is no image that this browser can read.`);
  });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function asDataUri(blob) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(new Error("The file could not be read."));
    reader.readAsDataURL(blob);
  });
}
