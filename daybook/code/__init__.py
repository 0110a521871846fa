"""AI-written code: the prompt, the static gate, reuse of approved scripts, the shipped library, the explanation.

    task -> approved script? -> model -> one code block -> gate -> (sandbox, by the workflow) -> explanation

The gate is a convenience and a first wall: it finds mistakes before anything runs and says how to mend them. It is
never the jail. What a script can do is decided by the sandbox, whatever the gate let through.
"""
