"""Speed and memory, measured and printed beside a bare baseline of the same run. Never a test."""
