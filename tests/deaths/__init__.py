"""Deaths of workers, from what real ones and their keepers print."""
