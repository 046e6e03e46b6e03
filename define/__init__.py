"""Define-XML 2.1 and its review page."""
