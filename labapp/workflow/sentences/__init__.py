"""Sentences of the rooms below that `labapp.workflow.spoken` knows in other languages."""
