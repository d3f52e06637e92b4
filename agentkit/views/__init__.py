"""Plain data as text and as safe static HTML: results, definitions, differences.

Views know nothing of plans, stores or definitions; whoever has text to show fills a `Grid` or a `Card`. `safe` is the
only module of the package that turns untrusted text into HTML.
"""
