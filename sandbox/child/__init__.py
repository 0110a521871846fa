"""What runs inside the jail: the script, its tools, its clock and its event loop. Nothing it says is trusted."""
