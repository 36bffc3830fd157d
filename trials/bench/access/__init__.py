"""What isolation and authentication cost, as ratios in one run."""
