"""The straight line: find the records, forget them, prove it. The only room that sees every stage.

Each function takes a Context, calls one stage, leaves one artefact and writes one event.
"""
