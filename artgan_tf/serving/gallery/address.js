// Which server is asked: the page's own, or `?server=http://host:8501&model=artgan`.

const asked = new URLSearchParams(location.search);

/** The model that the address names; empty for the only one. */
export const wanted = asked.get("model") ?? "";

/** What `v1/models` stands under; null if the address makes no sense. */
export const server = read(asked.get("server"));

if (server) allow(server.origin);

function read(text) {
  const base = (text ?? "") === "" ? "." : text;
  if (!URL.canParse(base, location.href)) return null;
  const url = new URL(base, location.href);
  url.search = url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return /^https?:$/.test(url.protocol) ? url : null;
}

/** From now on the browser itself refuses to talk to anybody else. */
function allow(origin) {
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = `connect-src 'self' ${origin}`;
  document.head.append(policy);
}
