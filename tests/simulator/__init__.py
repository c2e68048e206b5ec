"""
A strict stand-in for one Data Workbench server, one process per node.

It does what the Data Workbench dossier says the product does, and it refuses what a rollout must not do.
Where the dossier has an open question, it behaves in the least forgiving of the possible ways.
"§" in the comments of this package is a section of that dossier; numbers such as 10.2 are its open questions.
"""
