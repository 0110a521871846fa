"""The catalogues and presets of the scenario room; files a person may copy and edit."""
