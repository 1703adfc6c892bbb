"""What would mend the open findings, how is that decided, done, checked and undone?

From a suggestion to a change in a cloud: propose (plan.py), draft.py, a file (document.py, plan_file.py), apply.py, verify.py;
log.py is journal and proof.
"""
