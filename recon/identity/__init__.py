"""Which resource of the inventory is the one that a bill line names?

One file of join keys per provider (`aws.sql`, `azure.sql`, `gcp.sql`); `match.py` joins by them.
"""
