"""The documentation site: `make docs` builds it offline, into build/docs."""

from __future__ import annotations

import sys
from pathlib import Path

import torchtally

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_extensions"), str(HERE.parent)]

project = "torchtally"
author = "the torchtally developers"
copyright = f"2026, {author}"  # noqa: A001
release = version = torchtally.__version__

extensions = [
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_design",
    "drawn",
    "reference",
    "peer_tables",
    "measured",
    "index_entries",
    "local_links",
]
exclude_patterns = ["_*", "README.md"]
nitpicky = True
#: What signatures and docstrings name that has no page here.
nitpick_ignore_regex = [
    ("py:.*", r"(torch|torchmetrics|monai|ignite)\..*"),
    ("py:class", r"Tensor|(nn\.)?Module|Engine|MetricUsage|MetricsLambda"),
]
python_maximum_signature_line_length = 60
toc_object_entries_show_parents = "hide"

myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]

linkcheck_anchors = False  # of other sites, which scripts may make
linkcheck_timeout, linkcheck_retries, linkcheck_workers = 20, 2, 2

html_theme = "pydata_sphinx_theme"
html_title = "torchtally"
html_static_path = ["_static"]
html_css_files = ["torchtally.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "torchtally"},
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "show_prev_next": True,
    "navigation_with_keys": False,
    "collapse_navigation": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
