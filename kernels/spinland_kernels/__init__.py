"""Compiled kernels of spinland: arrays in, arrays out. They know no files, no pictures, no classes."""
