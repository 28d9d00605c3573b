"""HTTP: parse, call one use case, answer in the wire's spelling."""
