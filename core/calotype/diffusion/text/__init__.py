"""Text: tokens, weights in prompts, encoding."""
