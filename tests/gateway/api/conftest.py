from tests.gateway.console.conftest import c as c
from tests.gateway.console.conftest import fast_hash as fast_hash
