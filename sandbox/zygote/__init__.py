"""The fork server: imports once, shuts itself in, and forks jailed children that run one script each."""
