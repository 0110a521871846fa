"""The Skill Layer: five groups of tools, each a typed function that is declared once."""
