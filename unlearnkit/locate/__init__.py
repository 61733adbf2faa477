"""From a data subject to the records that concern them, each with its evidence."""
