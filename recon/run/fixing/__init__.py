"""How is a plan of fixes made, approved, applied, verified and undone: store, log, configuration and clouds brought together?"""
