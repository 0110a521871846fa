"""The run of a scenario: its rooms put together, cut into stages that a workflow may fan out."""
