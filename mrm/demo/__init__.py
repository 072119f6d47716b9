"""The main job on one machine: every process for real, every person through the door that is his."""
