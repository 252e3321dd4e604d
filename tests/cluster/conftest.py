import pytest

import spinland as sl


@pytest.fixture(scope="module")
def workers():
    """Two processes of one thread."""
    with sl.LocalWorkers(2, 1) as found:
        yield found
