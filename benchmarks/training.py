"""To come."""


def operations(quick):
    return []


def scaling(quick):
    return []
