"""Calotype: a node-graph workflow engine for diffusion models."""
