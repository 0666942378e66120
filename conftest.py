"""What all tests share."""

from hypothesis import HealthCheck, settings

# A machine that is busy with something else is no finding of a test.
settings.register_profile("calotype", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calotype")
