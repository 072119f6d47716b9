"""What a data scientist of the bank would write: training, logging and registering."""
