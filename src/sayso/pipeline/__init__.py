"""The stages of the product as plain functions: values and ports in, values out."""
