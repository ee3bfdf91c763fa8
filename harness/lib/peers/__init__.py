"""The systems that are measured side by side. Each runs the same static binaries."""
