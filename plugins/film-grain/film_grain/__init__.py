"""Film grain and colour grading: nodes for the last touch on a picture."""

NODE_MODULES = ("grain", "grading")
