"""The code jail: runs Python that a model wrote, as a pure function of the journal of its tool calls.

Standard library only. A fork server keeps a few children that are already jailed: a seccomp allow-list under which
no file, socket, process, program or executable page can be had, with Landlock and own namespaces as a second,
independent layer. See ``python -m sandbox doctor`` for what protects this machine.
"""
