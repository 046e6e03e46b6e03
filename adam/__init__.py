"""What is true of every ADaM study."""
