"""What goes to the agency: the folders of the submission, and what is known of its conformance."""

import logging

# what is wrong with a file is said as a problem; the reader's own lines would stand beside it
logging.getLogger("pypdf").addHandler(logging.NullHandler())
