"""Do our FOCUS files pass the FinOps Foundation's own validator?"""
