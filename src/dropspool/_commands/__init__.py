"""The commands of `dropspool`, one module for each kind."""
