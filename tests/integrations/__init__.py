"""Our clients of WeChat against the sandbox, over real HTTP."""
