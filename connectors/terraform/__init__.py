"""Terraform: which resource does which line of code manage, and which tags does the code give it?"""
