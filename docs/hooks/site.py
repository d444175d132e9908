"""Builds the site from the repository's pages: README, docs/, those of experiments/ and others.

Pages in docs/ form the site's root; all others keep their paths, and the images and scripts that
they link to are copied.  Links that work in the repository therefore work on the site.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
OTHERS = ["README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "deploy/README.md"]
PATTERNS = ["experiments/**/*.md", "artgan_tf/pretrained/*/README.md"]
LINK = re.compile(r'(\]\(|src=")((?!\w+:|#)[^)#"\s]+)')


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages outside docs/, and the files that they link to."""
    pages = OTHERS + [str(x.relative_to(ROOT)) for p in PATTERNS for x in sorted(ROOT.glob(p))]
    own = [f"docs/{file.src_uri}" for file in files.documentation_pages()]
    wanted = dict.fromkeys(pages)
    for page in pages + own:
        for _, link in LINK.findall((ROOT / page).read_text("utf-8")):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(page), link))
            if not target.startswith("docs/") and (ROOT / target).is_file():
                wanted[target] = None
    for path in wanted:
        files.append(File(path, str(ROOT), config.site_dir, config.use_directory_urls))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Adjust links between docs/ and the other pages, which the site has side by side."""
    outside = not page.file.abs_src_path.startswith(str(ROOT / "docs"))

    def moved(link: re.Match[str]) -> str:
        if outside:
            return link[1] + re.sub(r"^((?:\.\./)*)docs/", r"\1", link[2])
        return link[1] + link[2].removeprefix("../")

    return LINK.sub(moved, markdown)
