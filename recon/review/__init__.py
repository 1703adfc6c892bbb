"""Which suggestions does a person have to look at first, what did people decide, and do they agree?"""
