"""What theory says of a glass, as results that stand beside what is measured."""
