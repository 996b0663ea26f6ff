"""Everything on one machine: `casepulse up`."""
