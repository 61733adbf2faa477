"""RKLU: strengthen, calibrate the teacher, distil with reverse KL, stop at the holdout's level."""
