"""From a stranger's file to a list of utterances: unpacked, read, cut and heard, each in bounds."""
