"""The parts of `SharedFolderMachine`: a model of several accounts, and rules that use it."""
