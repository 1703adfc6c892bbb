"""Does Cloud Custodian name the same resources as we do, on the same account?"""
