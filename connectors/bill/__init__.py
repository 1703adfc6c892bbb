"""What every billing format shares: looking into a file, loading it, exact money, and the way from FOCUS words to bill lines."""
