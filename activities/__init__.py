"""What touches the world: thin activities, one room per layer."""
