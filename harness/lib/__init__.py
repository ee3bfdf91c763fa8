"""What the suites share: where things are, how processes and sandboxes are run, what they leave behind."""
