"""The build generator behind configure.py."""
