"""How fast the collection is, beside what else could do its work: ``make bench``."""
