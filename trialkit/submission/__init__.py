"""What goes to the agency: the folders of the submission, and what is known of its conformance."""
