"""The words of a spoken consent: statements as data, and whether one of them was heard."""
