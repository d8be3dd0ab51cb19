"""What the SDK's tests share: a chain, the suite on it, kinds to send, and a node that lies."""
