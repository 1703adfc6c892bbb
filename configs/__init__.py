"""Facts that are data: provider names and habits, taggability, the sample estate."""
