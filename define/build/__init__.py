"""The define.xml of a build: from the specs that made the data and from the files just written."""
