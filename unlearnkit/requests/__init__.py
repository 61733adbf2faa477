"""What a deletion request is: reading one (OpenDSR, CSV, JSON Lines) and when it is due."""
