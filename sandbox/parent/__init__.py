"""The trusted side: starts the fork server, supervises each turn, and judges every byte that comes out."""
