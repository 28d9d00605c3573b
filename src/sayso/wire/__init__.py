"""The only code that knows how Resemble v2 spells things: bodies in, bodies out, callbacks."""
