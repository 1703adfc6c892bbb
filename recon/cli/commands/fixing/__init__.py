"""The commands of tagrecon fix, one file each."""
