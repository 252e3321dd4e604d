"""Statistics: errors, resampling, histograms, correlation, fits, and when a difference is more than chance."""
