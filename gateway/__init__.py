"""The trusted side: network, store, policy, relay.  Never parses hostile bytes."""
