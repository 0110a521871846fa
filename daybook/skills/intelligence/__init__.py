"""Other models, asked one question at a known price."""
