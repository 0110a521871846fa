"""Kernel primitives through ctypes: system call tables, seccomp, Landlock, namespaces, privileges and limits."""
