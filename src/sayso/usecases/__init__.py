"""One function per thing a person can ask for; its transactions close before a model runs."""
