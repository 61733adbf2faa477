"""The durable record: requests, the encrypted vault of who they are about, and chained events."""
