"""What is checked of every finished dataset before it is published."""
