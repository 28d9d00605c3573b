"""The only code that opens a URL a stranger gave us: no private addresses, few bytes, few seconds."""

from sayso.outbound.calls import USER_AGENT, Outbound
from sayso.outbound.download import Fetched, FetchLimits, FetchProgress

__all__ = ["USER_AGENT", "FetchLimits", "FetchProgress", "Fetched", "Outbound"]
